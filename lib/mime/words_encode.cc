#include <algorithm>

#include "base/codec.h"
#include "base/text.h"
#include "mime/charset.h"
#include "mime/detail.h"
#include "mime/words.h"

namespace postern::mime {
namespace {

constexpr std::size_t kMaxWord = 75;
constexpr std::size_t kMaxPlainWord = 900;  // an unbroken word this long would pass the line limit of 998
constexpr std::size_t kMaxParamLine = 70;
constexpr std::string_view kPrefixQ = "=?utf-8?Q?", kPrefixB = "=?utf-8?B?", kSuffix = "?=";
constexpr char kHex[] = "0123456789ABCDEF";

bool control(char c) {
  auto u = static_cast<unsigned char>(c);
  return u < 0x20 || u == 0x7f;
}

// RFC 2047 5 (3): what Q may leave as it is within a phrase; elsewhere all printable ASCII but "=?_".
bool q_plain(char c, bool phrase) {
  if (base::is_alpha(c) || base::is_digit(c)) return true;
  if (phrase) return std::string_view("!*+-/").find(c) != std::string_view::npos;
  auto u = static_cast<unsigned char>(c);
  return u > 32 && u < 127 && c != '=' && c != '?' && c != '_';
}

std::size_t q_length(std::string_view s, bool phrase) {
  std::size_t n = 0;
  for (char c : s) n += c == ' ' || q_plain(c, phrase) ? 1 : 3;
  return n;
}

void append_q(std::string_view s, bool phrase, std::string& out) {
  for (char c : s) {
    if (c == ' ') {
      out += '_';
    } else if (q_plain(c, phrase)) {
      out += c;
    } else {
      out += '=';
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
}

std::size_t sequence_length(char lead) {
  auto u = static_cast<unsigned char>(lead);
  return u < 0x80 ? 1 : u < 0xe0 ? 2 : u < 0xf0 ? 3 : 4;
}

bool attr_char(char c) {
  return base::is_alpha(c) || base::is_digit(c) ||
         std::string_view("!#$&+-.^_`|~").find(c) != std::string_view::npos;
}

std::string clean(std::string_view utf8) {
  std::string s = make_valid_utf8(utf8);
  detail::blank_controls(s);
  return s;
}

}  // namespace

bool needs_encoding(std::string_view s) {
  if (s.empty()) return false;
  if (!detail::is_ascii(s) || detail::is_blank(s.front()) || detail::is_blank(s.back())) return true;
  if (s.find("=?") != std::string_view::npos) return true;
  std::size_t word = 0;
  for (char c : s) {
    if (control(c)) return true;
    word = c == ' ' ? 0 : word + 1;
    if (word > kMaxPlainWord) return true;
  }
  return false;
}

std::string encode_words(std::string_view utf8, bool phrase) {
  if (!phrase && !needs_encoding(utf8)) return std::string(utf8);
  std::string s = clean(utf8);
  bool q = q_length(s, phrase) <= (s.size() + 2) / 3 * 4;
  std::string out;
  std::size_t begin = 0;
  while (begin < s.size()) {
    std::size_t end = begin, length = 0;
    while (end < s.size()) {
      std::size_t n = std::min(sequence_length(s[end]), s.size() - end);
      std::size_t grown =
          q ? length + q_length(std::string_view(s).substr(end, n), phrase) : (end + n - begin + 2) / 3 * 4;
      if (kPrefixQ.size() + grown + kSuffix.size() > kMaxWord) break;
      length = grown;
      end += n;
    }
    auto part = std::string_view(s).substr(begin, end - begin);
    if (!out.empty()) out += ' ';
    out += q ? kPrefixQ : kPrefixB;
    if (q)
      append_q(part, phrase, out);
    else
      out += base::base64(part);
    out += kSuffix;
    begin = end;
  }
  return out;
}

std::string encode_param(std::string_view name, std::string_view utf8) {
  std::string s = clean(utf8);
  std::string out = "; ";
  if (detail::is_ascii(s) && name.size() + s.size() + 4 <= kMaxParamLine) {
    out += name;
    out += "=\"";
    for (char c : s) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    return out += '"';
  }
  std::string escaped = "utf-8''";
  for (char c : s) {
    if (attr_char(c)) {
      escaped += c;
    } else {
      escaped += '%';
      escaped += kHex[static_cast<unsigned char>(c) >> 4];
      escaped += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
  if (name.size() + escaped.size() + 4 <= kMaxParamLine) return out += std::string(name) + "*=" + escaped;
  std::size_t room = kMaxParamLine > name.size() + 20 ? kMaxParamLine - name.size() - 10 : 10;
  out.clear();
  std::size_t begin = 0;
  for (unsigned n = 0; begin < escaped.size(); ++n) {
    std::size_t end = std::min(begin + room, escaped.size());
    // No piece ends within "%XX".
    if (end < escaped.size())
      for (std::size_t back = 1; back <= 2; ++back)
        if (escaped[end - back] == '%') {
          end -= back;
          break;
        }
    out += "; " + std::string(name) + "*" + std::to_string(n) + "*=" + escaped.substr(begin, end - begin);
    begin = end;
  }
  return out;
}

}  // namespace postern::mime
