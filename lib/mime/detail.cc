#include "mime/detail.h"

#include <cstring>

#include "mime/limits.h"

namespace postern::mime::detail {

bool is_ascii(std::string_view s) {
  const char* p = s.data();
  std::size_t n = s.size();
  std::uint64_t any = 0;
  for (; n >= 8; p += 8, n -= 8) {
    std::uint64_t w;
    std::memcpy(&w, p, 8);
    any |= w;
  }
  for (; n > 0; ++p, --n) any |= static_cast<unsigned char>(*p);
  return (any & 0x8080808080808080ull) == 0;
}

void blank_controls(std::string& s, std::size_t from) {
  for (std::size_t i = from; i < s.size(); ++i) {
    auto c = static_cast<unsigned char>(s[i]);
    if (c < 0x20 || c == 0x7f) s[i] = ' ';
  }
}

std::size_t read_quoted(std::string_view s, std::size_t at, std::string& out, std::size_t max) {
  for (++at; at < s.size(); ++at) {
    char c = s[at];
    if (c == '"') return at + 1;
    if (c == '\r' || c == '\n' || c == '\0') continue;
    if (c == '\\') {
      if (++at == s.size()) break;
      c = s[at];
      if (c == '\r' || c == '\n' || c == '\0') continue;
    }
    if (out.size() < max) out += c;
  }
  return s.size();
}

std::size_t read_comment(std::string_view s, std::size_t at, std::string* out, std::size_t max) {
  std::size_t depth = 0;
  for (; at < s.size(); ++at) {
    char c = s[at];
    if (c == '(') {
      if (++depth == 1) continue;
      if (depth > kMaxCommentDepth) return s.size();
    } else if (c == ')') {
      if (--depth == 0) return at + 1;
    } else if (c == '\r' || c == '\n' || c == '\0') {
      continue;
    } else if (c == '\\') {
      if (++at == s.size()) break;
      c = s[at];
      if (c == '\r' || c == '\n' || c == '\0') continue;
    }
    if (out != nullptr && out->size() < max) *out += c;
  }
  return s.size();
}

void append_utf8(std::string& out, std::uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | c >> 6);
    out += static_cast<char>(0x80 | (c & 63));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 63));
    out += static_cast<char>(0x80 | (c & 63));
  } else {
    out += static_cast<char>(0xf0 | c >> 18);
    out += static_cast<char>(0x80 | (c >> 12 & 63));
    out += static_cast<char>(0x80 | (c >> 6 & 63));
    out += static_cast<char>(0x80 | (c & 63));
  }
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace postern::mime::detail
