// The one table of commands: name, the states it is legal in, what may be told after it, parser and handler.
// CAPABILITY, legality and dispatch read it, so that they can't differ from the code.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "cmd/imapd/session.h"

namespace postern::imapd {

using Handler = io::Task<Reply> (*)(Session&, imap::Lexer&);

enum class Updates : std::uint8_t {
  none,        // nothing is told after this command
  no_expunge,  // message numbers must not move (FETCH, STORE, SEARCH)
  all,
  look,  // as all, and stored is asked even when nothing was hinted
};

// What sets a command apart before its handler runs.
enum Trait : std::uint8_t {
  kMessages = 1,  // its literals are messages, which are streamed (append.h)
  kNumbers = 2,   // it takes or answers message numbers (RFC 9586 3)
  kAscii = 4,     // of a session that is logged in, but without names or texts: legal before UTF-8 is enabled
};

struct CommandRow {
  std::string_view name;
  std::uint8_t states;  // bits of State
  Updates updates;
  bool has_arguments;  // a space follows the name
  Handler run;
  std::uint8_t traits = 0;  // bits of Trait
};

// nullptr when there is no such command.
const CommandRow* find_command(std::string_view upper_name);
std::span<const CommandRow> commands();

// Why the command can't be given now, before its arguments are looked at; nothing when it can.
std::optional<Reply> refusal(const Session& s, const CommandRow* row);

// What is advertised in this session's state, without "CAPABILITY ".
io::Task<std::string> capability_text(Session& s);

}  // namespace postern::imapd
