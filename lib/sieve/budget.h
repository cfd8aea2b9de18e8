// What a run may still use.  Spent by instructions, matchers and every copy that a script can make grow.
#pragma once
#include <cstdint>
#include <ctime>
#include <string>

#include "base/result.h"
#include "sieve/limits.h"

namespace postern::sieve {

class Budget {
 public:
  explicit Budget(const Limits& l)
      : steps_(l.steps), work_(l.match_work), memory_(l.memory), run_ms_(l.run_ms) {}

  base::Result<> step() {
    if (steps_ == 0) return spent("steps");
    --steps_;
    return check_time(64);
  }
  // Characters that a matcher is about to look at.
  base::Result<> work(std::uint64_t n) {
    if (n > work_) return spent("comparing");
    work_ -= n;
    return check_time(n);
  }
  // Bytes that are about to be kept.  They are never given back: a run is short.
  base::Result<> memory(std::uint64_t n) {
    if (n > memory_) return spent("memory");
    memory_ -= n;
    return {};
  }
  std::uint64_t steps_left() const { return steps_; }
  // What `all` gives beyond `so_far`, of which this was made.
  void widen(const Limits& so_far, const Limits& all) {
    steps_ += all.steps - so_far.steps;
    work_ += all.match_work - so_far.match_work;
    memory_ += all.memory - so_far.memory;
  }

 private:
  static std::uint64_t cpu_ms() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<std::uint64_t>(t.tv_sec) * 1000 + static_cast<std::uint64_t>(t.tv_nsec) / 1'000'000;
  }
  // The clock is asked once in a while: it costs more than most instructions.  Time counts from when it is asked first,
  // which is early enough, and most scripts end before.
  base::Result<> check_time(std::uint64_t cost) {
    since_clock_ += cost;
    if (since_clock_ < 65'536) return {};
    since_clock_ = 0;
    std::uint64_t now = cpu_ms();
    if (!began_) began_ = now + 1;
    if (now + 1 - began_ >= run_ms_) return spent("time");
    return {};
  }
  static std::unexpected<base::Error> spent(const char* what) {
    return base::fail(base::Fault::limit, std::string("the script used up its budget of ") + what, "BUDGET");
  }

  std::uint64_t steps_, work_, memory_, run_ms_;
  std::uint64_t began_ = 0, since_clock_ = 0;   // began_: the clock's milliseconds, plus one; 0: not asked yet
};

}  // namespace postern::sieve
