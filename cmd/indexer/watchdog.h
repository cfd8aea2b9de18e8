// Ends the process when one message keeps a worker for too long: a loop in a parser must not stop the index of everybody.
// The next start finds the message among its suspects.  It looks only while messages are being read: an idle indexer sleeps.
// Tests: t/system/test_indexer.py
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>

#include "io/loop.h"

namespace postern::indexer {

class Watchdog {
 public:
  explicit Watchdog(io::Loop& loop) : loop_(loop), state_(std::make_shared<State>()) {}
  void set_limit(std::uint64_t ms) { state_->limit_ms = ms; }
  // Looks while what it returns lives.  Loop thread.
  [[nodiscard]] io::Timer watch();
  // From the worker: a message begins, or ended.
  void begin();
  void end() { state_->since = 0; }

 private:
  struct State {
    std::atomic<std::uint64_t> since{0};  // monotonic ms; 0: none
    std::atomic<std::uint64_t> limit_ms{UINT64_MAX / 2};
  };
  io::Loop& loop_;
  std::shared_ptr<State> state_;
};

}  // namespace postern::indexer
