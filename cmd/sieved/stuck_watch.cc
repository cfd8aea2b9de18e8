#include "cmd/sieved/stuck_watch.h"

#include <chrono>
#include <cstdlib>

#include "base/log.h"
#include "base/system.h"

namespace postern::sieved_daemon {

void StuckWatch::start(std::uint64_t ms) {
  thread_ = std::thread([this, ms] { look(ms); });
}

StuckWatch::~StuckWatch() {
  if (!thread_.joinable()) return;
  {
    std::lock_guard lock(mutex_);
    end_ = true;
  }
  ended_.notify_one();
  thread_.join();
}

StuckWatch::Watched::Watched(StuckWatch& w) : since_(w.since_) {
  since_.store(base::monotonic_ms(), std::memory_order_relaxed);
}

void StuckWatch::look(std::uint64_t ms) {
  std::unique_lock lock(mutex_);
  while (!ended_.wait_for(lock, std::chrono::seconds(1), [this] { return end_; })) {
    std::uint64_t since = since_.load(std::memory_order_relaxed);
    if (!since || base::monotonic_ms() < since + ms) continue;
    base::log(base::Level::error, "sieve_stuck", {{"run", "on the loop's thread"}, {"next", "restart"}});
    std::_Exit(75);
  }
}

}  // namespace postern::sieved_daemon
