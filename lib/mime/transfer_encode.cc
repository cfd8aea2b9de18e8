#include <algorithm>

#include "base/codec.h"
#include "mime/detail.h"
#include "mime/transfer.h"

namespace postern::mime {
namespace {

constexpr std::size_t kLine = 76;
constexpr std::size_t kMaxLine = 998;
constexpr char kHex[] = "0123456789ABCDEF";

struct Census {
  std::size_t high = 0;     // bytes over 0x7f
  std::size_t control = 0;  // controls other than tab and line ends
  std::size_t longest = 0;  // line, without its end
  bool bare = false;  // a CR or LF that stands alone, which no line-based encoding keeps in binary content
};

Census census(std::string_view s) {
  Census c;
  std::size_t line = 0;
  for (std::size_t i = 0; i < s.size(); ++i) {
    auto u = static_cast<unsigned char>(s[i]);
    if (u == '\n') {
      if (i == 0 || s[i - 1] != '\r') c.bare = true;
      line = 0;
      continue;
    }
    if (u == '\r') {
      if (i + 1 == s.size() || s[i + 1] != '\n') ++c.control;
      continue;
    }
    if (u > 0x7f) ++c.high;
    if ((u < 0x20 && u != '\t') || u == 0x7f) ++c.control;
    c.longest = std::max(c.longest, ++line);
  }
  return c;
}

bool line_end_at(std::string_view s, std::size_t i, std::size_t& length) {
  length = 0;
  if (i < s.size() && s[i] == '\r' && i + 1 < s.size() && s[i + 1] == '\n') length = 2;
  if (i < s.size() && s[i] == '\n') length = 1;
  return length > 0;
}

}  // namespace

std::string encode_base64_lines(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() / 57 * 78 + 80);
  for (std::size_t i = 0; i < bytes.size(); i += 57) {
    out += base::base64(bytes.substr(i, 57));
    out += "\r\n";
  }
  return out;
}

std::string encode_quoted_printable(std::string_view bytes, bool text) {
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 8);
  std::size_t column = 0, length = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (text && line_end_at(bytes, i, length)) {
      out += "\r\n";
      column = 0;
      i += length - 1;
      continue;
    }
    auto u = static_cast<unsigned char>(bytes[i]);
    bool at_end = i + 1 == bytes.size() || (text && line_end_at(bytes, i + 1, length));
    bool plain = (u > 32 && u < 127 && u != '=') || ((u == ' ' || u == '\t') && !at_end);
    // A line that begins with "From " or is a single dot gets mangled by mail software.
    if (column == 0 && (u == '.' || (u == 'F' && bytes.substr(i, 5) == "From "))) plain = false;
    std::size_t need = plain ? 1 : 3;
    if (column + need > kLine - (at_end ? 0 : 1)) {
      out += "=\r\n";
      column = 0;
    }
    if (plain) {
      out += bytes[i];
    } else {
      out += '=';
      out += kHex[u >> 4];
      out += kHex[u & 15];
    }
    column += need;
  }
  return out;
}

std::string_view choose_encoding(std::string_view bytes, bool text, bool allow_8bit) {
  Census c = census(bytes);
  bool fits = c.control == 0 && c.longest <= kMaxLine && (text || !c.bare);
  if (fits && c.high == 0) return "7bit";
  if (fits && allow_8bit) return "8bit";
  if (!text) return "base64";
  return c.high + c.control <= bytes.size() / 6 ? "quoted-printable" : "base64";
}

}  // namespace postern::mime
