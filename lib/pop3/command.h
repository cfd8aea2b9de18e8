// Command lines of POP3.  Pure; input hostile, at most kMaxLine bytes a line.
// RFC 1939 3, RFC 2449 4.  Runs in: pop3d.  Tests: t/unit/pop3_command.cc, t/fuzz/pop3_command.cc
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::pop3 {

// RFC 2449 4 wants 255; an initial response of SASL may be longer.
inline constexpr std::size_t kMaxLine = 16 * 1024;

struct Command {
  std::string name;           // in upper case
  std::string_view argument;  // behind the one blank, a view into the line; a password keeps its blanks
};
// `line` is without its ending.  A line that is no command has a name that no command has.
Command parse_command(std::string_view line);

// A message number, 1 to 2^32-1, and nothing beside it.
std::optional<std::uint32_t> parse_number(std::string_view text);

struct Top {
  std::uint32_t message = 0;
  std::uint64_t lines = 0;
};
std::optional<Top> parse_top(std::string_view argument);

// AUTH SP mechanism [SP initial-response] (RFC 5034 4).
struct Auth {
  std::string mechanism;                // in upper case
  std::optional<std::string> initial;   // decoded
};
// Nothing: malformed.
std::optional<Auth> parse_auth(std::string_view argument);

}  // namespace postern::pop3
