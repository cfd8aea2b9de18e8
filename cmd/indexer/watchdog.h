// Ends the process when one message keeps a worker for too long: a loop in a parser must not stop the index of everybody.
// The next start finds the message among its suspects.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>

#include "io/loop.h"

namespace postern::indexer {

class Watchdog {
 public:
  explicit Watchdog(io::Loop& loop);
  // From the worker: a message begins, or ended.
  void begin();
  void end() { since_->store(0); }

 private:
  std::shared_ptr<std::atomic<std::uint64_t>> since_;  // monotonic ms; 0: none
  io::Timer timer_;
};

}  // namespace postern::indexer
