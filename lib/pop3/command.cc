#include "pop3/command.h"

#include <algorithm>

#include "base/codec.h"
#include "base/text.h"

namespace postern::pop3 {

namespace {

constexpr std::size_t kMaxName = 16;

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, base::is_digit);
}

}  // namespace

Command parse_command(std::string_view line) {
  std::size_t blank = line.find(' ');
  Command c;
  std::string_view name = line.substr(0, blank);
  if (name.size() > kMaxName || line.find('\0') != std::string_view::npos) return c;
  c.name = base::to_upper(name);
  if (blank != std::string_view::npos) c.argument = line.substr(blank + 1);
  return c;
}

std::optional<std::uint32_t> parse_number(std::string_view text) {
  if (!all_digits(text)) return std::nullopt;
  auto n = base::parse_u32(text);
  return n && *n > 0 ? n : std::nullopt;
}

std::optional<Top> parse_top(std::string_view argument) {
  std::size_t blank = argument.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  auto message = parse_number(argument.substr(0, blank));
  std::string_view lines = argument.substr(blank + 1);
  auto n = all_digits(lines) ? base::parse_u64(lines) : std::nullopt;
  if (!message || !n) return std::nullopt;
  return Top{*message, *n};
}

std::optional<Auth> parse_auth(std::string_view argument) {
  std::size_t blank = argument.find(' ');
  Auth a;
  a.mechanism = base::to_upper(argument.substr(0, blank));
  if (a.mechanism.empty()) return std::nullopt;
  if (blank == std::string_view::npos) return a;
  std::string_view initial = argument.substr(blank + 1);
  // "=" is an initial response of no bytes.
  auto decoded = initial == "=" ? std::optional<std::string>("") : base::unbase64(initial);
  if (initial.empty() || !decoded) return std::nullopt;
  a.initial = std::move(*decoded);
  return a;
}

}  // namespace postern::pop3
