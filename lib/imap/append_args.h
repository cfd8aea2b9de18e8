// What APPEND, REPLACE and UID REPLACE ask for.  RFC 9051 6.3.12, RFC 3502 (several messages), RFC 4469 (CATENATE), RFC
// 8508 (REPLACE), RFC 3516 (~{n}), RFC 6855 (UTF8).
// Runs in: imapd.  Input: hostile.  Limits: kMaxAppendMessages, kMaxAppendParts.
// Tests: t/unit/imap_append_args.cc, t/fuzz/imap_command.cc
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "imap/annotation_args.h"
#include "imap/set.h"

namespace postern::imap {

class Lexer;

// A piece of a message: a literal that is streamed past the parser, or what a URL names.
struct AppendPart {
  std::string url;      // empty: a literal
  bool binary = false;  // ~{n}
  bool utf8 = false;    // UTF8 (~{n})
};

struct AppendMessage {
  std::vector<std::string> flags;
  bool date_given = false;
  std::int64_t date = 0;  // unix seconds
  std::vector<AnnotationValue> annotations;  // RFC 5257
  bool catenate = false;  // else one part, a literal
  std::vector<AppendPart> parts;
};

struct AppendArgs {
  // What a literal at the end of the text would be.
  enum class Next : std::uint8_t {
    none,  // there can't be one
    data,  // the last part of the last message
    word   // a mailbox name or a URL
  };
  SequenceSet replaced;  // REPLACE: one message number or UID
  std::string mailbox;
  std::vector<AppendMessage> messages;
  Next next = Next::none;
};

// A whole command, all messages streamed.
AppendArgs parse_append(Lexer& in);
AppendArgs parse_replace(Lexer& in);
// The text as far as it has come, up to a literal's header (CommandReader::text() at Step::literal).  Fails the lexer where
// no literal may stand.
AppendArgs parse_append_prefix(Lexer& in, bool replace);

}  // namespace postern::imap
