#include "auth/cache.h"

#include <algorithm>
#include <string>

#include "auth/secret.h"
#include "base/system.h"

namespace postern::auth {

PasswordCache::PasswordCache(std::int64_t seconds) : seconds_(seconds) {
  base::random_fill(key_);
}

base::Digest PasswordCache::digest(std::uint64_t account, std::uint64_t generation,
                                   std::string_view secret) const {
  std::string bytes;
  bytes.reserve(16 + secret.size());  // so that no copy of the secret is left behind by growth
  base::put_u64(bytes, generation);
  base::put_u64(bytes, account);
  bytes.append(secret);
  base::Digest d = base::hmac_sha256({reinterpret_cast<const char*>(key_.data()), key_.size()}, bytes);
  wipe(bytes);
  return d;
}

bool PasswordCache::knows(std::uint64_t account, std::uint64_t generation, std::string_view secret,
                          std::int64_t now) {
  auto it = map_.find(account);
  if (it == map_.end()) return false;
  base::Digest d = digest(account, generation, secret);
  bool found = false;
  for (const Entry& e : it->second.entries)
    if (e.expires > now && base::constant_time_equal(base::view(e.digest), base::view(d))) found = true;
  return found;
}

void PasswordCache::remember(std::uint64_t account, std::uint64_t generation, std::string_view secret,
                             std::int64_t now) {
  if (!map_.contains(account)) make_room();
  base::Digest d = digest(account, generation, secret);
  Slots& s = map_[account];
  // The same password again, or else the slot that ends first.
  auto same = std::find_if(s.entries.begin(), s.entries.end(), [&](const Entry& e) { return e.digest == d; });
  auto first = std::min_element(s.entries.begin(), s.entries.end(),
                                [](const Entry& a, const Entry& b) { return a.expires < b.expires; });
  Entry& e = same != s.entries.end() ? *same : *first;
  e = {d, now + seconds_};
  s.serial = ++serial_;
  queue_.push_back({account, s.serial});
  // Logins of few accounts must not let the queue grow: drop what no longer counts once it is twice too long.
  if (queue_.size() > 2 * map_.size() + 16)
    std::erase_if(queue_, [&](const Queued& q) {
      auto at = map_.find(q.account);
      return at == map_.end() || at->second.serial != q.serial;
    });
}

void PasswordCache::make_room() {
  while (map_.size() >= kMaxCachedAccounts && !queue_.empty()) {
    auto it = map_.find(queue_.front().account);
    if (it != map_.end() && it->second.serial == queue_.front().serial) map_.erase(it);
    queue_.pop_front();
  }
}

void PasswordCache::drop(std::uint64_t account) {
  map_.erase(account);
}

}  // namespace postern::auth
