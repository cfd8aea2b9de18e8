#include "model/ids.h"

#include <algorithm>

#include "base/codec.h"
#include "base/text.h"

namespace postern::model {
namespace {

constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuv";

std::string base32(std::uint64_t v) {
  std::string out;
  do {
    out += kDigits[v & 31];
    v >>= 5;
  } while (v);
  std::ranges::reverse(out);
  return out;
}

std::optional<std::uint64_t> unbase32(std::string_view s) {
  if (s.empty() || s.size() > 13 || (s.size() > 1 && s[0] == '0')) return std::nullopt;
  std::uint64_t v = 0;
  for (char c : s) {
    auto d = kDigits.find(c);
    if (d == std::string_view::npos || v > UINT64_MAX >> 5) return std::nullopt;
    v = v << 5 | d;
  }
  return v;
}

}  // namespace

std::string format_id(IdKind kind, std::uint64_t account, std::uint64_t number) {
  return static_cast<char>(kind) + base32(account) + "-" + base32(number);
}

std::optional<Id> parse_id(IdKind kind, std::string_view text) {
  if (text.empty() || text[0] != static_cast<char>(kind)) return std::nullopt;
  text.remove_prefix(1);
  auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  auto account = unbase32(text.substr(0, dash)), number = unbase32(text.substr(dash + 1));
  if (!account || !number) return std::nullopt;
  return Id{*account, *number};
}

std::string format_account(std::uint64_t account) { return "a" + base32(account); }

std::optional<std::uint64_t> parse_account(std::string_view text) {
  if (text.empty() || text[0] != 'a') return std::nullopt;
  return unbase32(text.substr(1));
}

std::string format_blob(std::string_view sha256) { return "b" + base::base64url(sha256); }

std::optional<std::string> parse_blob(std::string_view text) {
  if (text.size() != 44 || text[0] != 'b') return std::nullopt;
  auto bytes = base::unbase64url(text.substr(1));
  if (!bytes || bytes->size() != 32) return std::nullopt;
  return bytes;
}

std::string identity_key(std::string_view identity) {
  return std::string(base::view(base::sha256(identity)).substr(0, 16));
}

std::string format_state(const State& s) {
  std::string out = std::to_string(s.epoch) + "." + std::to_string(s.modseq);
  if (s.offset) out += "." + std::to_string(s.offset);
  return out;
}

std::optional<State> parse_state(std::string_view text) {
  auto parts = base::split(text, '.');
  if (parts.size() < 2 || parts.size() > 3) return std::nullopt;
  auto epoch = base::parse_u64(parts[0]), modseq = base::parse_u64(parts[1]);
  auto offset = parts.size() == 3 ? base::parse_u32(parts[2]) : std::optional<std::uint32_t>(0);
  if (!epoch || !modseq || !offset) return std::nullopt;
  State s{*epoch, *modseq, *offset};
  return format_state(s) == text ? std::optional(s) : std::nullopt;
}

}  // namespace postern::model
