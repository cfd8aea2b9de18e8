// Durability: a thread that makes everything written so far durable, again and again, while callers wait
// for the flush that covers theirs.  One flush serves all that was written before it began: many clients,
// one fsync.
// stored has two.  One flushes bodies (segments): a call with a body waits for it before its rows are committed, so
// that no row names a body that is not on the disk, whatever makes the database write its log.  The other flushes the
// database's log: a reply waits for it, and then it is a promise.
//
// Gathering.  On a quick disk a flush ends before the next caller comes, and every one would pay its own.
// So where callers overlap, a flush waits until a group of callers waits for it; the group grows while others
// still arrive during a flush, and shrinks when none do.  Nobody waits longer than kGatherMs, nor kGapMs
// after the latest arrival; a client that is alone never waits.
// Runs in: stored.  All methods on the loop's thread.
#pragma once
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "base/result.h"
#include "io/loop.h"

namespace postern::stored_daemon {

// What is flushed: pieces of work, numbered from 1 as they are done.  Both are called on the flush thread.
struct Flushed {
  std::function<std::uint64_t()> last;                  // the number of the latest
  std::function<base::Result<>(std::uint64_t)> flush;   // returns when all up to it are durable
};

class Flusher {
 public:
  // `failed` is called once, on the loop's thread, when a flush fails: nothing is acknowledged after that.
  Flusher(io::Loop& loop, Flushed what, std::function<void(base::Error)> failed);
  Flusher(const Flusher&) = delete;
  Flusher& operator=(const Flusher&) = delete;
  ~Flusher();

  // co_await flusher.durable(number): true when it is on the disk, false when it never may be said to be.
  class Wait : public io::Waiter {
   public:
    Wait(Flusher& f, std::uint64_t number) : flusher_(f), number_(number) {}
    bool await_ready() const { return flusher_.broken_ || number_ <= flusher_.done_; }
    template <class P>
    void await_suspend(std::coroutine_handle<P> h) {
      set(h);
      flusher_.add(*this);
    }
    bool await_resume() const { return number_ <= flusher_.done_; }

   private:
    friend class Flusher;
    Flusher& flusher_;
    std::uint64_t number_;
  };
  Wait durable(std::uint64_t number) { return {*this, number}; }
  // No acknowledgement from now on.
  void give_up();
  // Ends the thread, after the flush that it is at.
  void stop();

 private:
  static constexpr std::uint64_t kGapMs = 2, kGatherMs = 8;
  static constexpr std::size_t kMaxGroup = 128;
  static constexpr int kHoldGrowth = 32;   // flushes, after a group that did not come together

  void add(Wait& w);
  void end_turn();                  // one decision for all callers of the turn
  void decide();                    // REQUIRES: no flush is under way
  void start();
  void adapt();
  void work();
  void finished(std::uint64_t number, base::Result<> result);

  io::Loop& loop_;
  const Flushed what_;
  std::function<void(base::Error)> failed_;
  // Loop's thread
  struct Deadline : io::TimerNode {
    explicit Deadline(Flusher& f)
        : TimerNode(f.loop_, [](TimerNode& n) { static_cast<Deadline&>(n).owner.start(); }), owner(f) {}
    Flusher& owner;
  };
  io::Link waiting_;
  io::TurnEnd turn_end_;
  Deadline deadline_;
  std::size_t uncovered_ = 0;       // callers that no flush under way covers
  std::size_t during_ = 0;          // of these, who came while a flush was under way
  std::size_t group_ = 1;           // callers that a flush waits for
  int hold_ = 0;
  std::size_t gathered_ = 0;        // callers when the flush under way began
  bool running_ = false;
  std::uint64_t gather_until_ = 0;
  std::uint64_t done_ = 0;
  bool broken_ = false;
  // Both
  std::mutex lock_;
  std::condition_variable wake_;
  bool wanted_ = false, quit_ = false;
  std::thread thread_;
};

}  // namespace postern::stored_daemon
