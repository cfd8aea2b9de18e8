#include "imap/writer.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "imap/mailbox_name.h"

namespace postern::imap {

namespace {

constexpr std::size_t kMaxQuoted = 1000;

bool astring_char(char c) {
  auto u = static_cast<unsigned char>(c);
  return u > 0x20 && u < 0x7f && std::string_view("(){%*\"\\").find(c) == std::string_view::npos;
}

bool quotable(std::string_view s, bool utf8) {
  if (s.size() > kMaxQuoted) return false;
  bool eight = false;
  for (char c : s) {
    if (c == '\0' || c == '\r' || c == '\n') return false;
    eight = eight || static_cast<unsigned char>(c) >= 0x80;
  }
  return !eight || (utf8 && base::is_valid_utf8(s));
}

}  // namespace

void append_number(std::string& out, std::uint64_t n) {
  char buf[20];
  auto r = std::to_chars(buf, buf + sizeof buf, n);
  out.append(buf, r.ptr);
}

void append_string(std::string& out, std::string_view s, bool utf8) {
  if (!quotable(s, utf8)) {
    out += '{';
    append_number(out, s.size());
    out += "}\r\n";
    // A plain literal must not hold NUL.
    for (char c : s) out += c == '\0' ? ' ' : c;
    return;
  }
  out += '"';
  for (char c : s) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

void append_value(std::string& out, std::string_view s, bool utf8) {
  if (s.find('\0') == std::string_view::npos) return append_string(out, s, utf8);
  out += "~{";
  append_number(out, s.size());
  out += "}\r\n";
  out += s;
}

void append_nstring(std::string& out, std::string_view s, bool utf8) {
  if (s.empty()) {
    out += "NIL";
  } else {
    append_string(out, s, utf8);
  }
}

void append_astring(std::string& out, std::string_view s) {
  if (!s.empty() && s.size() <= kMaxQuoted && std::ranges::all_of(s, astring_char) &&
      !base::iequals(s, "NIL")) {
    out += s;
  } else {
    append_string(out, s);
  }
}

void append_mailbox(std::string& out, std::string_view name, bool utf8) {
  std::string wire = mailbox_name_to_wire(name, utf8);
  if (!wire.empty() && std::ranges::all_of(wire, astring_char) && !base::iequals(wire, "NIL")) {
    out += wire;
  } else {
    append_string(out, wire, utf8);
  }
}

void append_text(std::string& out, std::string_view words, bool utf8) {
  if (words.empty()) words = "-";
  if (words.front() == '[') out += "- ";
  for (char c : words.substr(0, kMaxQuoted)) {
    auto u = static_cast<unsigned char>(c);
    out += u < 0x20 || u == 0x7f ? ' ' : u >= 0x80 && !utf8 ? '?' : c;
  }
}

}  // namespace postern::imap
