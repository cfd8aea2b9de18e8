// What a run must ask of the world.  The interpreter stops with a Question and goes on with its Answer; one
// instruction asks at most one.  sieved sends it to its caller over the same socket.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sieve/message.h"
#include "sieve/program.h"

namespace postern::sieve {

struct Question {
  enum class Kind : std::uint8_t {
    mailbox_exists,      // values: UTF-8 names.  yes: each is there and mail may be put into it
    mailbox_id_exists,   // values: ids.  yes as above
    special_use_exists,  // name: a mailbox or empty for any; values: attributes.  yes: all are there
    metadata,            // name: a mailbox, or empty for the server; values[0]: an entry.  found, text
    seen,                // name: a handle (SeenMark).  yes: a mark of it is there and not yet expired
    list_valid,          // values: list URIs.  yes: each is known
    list_contains,       // name: a list URI; values: keys.  yes: one of them is in it (without case)
    script,   // name; global.  found, program; found and no program: it does not compile, text says why
    filter,   // name: a command; values: its arguments; message.  yes: it succeeded; text: the new message
    execute,  // name, values; text or message is its input.  yes, text: its output
    convert,  // name: the type wanted; values[0]: the type that is, values[1..]: parameters; text: the
              // decoded part.  yes, text: the converted part
    notify_online,  // name: a notification URI.  text: "yes", "no" or "maybe"
  };
  Kind kind = Kind::mailbox_exists;
  std::string name;
  std::vector<std::string> values;
  std::string text;
  bool global = false;        // script: of the admin (":global"), not of the user
  bool with_message = false;  // filter, execute: `message` is the input
  bool want_output = false;   // execute: the output is kept
  MessageVersion message;
  std::uint32_t line = 0;
};

struct Answer {
  bool yes = false;
  bool found = false;
  std::string text;
  std::shared_ptr<const Program> program;
  // Not empty: it could not be answered; the run ends with a temporary error and the message is kept.
  std::string failed;
};

// For callers that can answer at once: `postern sieve test`, tests.
class Host {
 public:
  virtual ~Host() = default;
  virtual Answer answer(const Question& q) = 0;
};

}  // namespace postern::sieve
