#include "imap/body_text.h"

#include <vector>

#include "base/text.h"

namespace postern::imap {

namespace {

constexpr std::size_t kEncodingAt = 5, kSizeAt = 6, kBodyAt = 8;  // fields of a part

// Where the quoted string, literal or atom that begins at `at` ends.
std::size_t end_of_word(std::string_view s, std::size_t at) {
  if (s[at] == '"') {
    for (++at; at < s.size() && s[at] != '"'; ++at)
      if (s[at] == '\\') ++at;
    return std::min(at + 1, s.size());
  }
  if (s[at] == '{') {
    std::size_t close = s.find("}\r\n", at);
    if (close == std::string_view::npos) return s.size();
    auto size = base::parse_u64(s.substr(at + 1, close - at - 1));
    return size && *size <= s.size() - close - 3 ? close + 3 + static_cast<std::size_t>(*size) : s.size();
  }
  while (at < s.size() && s[at] != ' ' && s[at] != '(' && s[at] != ')') ++at;
  return at;
}

// Likewise of a list; never `at` itself.
std::size_t end_of_value(std::string_view s, std::size_t at) {
  std::size_t depth = 0;
  do {
    if (s[at] == '(') {
      ++depth, ++at;
    } else if (s[at] == ')') {
      depth -= depth > 0;
      ++at;
    } else if (s[at] == ' ') {
      ++at;
    } else {
      at = end_of_word(s, at);
    }
  } while (depth > 0 && at < s.size());
  return at;
}

// The values of a list, at most `most` of them.
std::vector<std::string_view> values_of(std::string_view list, std::size_t most) {
  std::vector<std::string_view> out;
  for (std::size_t at = 1; at < list.size() && out.size() < most;) {
    if (list[at] == ' ') {
      ++at;
      continue;
    }
    if (list[at] == ')') break;
    std::size_t end = end_of_value(list, at);
    out.push_back(list.substr(at, end - at));
    at = end;
  }
  return out;
}

bool is_multipart(std::string_view part) { return part.starts_with("(("); }

}  // namespace

std::string_view body_of_message(std::string_view part) {
  if (is_multipart(part)) return {};
  auto fields = values_of(part, kBodyAt + 1);
  bool nested = fields.size() > kBodyAt && base::iequals(fields[0], "\"MESSAGE\"") && fields[kBodyAt].starts_with('(');
  return nested ? fields[kBodyAt] : std::string_view();
}

std::string_view body_of_part(std::string_view body, std::span<const std::uint32_t> part) {
  if (!body.starts_with('(')) return {};
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (i > 0 && !is_multipart(body)) body = body_of_message(body);
    if (body.empty()) return {};
    if (!is_multipart(body)) {
      if (part[i] != 1) return {};
      continue;
    }
    auto parts = values_of(body, part[i]);
    if (part[i] == 0 || parts.size() < part[i] || !parts.back().starts_with('(')) return {};
    body = parts.back();
  }
  return body;
}

std::string without_encoding(std::string_view part, std::uint64_t size, std::uint64_t lines) {
  std::string out(part);
  if (is_multipart(part) || !body_of_message(part).empty()) return out;
  auto fields = values_of(part, kSizeAt + 2);
  if (fields.size() <= kSizeAt) return out;
  auto at = [&part](std::string_view field) { return static_cast<std::size_t>(field.data() - part.data()); };
  bool text = base::iequals(fields[0], "\"TEXT\"") && fields.size() > kSizeAt + 1;
  std::string_view last = fields[text ? kSizeAt + 1 : kSizeAt];
  out.assign(part.substr(0, at(fields[kEncodingAt])));
  out += "\"BINARY\" " + std::to_string(size);
  if (text) out += " " + std::to_string(lines);
  out += part.substr(at(last) + last.size());
  return out;
}

}  // namespace postern::imap
