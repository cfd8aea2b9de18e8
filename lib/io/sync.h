// Wake-ups between coroutines of one thread: Notifier (auto-reset), Event (stays set), Semaphore (a limit).
// Waking goes through the loop's run queue; nobody is resumed inside notify(), set() or a Permit's end.
// Tests: t/unit/io_loop.cc
#pragma once
#include <cstddef>
#include <cstdint>
#include <utility>

#include "io/loop.h"

namespace postern::io {

namespace detail {
// The wait of a Notifier or an Event, with or without a time limit; await_resume() is false after the time.
class SignalWait : public Waiter {
 public:
  SignalWait(bool ready, Link& list, std::uint64_t timeout_ms)
      : list_(list), timeout_(timeout_ms), node_(*this), granted_(ready) {}
  bool await_ready() const { return granted_; }
  template <class P>
  void await_suspend(std::coroutine_handle<P> h) {
    set(h);
    link(list_);
    if (timeout_ != Loop::kForever) node_.set_in(timeout_);
  }
  bool await_resume() { return granted_; }
  void grant() {
    granted_ = true;
    node_.cancel();
    wake();
  }

 private:
  struct Node : TimerNode {
    explicit Node(SignalWait& w)
        : TimerNode(Loop::current(), [](TimerNode& n) { static_cast<Node&>(n).owner.wake(); }), owner(w) {}
    SignalWait& owner;
  };
  Link& list_;
  std::uint64_t timeout_;
  Node node_;
  bool granted_;
};
}  // namespace detail

// notify() lets one waiter through, or the next one that comes; several notifications before a wait count as
// one. A notification given to a waiter that is cancelled before it ran is lost.
class Notifier {
 public:
  void notify();
  void notify_all();  // wakes who waits now; leaves nothing for later
  detail::SignalWait wait() { return wait_for(Loop::kForever); }
  // co_await n.wait_for(ms): false after the time.
  detail::SignalWait wait_for(std::uint64_t ms) { return {std::exchange(pending_, false), waiting_, ms}; }

 private:
  Link waiting_;
  bool pending_ = false;
};

// Once set, every wait passes, until reset().
class Event {
 public:
  void set();
  void reset() { set_ = false; }
  bool is_set() const { return set_; }
  detail::SignalWait wait() { return wait_for(Loop::kForever); }
  detail::SignalWait wait_for(std::uint64_t ms) { return {set_, waiting_, ms}; }

 private:
  Link waiting_;
  bool set_ = false;
};

// At most `count` permits are out; first come, first served.  Must outlive its permits.
class Semaphore {
 public:
  class Permit {
   public:
    Permit() = default;
    explicit Permit(Semaphore& s) : from_(&s) {}
    Permit(Permit&& o) noexcept : from_(std::exchange(o.from_, nullptr)) {}
    Permit& operator=(Permit&& o) noexcept {
      if (this != &o) {
        reset();
        from_ = std::exchange(o.from_, nullptr);
      }
      return *this;
    }
    ~Permit() { reset(); }
    void reset() {
      if (from_) std::exchange(from_, nullptr)->release();
    }
    explicit operator bool() const { return from_ != nullptr; }

   private:
    Semaphore* from_ = nullptr;
  };

  class Acquire : public Waiter {
   public:
    explicit Acquire(Semaphore& s) : semaphore_(s) {}
    bool await_ready() {
      if (semaphore_.free_ == 0 || !semaphore_.waiting_.empty()) return false;
      --semaphore_.free_;
      permit_ = Permit(semaphore_);
      return true;
    }
    template <class P>
    void await_suspend(std::coroutine_handle<P> h) {
      set(h);
      link(semaphore_.waiting_);
    }
    Permit await_resume() { return std::move(permit_); }

   private:
    friend class Semaphore;
    Semaphore& semaphore_;
    Permit permit_;  // given back when the waiter is cancelled before it ran
  };

  explicit Semaphore(std::size_t count) : free_(count) {}
  // auto permit = co_await s.acquire();
  Acquire acquire() { return Acquire(*this); }
  std::size_t free() const { return free_; }

 private:
  void release();
  std::size_t free_;
  Link waiting_;
};

}  // namespace postern::io
