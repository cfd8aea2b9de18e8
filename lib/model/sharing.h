// How a subscription is kept that no mailbox of the subscriber's can say itself, of somebody else's mailbox or of a name
// that has none any more: as an annotation of the subscriber's account (the server's, not a mailbox's) that no protocol
// passes on.  Runs in: imapd, postern.  Pure.  Tests: t/unit/model_metadata.cc
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace postern::model {

inline constexpr std::string_view kSubscriptions = "/internal/subscriptions";

// "/internal/subscriptions/ACCOUNT/MAILBOX"
std::string format_subscription(std::uint64_t account, std::uint32_t mailbox);
std::optional<std::pair<std::uint64_t, std::uint32_t>> parse_subscription(std::string_view entry);

// "/internal/lost-subscriptions/DIGEST" of a mailbox's whole name, which is the annotation's value.
inline constexpr std::string_view kLostSubscriptions = "/internal/lost-subscriptions";
std::string format_lost_subscription(std::string_view name);

// What an access control list calls one that the directory no longer knows: "#17".
std::string nameless(std::uint64_t principal);
std::optional<std::uint64_t> parse_nameless(std::string_view identifier);

}  // namespace postern::model
