// Work of which only so much is done at the same time, while a bounded number waits for its turn.
// Runs in: daemons that answer others' calls.  Tests: t/system/test_runner.py
#pragma once
#include <cstddef>
#include <optional>
#include <utility>

#include "io/sync.h"
#include "io/task.h"

namespace postern::io {

class Turns {
 public:
  Turns(std::size_t at_once, std::size_t waiting) : turns_(at_once), room_(waiting) {}
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;
  // Lasts as long as the permit.  Nothing, at once, when too many wait already.
  Task<std::optional<Semaphore::Permit>> take() {
    if (waiting_ >= room_) co_return std::nullopt;
    Waiting one(waiting_);
    Semaphore::Permit turn = co_await turns_.acquire();
    co_return std::optional<Semaphore::Permit>(std::move(turn));
  }

 private:
  // Counts one that waits, however its waiting ends.
  class Waiting {
   public:
    explicit Waiting(std::size_t& n) : n_(++n) {}
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    ~Waiting() { --n_; }

   private:
    std::size_t& n_;
  };
  Semaphore turns_;
  std::size_t room_, waiting_ = 0;
};

}  // namespace postern::io
