// Who reads an account just now: so that a commit can tell its snapshots that they are out of date.
// Internal to lib/kv, shared by the engines.
#pragma once
#include <atomic>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "kv/batch.h"

namespace postern::kv {

class LiveSnapshots {
 public:
  using Flag = std::atomic<bool>;
  // `flag` is set when the account changes; it must live until leave().
  void enter(Account account, Flag* flag) {
    std::lock_guard lock(mutex_);
    live_[account].push_back(flag);
  }
  void leave(Account account, Flag* flag) {
    std::lock_guard lock(mutex_);
    auto it = live_.find(account);
    std::erase(it->second, flag);
    if (it->second.empty()) live_.erase(it);
  }
  // REQUIRES: no reader is inside a read (the caller holds the engine's write lock).
  void changed(Account account) {
    std::lock_guard lock(mutex_);
    auto it = live_.find(account);
    if (it == live_.end()) return;
    for (Flag* f : it->second) f->store(true, std::memory_order_relaxed);
  }

 private:
  std::mutex mutex_;
  std::unordered_map<Account, std::vector<Flag*>> live_;
};

}  // namespace postern::kv
