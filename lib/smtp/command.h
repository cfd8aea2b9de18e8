// Command lines of SMTP and LMTP.  Pure; input hostile, at most kMaxLine bytes a line.
// RFC 5321 4.1, 2033, 1870 (SIZE), 6152 (8BITMIME), 3030 (CHUNKING, BINARYMIME), 6531 (SMTPUTF8).
// Tests: t/unit/smtp_command.cc, t/fuzz/smtp_command.cc
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace postern::smtp {

inline constexpr std::size_t kMaxLine = 2048;       // RFC 5321 4.5.3.1.4 wants 512; extensions add
inline constexpr std::size_t kMaxPath = 1024;       // an address with its angle brackets
inline constexpr std::size_t kMaxLocalPart = 512;   // RFC 5321 says 64; real ones (VERP) are longer
inline constexpr std::size_t kMaxParameters = 20;

enum class Verb { lhlo, helo, ehlo, mail, rcpt, data, bdat, rset, noop, quit, vrfy, expn, starttls, help, unknown };

struct Command {
  Verb verb = Verb::unknown;
  std::string_view argument;   // after the verb, trimmed; a view into the line
};
Command parse_command(std::string_view line);

enum class Body { seven_bit, eight_bit, binary };

// The answer that a wrong argument deserves is the error's text: "501 5.5.4 ...", "555 5.5.4 ...", "553 5.1.3 ...".
struct Mail {
  std::string from;            // without brackets; empty for <>
  std::optional<std::uint64_t> size;
  Body body = Body::seven_bit;
  bool utf8 = false;
};
base::Result<Mail> parse_mail(std::string_view argument);
struct Rcpt {
  std::string to;
};
base::Result<Rcpt> parse_rcpt(std::string_view argument, bool utf8);
struct Bdat {
  std::uint64_t size = 0;
  bool last = false;
};
base::Result<Bdat> parse_bdat(std::string_view argument);

}  // namespace postern::smtp
