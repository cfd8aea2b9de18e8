// The named limits of authd.
#pragma once
#include <cstddef>
#include <cstdint>

namespace postern::authd {

inline constexpr std::size_t kMaxExchanges = 10'000;  // SASL dialogues under way; the oldest gives way
inline constexpr std::uint64_t kExchangeMs = 60'000;  // life of a dialogue between two steps
inline constexpr std::size_t kMaxSleepingPerPeer =
    128;  // slowed logins of one front end; further ones are refused
inline constexpr std::size_t kMaxHashWaiting =
    500;  // logins waiting for a thread; further ones are UNAVAILABLE
inline constexpr std::int64_t kRenewGrace = 3600;  // seconds after its end that a ticket may be renewed
inline constexpr std::size_t kMaxReplyBytes = 900u << 10;  // of Resolved; ipc::kMaxPayload is 1 MB
inline constexpr std::size_t kItemBytes = 256u << 10;      // of one piece of a listing
inline constexpr std::size_t kMaxResolve = 1'000;          // addresses of one request
inline constexpr std::size_t kOutboxBatch = 100;
inline constexpr std::uint64_t kOutboxRetryMs = 1'000;  // doubled up to kOutboxRetryMaxMs
inline constexpr std::uint64_t kOutboxRetryMaxMs = 30'000;
inline constexpr std::uint64_t kMaintainMs = 60'000;
inline constexpr std::uint64_t kDirectoryCache = 16u << 20;
inline constexpr std::size_t kMaxHashThreads = 64;  // as the option auth.hash_threads has it

}  // namespace postern::authd
