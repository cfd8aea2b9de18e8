#include "model/sharing.h"

#include "base/codec.h"
#include "base/text.h"

namespace postern::model {

std::string format_subscription(std::uint64_t account, std::uint32_t mailbox) {
  return std::string(kSubscriptions) + "/" + std::to_string(account) + "/" + std::to_string(mailbox);
}

std::optional<std::pair<std::uint64_t, std::uint32_t>> parse_subscription(std::string_view entry) {
  if (!entry.starts_with(kSubscriptions)) return std::nullopt;
  auto parts = base::split(entry.substr(kSubscriptions.size()), '/');
  if (parts.size() != 3 || !parts[0].empty()) return std::nullopt;
  auto account = base::parse_u64(parts[1]);
  auto mailbox = base::parse_u32(parts[2]);
  if (!account || !mailbox) return std::nullopt;
  return std::pair(*account, *mailbox);
}

std::string format_lost_subscription(std::string_view name) {
  base::Digest digest = base::sha256(name);
  return std::string(kLostSubscriptions) + "/" +
         base::hex(std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

std::string nameless(std::uint64_t principal) { return "#" + std::to_string(principal); }

std::optional<std::uint64_t> parse_nameless(std::string_view identifier) {
  return identifier.starts_with('#') ? base::parse_u64(identifier.substr(1)) : std::nullopt;
}

}  // namespace postern::model
