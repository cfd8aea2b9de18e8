// Verified passwords, remembered for a while: a repeated login costs one HMAC instead of a yescrypt. Kept is
// HMAC-SHA-256 of (generation, account, secret) under a key that is random for each process and never leaves
// it: a dump of the map gives nobody a password.
// Runs in: authd, on its loop thread.  Bounded: kMaxCachedAccounts accounts, kCachedPerAccount passwords each
// (app passwords), kCacheSeconds.
// Tests: t/unit/auth_cache.cc
#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <string_view>
#include <unordered_map>

#include "auth/limits.h"
#include "base/codec.h"

namespace postern::auth {

class PasswordCache {
 public:
  explicit PasswordCache(std::int64_t seconds = kCacheSeconds);
  // Was this secret verified for the account, at this generation, in the last so many seconds?  `now`:
  // seconds, monotonic.
  bool knows(std::uint64_t account, std::uint64_t generation, std::string_view secret, std::int64_t now);
  void remember(std::uint64_t account, std::uint64_t generation, std::string_view secret, std::int64_t now);
  void drop(std::uint64_t account);
  std::size_t accounts() const { return map_.size(); }

 private:
  struct Entry {
    base::Digest digest{};
    std::int64_t expires = 0;  // 0 = empty
  };
  struct Slots {
    std::array<Entry, kCachedPerAccount> entries;
    std::uint64_t serial = 0;  // of the place in queue_ that still counts
  };
  struct Queued {
    std::uint64_t account, serial;
  };
  base::Digest digest(std::uint64_t account, std::uint64_t generation, std::string_view secret) const;
  void make_room();

  std::array<unsigned char, 32> key_;
  std::unordered_map<std::uint64_t, Slots> map_;
  std::deque<Queued> queue_;  // oldest first; entries whose serial is outdated are passed over
  std::uint64_t serial_ = 0;
  std::int64_t seconds_;
};

}  // namespace postern::auth
