// Watches the loop's own thread while a script runs on it: what neither ends nor keeps its budget there can be seen by
// nobody else.
// Runs in: sieved, a thread of its own that looks once a second.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

namespace postern::sieved_daemon {

class StuckWatch {
 public:
  // The process ends with status 75 once something has lasted for `ms`.
  void start(std::uint64_t ms);
  ~StuckWatch();
  // Lasts as long as what is watched.
  class Watched {
   public:
    explicit Watched(StuckWatch& w);
    ~Watched() { since_.store(0, std::memory_order_relaxed); }
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;

   private:
    std::atomic<std::uint64_t>& since_;
  };

 private:
  void look(std::uint64_t ms);
  std::atomic<std::uint64_t> since_{0};   // monotonic ms; 0: nothing runs
  std::mutex mutex_;
  std::condition_variable ended_;
  bool end_ = false;
  std::thread thread_;
};

}  // namespace postern::sieved_daemon
