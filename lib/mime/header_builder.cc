#include <fmt/core.h>

#include "base/text.h"
#include "mime/builder.h"
#include "mime/detail.h"
#include "mime/header.h"
#include "mime/words.h"

namespace postern::mime {
namespace {

constexpr std::size_t kFoldAt = 78;
constexpr std::size_t kMaxLine = 998;
constexpr std::size_t kMaxName = 76;  // so that "name:" leaves room on its line

std::unexpected<base::Error> invalid(std::string_view name, std::string_view why) {
  return base::fail(base::Fault::permanent,
                    fmt::format("header field {}: {}", base::printable(name, 80), why), "INVALID_HEADER");
}

bool has_control(std::string_view s) {
  for (char c : s)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return true;
  return false;
}

// What may stand between angle brackets.
bool bracketable(std::string_view s) {
  return !s.empty() && s.size() < kMaxLine - kMaxName && !has_control(s) &&
         s.find_first_of("<> ") == std::string_view::npos;
}

// One address as it goes into a header; an empty string when `a.email` is no single plain address.
std::string address_text(const OutAddress& a) {
  auto list = parse_addresses(a.email);
  if (has_control(a.email) || list.truncated || list.items.size() != 1) return {};
  const Address& one = list.items[0];
  if (one.kind != Address::Kind::mailbox || !one.raw_name.empty() || !one.route.empty()) return {};
  std::string email = one.email();
  if (email != a.email && !a.email.starts_with('"')) return {};  // there was more than an address
  return email.empty() ? email : format_address(a.name, email);
}

bool append_addresses(const std::vector<OutAddress>& list, std::string& out, bool first) {
  for (const auto& a : list) {
    std::string text = address_text(a);
    if (text.empty()) return false;
    if (!first) out += ", ";
    first = false;
    out += text;
  }
  return true;
}

void append_field(std::string& block, std::string_view name, std::string_view value) {
  block += name;
  block += ": ";
  block += fold(value, name.size() + 2);
  block += "\r\n";
}

}  // namespace

bool valid_field_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxName) return false;
  for (char c : name)
    if (c <= 32 || c >= 127 || c == ':') return false;
  return true;
}

bool valid_raw_value(std::string_view raw) {
  std::size_t line = kMaxName + 1;
  bool content = true;  // the current line has something besides blanks, or is the first
  for (std::size_t i = 0; i < raw.size(); ++i) {
    char c = raw[i];
    if (c == '\0' || c == '\n') return false;
    if (c != '\r') {
      content = content || !detail::is_blank(c);
      if (++line > kMaxLine) return false;
      continue;
    }
    if (i + 2 >= raw.size() || raw[i + 1] != '\n' || !detail::is_blank(raw[i + 2])) return false;
    if (!content) return false;
    ++i;
    line = 0;
    content = false;
  }
  return content;
}

std::string fold(std::string_view value, std::size_t first) {
  std::string out;
  out.reserve(value.size() + value.size() / 32);
  std::size_t column = first;
  for (std::size_t at = 0; at < value.size();) {
    // A run of blanks and the word after it stay together.
    std::size_t word = at;
    while (word < value.size() && detail::is_blank(value[word])) ++word;
    std::size_t end = word;
    while (end < value.size() && !detail::is_blank(value[end])) ++end;
    if (at > 0 && end > word && column + (end - at) > kFoldAt) {
      out += "\r\n";
      column = 0;
    }
    out += value.substr(at, end - at);
    column += end - at;
    at = end;
  }
  return out;
}

bool HeaderBuilder::has(std::string_view name) const {
  return first_value(block_, name).data() != nullptr;
}

base::Result<> HeaderBuilder::add_raw(std::string_view name, std::string_view raw) {
  if (!valid_field_name(name)) return invalid(name, "bad name");
  if (!valid_raw_value(raw)) return invalid(name, "bad value");
  block_ += name;
  block_ += ':';
  block_ += raw;
  block_ += "\r\n";
  return {};
}

base::Result<> HeaderBuilder::add_text(std::string_view name, std::string_view utf8) {
  if (!valid_field_name(name)) return invalid(name, "bad name");
  if (utf8.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos)
    return invalid(name, "line end or NUL in its text");
  append_field(block_, name, encode_words(utf8));
  return {};
}

base::Result<> HeaderBuilder::add_addresses(std::string_view name, const std::vector<OutAddress>& list) {
  return add_groups(name, {OutGroup{{}, false, list}});
}

base::Result<> HeaderBuilder::add_groups(std::string_view name, const std::vector<OutGroup>& list) {
  if (!valid_field_name(name)) return invalid(name, "bad name");
  std::string value;
  for (const auto& g : list) {
    if (!value.empty()) value += ", ";
    if (g.is_group) value += format_phrase(g.name) + ": ";
    if (!append_addresses(g.addresses, value, true)) return invalid(name, "bad address");
    if (g.is_group) value += ';';
  }
  append_field(block_, name, value);
  return {};
}

base::Result<> HeaderBuilder::add_message_ids(std::string_view name, const std::vector<std::string>& ids) {
  if (!valid_field_name(name)) return invalid(name, "bad name");
  std::string value;
  for (const auto& id : ids) {
    if (!bracketable(id)) return invalid(name, "bad message id");
    if (!value.empty()) value += ' ';
    value += '<' + id + '>';
  }
  append_field(block_, name, value);
  return {};
}

base::Result<> HeaderBuilder::add_date(std::string_view name, const DateTime& t) {
  if (!valid_field_name(name)) return invalid(name, "bad name");
  append_field(block_, name, format_date(t));
  return {};
}

base::Result<> HeaderBuilder::add_urls(std::string_view name, const std::vector<std::string>& urls) {
  if (!valid_field_name(name)) return invalid(name, "bad name");
  std::string value;
  for (const auto& url : urls) {
    if (!bracketable(url)) return invalid(name, "bad URL");
    if (!value.empty()) value += ", ";
    value += '<' + url + '>';
  }
  append_field(block_, name, value);
  return {};
}

}  // namespace postern::mime
