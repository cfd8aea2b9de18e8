// The event loop of a thread, over libevent: descriptors, timers, signals, worker threads, and the run queue.
// Runs in: every daemon.  One Loop a thread: made, run and destroyed there.  Only post() and stop() may be
// called from other threads.
//
// Each turn: events are collected, then ready coroutines run (those that become ready meanwhile wait for the
// next turn), then what was put off to the end of the turn (grouped writes).
//
// Tests: t/unit/io_loop.cc
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/file.h"
#include "io/limits.h"
#include "io/task.h"

struct event_base;
struct event;

namespace postern::io {

class Loop;
class TimerHeap;

// One entry of the loop's timer heap, part of what waits.  O(log n) to set, exact to the millisecond, no
// allocation.
class TimerNode {
 public:
  using Fire = void (*)(TimerNode&);
  TimerNode(Loop& loop, Fire fire) : loop_(loop), fire_(fire) {}
  TimerNode(const TimerNode&) = delete;
  TimerNode& operator=(const TimerNode&) = delete;
  ~TimerNode() { cancel(); }
  void set_in(std::uint64_t ms);        // from now
  void set_at(std::uint64_t deadline);  // base::monotonic_ms()
  void cancel();
  bool is_set() const { return slot_ != kUnset; }
  std::uint64_t deadline() const { return deadline_; }

 protected:
  Loop& loop_;

 private:
  friend class TimerHeap;
  static constexpr std::size_t kUnset = SIZE_MAX;
  Fire fire_;
  std::uint64_t deadline_ = 0;
  std::size_t slot_ = kUnset;
};

// Interest in one direction of a descriptor.  Once armed it stays registered with the kernel until it fires
// with nobody interested: a request and answer protocol makes no epoll_ctl call at all. A descriptor that
// cannot be polled (a plain file) is always ready.
class FdWatch {
 public:
  enum class Direction { read, write };
  using Ready = void (*)(void* self);
  // `ready(self)` is called once for each arm(), for a plain file already inside it.  `fd` is borrowed and
  // must stay open while this lives or until remove().
  FdWatch(Loop& loop, int fd, Direction direction, Ready ready, void* self);
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;
  ~FdWatch();
  void arm();
  void disarm() { wanted_ = false; }  // stays registered until it fires
  void remove();                      // out of the kernel at once
  bool armed() const { return wanted_; }

 private:
  static void fired(int fd, short what, void* self);
  Loop& loop_;
  int fd_;
  Ready ready_;
  void* self_;
  bool wanted_ = false;
  bool registered_ = false;
  alignas(16) unsigned char event_[128];  // struct event
};

// A piece of work for the end of the current turn of the loop, run once for each put_off().
class TurnEnd : public Link {
 public:
  using Run = void (*)(void* self);
  TurnEnd(Run run, void* self) : run_(run), self_(self) {}

 private:
  friend class Loop;
  Run run_;
  void* self_;
};

// RAII handle of every() and after(); the function may destroy its own Timer.
class Timer {
 public:
  struct State;
  Timer() = default;
  explicit Timer(std::shared_ptr<State> s) : state_(std::move(s)) {}
  Timer(Timer&&) noexcept = default;
  Timer& operator=(Timer&& o) noexcept;
  ~Timer();
  explicit operator bool() const { return state_ != nullptr; }
  void reset();

 private:
  std::shared_ptr<State> state_;
};

namespace detail {
// A job for a worker thread.  `waiter` belongs to the loop's thread: null once nobody waits any more.
struct Job {
  virtual ~Job() = default;
  virtual void run() = 0;
  Waiter* waiter = nullptr;
  bool finished = false;
};
}  // namespace detail

struct LoopOptions {
  std::size_t workers = kDefaultWorkers;  // started when the first job comes
};

class Loop {
 public:
  // Ignores SIGPIPE for the process: broken connections are seen by their errors.
  explicit Loop(LoopOptions options = {});
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  // Waits for running worker jobs.  Everything that waits on the loop must be gone before.
  ~Loop();

  // The loop of this thread.  REQUIRES: there is one.
  static Loop& current();

  void run();                 // until stop()
  void run(Task<void> main);  // until `main` ends or stop(); `main` is cancelled by stop()
  void stop();                // from any thread
  bool run_once(bool block);  // one turn; for tests and for foreign loops

  // From any thread: `f` runs on the loop's thread, in order.
  void post(std::function<void()> f);
  // `f` runs on the loop's thread whenever the signal came; not in the signal handler.  Replaces an earlier
  // one.
  void on_signal(int signal, std::function<void()> f);
  Timer every(std::uint64_t ms, std::function<void()> f);
  Timer after(std::uint64_t ms, std::function<void()> f);
  // Runs once at the end of this turn, however often it is put off before that.
  void put_off(TurnEnd& work) { work.link(turn_end_); }

  class Sleep;
  class Readiness;
  class Yield;
  template <class F>
  class Blocking;
  // co_await loop.sleep(ms)
  Sleep sleep(std::uint64_t ms);
  // co_await loop.readable(fd, timeout): true when ready (or broken), false after the time; kForever for no
  // limit.
  Readiness readable(int fd, std::uint64_t timeout_ms = kForever);
  Readiness writable(int fd, std::uint64_t timeout_ms = kForever);
  // co_await loop.yield(): lets everything else that is ready run first.
  Yield yield();
  // co_await loop.blocking([x = std::move(x)]() mutable { ...; return value; })
  // Runs the callable on a worker thread and resumes here with its value.  When the awaiting task is
  // cancelled a job that has begun ends in peace, its value is dropped; what the callable captured lives
  // until then.
  template <class F>
  Blocking<std::decay_t<F>> blocking(F&& f);

  static constexpr std::uint64_t kForever = UINT64_MAX;

 private:
  friend class TimerNode;
  friend class FdWatch;
  struct Impl;
  void submit(std::shared_ptr<detail::Job> job);
  std::unique_ptr<Impl> impl_;
  Link turn_end_;
};

class Loop::Sleep : public Waiter {
 public:
  Sleep(Loop& loop, std::uint64_t ms) : ms_(ms), node_(loop, *this) {}
  bool await_ready() const { return false; }
  template <class P>
  void await_suspend(std::coroutine_handle<P> h) {
    set(h);
    node_.set_in(ms_);
  }
  void await_resume() {}

 private:
  struct Node : TimerNode {
    Node(Loop& l, Sleep& s)
        : TimerNode(l, [](TimerNode& n) { static_cast<Node&>(n).owner.wake(); }), owner(s) {}
    Sleep& owner;
  };
  std::uint64_t ms_;
  Node node_;
};

class Loop::Readiness : public Waiter {
 public:
  Readiness(Loop& loop, int fd, FdWatch::Direction d, std::uint64_t timeout_ms);
  bool await_ready() const { return false; }
  template <class P>
  void await_suspend(std::coroutine_handle<P> h) {
    set(h);
    begin();
  }
  bool await_resume() { return ready_; }

 private:
  struct Node : TimerNode {
    Node(Loop& l, Readiness& r);
    Readiness& owner;
  };
  void begin();
  FdWatch watch_;
  Node node_;
  std::uint64_t timeout_;
  bool ready_ = false;
};

class Loop::Yield : public Waiter {
 public:
  bool await_ready() const { return false; }
  template <class P>
  void await_suspend(std::coroutine_handle<P> h) {
    set(h);
    wake();
  }
  void await_resume() {}
};

template <class F>
class Loop::Blocking : public Waiter {
 public:
  using Value = std::invoke_result_t<F&>;
  Blocking(Loop& loop, F f) : loop_(loop), job_(std::make_shared<Work>(std::move(f))) {}
  ~Blocking() { job_->waiter = nullptr; }
  bool await_ready() const { return false; }
  template <class P>
  void await_suspend(std::coroutine_handle<P> h) {
    set(h);
    job_->waiter = this;
    loop_.submit(job_);
  }
  Value await_resume() {
    if constexpr (!std::is_void_v<Value>) return std::move(*job_->value);
  }

 private:
  struct Nothing {};
  struct Work : detail::Job {
    explicit Work(F f) : call(std::move(f)) {}
    void run() override {
      if constexpr (std::is_void_v<Value>)
        call();
      else
        value.emplace(call());
    }
    F call;
    std::optional<std::conditional_t<std::is_void_v<Value>, Nothing, Value>> value;
  };
  Loop& loop_;
  std::shared_ptr<Work> job_;
};

inline Loop::Sleep Loop::sleep(std::uint64_t ms) {
  return Sleep(*this, ms);
}
inline Loop::Yield Loop::yield() {
  return Yield();
}
template <class F>
Loop::Blocking<std::decay_t<F>> Loop::blocking(F&& f) {
  return Blocking<std::decay_t<F>>(*this, std::forward<F>(f));
}

}  // namespace postern::io
