// Durability: a thread that makes everything committed so far durable, again and again, while callers wait
// for the flush that covers theirs.  One flush serves all that were committed before it began: many clients,
// one fsync.
// First the bodies (segments), then the engine's log, so that no durable row names a body that is not.
//
// Gathering.  On a quick disk a flush ends before the next commit comes, and every commit would pay its own.
// So where commits overlap, a flush waits until a group of callers waits for it; the group grows while others
// still arrive during a flush, and shrinks when none do.  Nobody waits longer than kGatherMs, nor kGapMs
// after the latest arrival; a client that is alone never waits.
// Runs in: stored.  All methods on the loop's thread.
#pragma once
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "base/result.h"
#include "blob/blob_store.h"
#include "io/loop.h"
#include "kv/engine.h"

namespace postern::stored_daemon {

class Flusher {
 public:
  // `failed` is called once, on the loop's thread, when a flush fails: nothing is acknowledged after that.
  Flusher(io::Loop& loop, kv::Engine& engine, blob::Writer& blobs, std::function<void(base::Error)> failed);
  Flusher(const Flusher&) = delete;
  Flusher& operator=(const Flusher&) = delete;
  ~Flusher();

  // co_await flusher.durable(receipt): true when it is on the disk, false when it never may be said to be.
  class Wait : public io::Waiter {
   public:
    Wait(Flusher& f, kv::Receipt receipt) : flusher_(f), receipt_(receipt) {}
    bool await_ready() const { return flusher_.broken_ || receipt_ <= flusher_.done_; }
    template <class P>
    void await_suspend(std::coroutine_handle<P> h) {
      set(h);
      flusher_.add(*this);
    }
    bool await_resume() const { return receipt_ <= flusher_.done_; }

   private:
    friend class Flusher;
    Flusher& flusher_;
    kv::Receipt receipt_;
  };
  Wait durable(kv::Receipt receipt) { return {*this, receipt}; }
  // No acknowledgement from now on.
  void give_up();
  std::uint64_t flushes() const { return flushes_; }
  // Ends the thread, after the flush that it is at.
  void stop();

 private:
  static constexpr std::uint64_t kGapMs = 2, kGatherMs = 8;
  static constexpr std::size_t kMaxGroup = 128;
  static constexpr int kHoldGrowth = 32;   // flushes, after a group that did not come together

  void add(Wait& w);
  void end_turn();                  // one decision for all commits of the turn
  void decide();                    // REQUIRES: no flush is under way
  void start();
  void adapt();
  void work();
  void finished(kv::Receipt receipt, base::Result<> result);

  io::Loop& loop_;
  kv::Engine& engine_;
  blob::Writer& blobs_;
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
  kv::Receipt done_;
  bool broken_ = false;
  std::uint64_t flushes_ = 0;
  // Both
  std::mutex lock_;
  std::condition_variable wake_;
  bool wanted_ = false, quit_ = false;
  std::thread thread_;
};

}  // namespace postern::stored_daemon
