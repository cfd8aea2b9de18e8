// Small pieces shared by the files of this library; not for others.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace postern::mime::detail {

inline bool is_blank(char c) {
  return c == ' ' || c == '\t';
}
inline bool is_lwsp(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// True when no byte is over 0x7f.
bool is_ascii(std::string_view s);

// Controls in `s` from `from` on become blanks: decoded text must never make a header line or end a C string.
void blank_controls(std::string& s, std::size_t from = 0);

// Appends at most as many bytes as keep `out` within `max`; false when something was left out.
inline bool append_capped(std::string& out, std::string_view s, std::size_t max) {
  if (out.size() + s.size() <= max) {
    out += s;
    return true;
  }
  if (out.size() < max) out += s.substr(0, max - out.size());
  return false;
}

// Reads a quoted string whose opening quote stands at `at`; gives the place after the closing quote or the
// end. Line ends vanish, "\x" gives x.  At most `max` bytes are kept in `out`.
std::size_t read_quoted(std::string_view s, std::size_t at, std::string& out, std::size_t max);
// Reads a comment whose "(" stands at `at`, nested ones too; its text without the outer parentheses goes to
// `out` when that is not null.
std::size_t read_comment(std::string_view s, std::size_t at, std::string* out, std::size_t max);

int hex_digit(char c);

// Appends a code point, which must be no surrogate and at most 0x10ffff.
void append_utf8(std::string& out, std::uint32_t c);

}  // namespace postern::mime::detail
