#include "base/text.h"

#include <algorithm>
#include <charconv>

namespace postern::base {

std::string to_lower(std::string_view s) {
  std::string out(s);
  std::ranges::transform(out, out.begin(), ascii_lower);
  return out;
}

std::string to_upper(std::string_view s) {
  std::string out(s);
  std::ranges::transform(out, out.begin(), ascii_upper);
  return out;
}

bool iequals(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::ranges::equal(a, b, [](char x, char y) { return ascii_lower(x) == ascii_lower(y); });
}

bool istarts_with(std::string_view s, std::string_view prefix) {
  return s.size() >= prefix.size() && iequals(s.substr(0, prefix.size()), prefix);
}

std::size_t ifind(std::string_view haystack, std::string_view needle) {
  if (needle.empty()) return 0;
  if (needle.size() > haystack.size()) return std::string_view::npos;
  const char lo = ascii_lower(needle[0]);
  for (std::size_t i = 0; i + needle.size() <= haystack.size(); ++i)
    if (ascii_lower(haystack[i]) == lo && iequals(haystack.substr(i, needle.size()), needle)) return i;
  return std::string_view::npos;
}

std::string_view trim(std::string_view s) {
  auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!s.empty() && blank(s.front())) s.remove_prefix(1);
  while (!s.empty() && blank(s.back())) s.remove_suffix(1);
  return s;
}

std::vector<std::string_view> split(std::string_view s, char sep) {
  std::vector<std::string_view> out;
  for (;;) {
    auto at = s.find(sep);
    out.push_back(s.substr(0, at));
    if (at == std::string_view::npos) return out;
    s.remove_prefix(at + 1);
  }
}

std::vector<std::string_view> split_blank(std::string_view s) {
  std::vector<std::string_view> out;
  auto blank = [](char c) { return c == ' ' || c == '\t'; };
  for (std::size_t i = 0; i < s.size();) {
    while (i < s.size() && blank(s[i])) ++i;
    std::size_t start = i;
    while (i < s.size() && !blank(s[i])) ++i;
    if (i > start) out.push_back(s.substr(start, i - start));
  }
  return out;
}

std::string join(const std::vector<std::string>& parts, std::string_view sep) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i) out += sep;
    out += parts[i];
  }
  return out;
}

template <class N>
static std::optional<N> parse_number(std::string_view s) {
  N v = 0;
  auto [end, ec] = std::from_chars(s.data(), s.data() + s.size(), v);
  if (s.empty() || ec != std::errc{} || end != s.data() + s.size()) return std::nullopt;
  return v;
}

std::optional<std::uint64_t> parse_u64(std::string_view s) { return parse_number<std::uint64_t>(s); }
std::optional<std::uint32_t> parse_u32(std::string_view s) { return parse_number<std::uint32_t>(s); }

static std::optional<std::uint64_t> scaled(std::string_view s, std::uint64_t factor) {
  auto n = parse_u64(s);
  if (!n || (factor > 1 && *n > UINT64_MAX / factor)) return std::nullopt;
  return *n * factor;
}

std::optional<std::uint64_t> parse_size(std::string_view s) {
  if (s.empty()) return std::nullopt;
  switch (ascii_upper(s.back())) {
    case 'K': return scaled(s.substr(0, s.size() - 1), 1ull << 10);
    case 'M': return scaled(s.substr(0, s.size() - 1), 1ull << 20);
    case 'G': return scaled(s.substr(0, s.size() - 1), 1ull << 30);
    case 'T': return scaled(s.substr(0, s.size() - 1), 1ull << 40);
    default: return parse_u64(s);
  }
}

std::optional<std::uint64_t> parse_duration(std::string_view s) {
  if (s.empty()) return std::nullopt;
  switch (s.back()) {
    case 's': return scaled(s.substr(0, s.size() - 1), 1);
    case 'm': return scaled(s.substr(0, s.size() - 1), 60);
    case 'h': return scaled(s.substr(0, s.size() - 1), 3600);
    case 'd': return scaled(s.substr(0, s.size() - 1), 86400);
    default: return parse_u64(s);
  }
}

std::string printable(std::string_view s, std::size_t max) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (char ch : s.substr(0, max)) {
    auto c = static_cast<unsigned char>(ch);
    if (c < 0x20 || c > 0x7e || c == '"' || c == '\\') {
      out += "\\x";
      out += kHex[c >> 4];
      out += kHex[c & 15];
    } else {
      out += ch;
    }
  }
  if (s.size() > max) out += "...";
  return out;
}

bool is_valid_utf8(std::string_view s) {
  for (std::size_t i = 0; i < s.size();) {
    auto c = static_cast<unsigned char>(s[i]);
    if (c < 0x80) {
      ++i;
      continue;
    }
    std::size_t n = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
    if (c < 0xc2 || c > 0xf4 || i + n >= s.size()) return false;
    auto second = static_cast<unsigned char>(s[i + 1]);
    if ((c == 0xe0 && second < 0xa0) || (c == 0xed && second > 0x9f) || (c == 0xf0 && second < 0x90) ||
        (c == 0xf4 && second > 0x8f))
      return false;
    for (std::size_t k = 1; k <= n; ++k)
      if ((static_cast<unsigned char>(s[i + k]) & 0xc0) != 0x80) return false;
    i += n + 1;
  }
  return true;
}

}  // namespace postern::base
