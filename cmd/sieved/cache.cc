#include "cmd/sieved/cache.h"

#include "cmd/sieved/limits.h"

namespace postern::sieved_daemon {

std::optional<Cached> Cache::find(const std::string& key) {
  auto it = entries_.find(key);
  if (it == entries_.end()) return std::nullopt;
  recent_.splice(recent_.begin(), recent_, it->second.place);
  return it->second.value;
}

void Cache::put(std::string key, Cached value, std::size_t text_bytes) {
  if (entries_.contains(key)) return;
  recent_.push_front(key);
  entries_.emplace(std::move(key), Entry{std::move(value), text_bytes, recent_.begin()});
  bytes_ += text_bytes;
  while (entries_.size() > 1 && (entries_.size() > kMaxCachedPrograms || bytes_ > kMaxCachedText)) {
    auto last = entries_.find(recent_.back());
    bytes_ -= last->second.bytes;
    entries_.erase(last);
    recent_.pop_back();
  }
}

}  // namespace postern::sieved_daemon
