// Coroutines: Task<T>, a lazy coroutine that its holder owns, and TaskGroup, which owns running ones.
// Runs in: every daemon, one thread a Loop; nothing here may cross threads.
//
//   io::Task<base::Result<int>> work(Stream& s);        auto r = co_await work(s);
//   io::TaskGroup group;                                group.spawn(session(std::move(stream)));
//
// Cancellation is destruction: destroying a Task, or the group that runs it, destroys its frame and
// everything it awaits; whatever waited deregisters itself.  A frame is never destroyed while it is on the
// stack: a task may destroy the group it runs in and then goes on until its next wait (or its end), where its
// frame is destroyed.
//
// No exception leaves a coroutine: one that tries stops the process.
//
// Tests: t/unit/io_task.cc, t/unit/io_coroutine_compiler.cc
#pragma once
#include <coroutine>
#include <cstddef>
#include <list>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/result.h"

namespace postern::io {

template <class T>
class Task;
class TaskGroup;

// A link of an intrusive ring.  The head of a list is a Link too; destroying a link takes it out of its ring.
class Link {
 public:
  Link() = default;
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  ~Link() { unlink(); }
  bool linked() const { return next_ != this; }
  bool empty() const { return next_ == this; }
  Link* next() const { return next_; }
  void unlink() {
    prev_->next_ = next_;
    next_->prev_ = prev_;
    prev_ = next_ = this;
  }
  // Appends to the list whose head is `head`, leaving the ring this link was in.
  void link(Link& head) {
    unlink();
    prev_ = head.prev_;
    next_ = &head;
    prev_->next_ = this;
    head.prev_ = this;
  }
  // Moves all links of `from` behind this head.
  void take(Link& from) {
    if (from.empty()) return;
    from.next_->prev_ = prev_;
    prev_->next_ = from.next_;
    from.prev_->next_ = this;
    prev_ = from.prev_;
    from.prev_ = from.next_ = &from;
  }

 private:
  Link* prev_ = this;
  Link* next_ = this;
};

namespace detail {

struct Root;  // a task that a group runs: the bottom of a chain of awaits

struct PromiseBase {
  std::coroutine_handle<> continuation;
  Root* root = nullptr;

  static void mark_done(Root* root);
  struct Final {
    bool await_ready() const noexcept { return false; }
    template <class P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> h) noexcept {
      PromiseBase& p = h.promise();
      if (p.continuation) return p.continuation;
      if (p.root) mark_done(p.root);
      return std::noop_coroutine();
    }
    void await_resume() const noexcept {}
  };
  std::suspend_always initial_suspend() noexcept { return {}; }
  Final final_suspend() noexcept { return {}; }
  [[noreturn]] void unhandled_exception() noexcept {
    base::check_failed("exception in a coroutine", "task", 0);
  }
};

template <class T>
struct Promise : PromiseBase {
  std::optional<T> value;
  Task<T> get_return_object() noexcept;
  template <class U>
    requires std::is_constructible_v<T, U&&>
  void return_value(U&& v) {
    value.emplace(std::forward<U>(v));
  }
  T take() {
    base::check(value.has_value(), "a Task's value is taken once");
    T out = std::move(*value);
    value.reset();
    return out;
  }
};

template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object() noexcept;
  void return_void() noexcept {}
  void take() {}
};

}  // namespace detail

// What a suspended coroutine hangs on while it waits; lives in its frame, so cancelling takes it out of every
// list. wake() puts it into the thread's run queue: coroutines are resumed by the loop only, never inside the
// caller.
class Waiter : public Link {
 public:
  template <class P>
  void set(std::coroutine_handle<P> h) {
    handle_ = h;
    root_ = h.promise().root;
  }
  void wake();

 private:
  friend bool run_ready();
  std::coroutine_handle<> handle_;
  detail::Root* root_ = nullptr;
};

// Resumes what was ready when it was called, and only that.  True while more is ready.  For Loop.
bool run_ready();
bool has_ready();

template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  Task() = default;
  explicit Task(Handle h) : h_(h) {}
  Task(Task&& o) noexcept : h_(std::exchange(o.h_, nullptr)) {}
  Task& operator=(Task&& o) noexcept {
    if (this != &o) {
      Handle old = std::exchange(h_, std::exchange(o.h_, nullptr));
      if (old) old.destroy();
    }
    return *this;
  }
  ~Task() {
    if (h_) h_.destroy();
  }
  explicit operator bool() const { return static_cast<bool>(h_); }

  // co_await std::move(task), once.
  struct Awaiter {
    Task* task;
    bool await_ready() const noexcept { return false; }
    template <class P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> parent) {
      return task->start(parent);
    }
    T await_resume() { return task->take(); }
  };
  Awaiter operator co_await() && { return {this}; }

  // For awaitables built over a Task: makes `parent` its continuation and returns what must run next.
  template <class P>
  std::coroutine_handle<> start(std::coroutine_handle<P> parent) {
    base::check(h_ && !h_.promise().continuation, "a Task is awaited once");
    h_.promise().continuation = parent;
    h_.promise().root = parent.promise().root;
    return h_;
  }
  T take() { return h_.promise().take(); }

 private:
  friend class TaskGroup;
  Handle h_;
};

template <class T>
Task<T> detail::Promise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<Promise>::from_promise(*this));
}
inline Task<void> detail::Promise<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<Promise>::from_promise(*this));
}

// A value that is here already, or the Task that will bring it.  The function that returns a Soon has tried
// at once; awaiting a value that is here costs nothing.
template <class T>
class [[nodiscard]] Soon {
 public:
  template <class U>
    requires(std::is_constructible_v<T, U &&> && !std::is_same_v<std::remove_cvref_t<U>, Soon> &&
             !std::is_same_v<std::remove_cvref_t<U>, Task<T>>)
  Soon(U&& value) : value_(std::forward<U>(value)) {}
  Soon(Task<T> task) : task_(std::move(task)) {}
  bool await_ready() const noexcept { return value_.has_value(); }
  template <class P>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<P> parent) {
    return task_.start(parent);
  }
  T await_resume() { return value_ ? std::move(*value_) : task_.take(); }

 private:
  std::optional<T> value_;
  Task<T> task_;
};

namespace detail {
struct Root {
  Task<void> task;
  TaskGroup* group = nullptr;
  std::list<Root>::iterator self{};
  bool done = false;
};
// Runs `h` until it suspends, then destroys what ended meanwhile.
void resume(std::coroutine_handle<> h, Root* root);
}  // namespace detail

// Owns running tasks.  Its destruction cancels them all.
class TaskGroup {
 public:
  TaskGroup() = default;
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  ~TaskGroup() { cancel(); }

  // Runs `task` at once, until its first wait.  The group itself may be gone when this returns.
  void spawn(Task<void> task);
  // Ends all tasks as destruction does; the group can be used again.
  void cancel();
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // co_await group.drained(): until no task is left.
  class Drained : public Waiter {
   public:
    explicit Drained(TaskGroup& g) : group_(g) {}
    bool await_ready() const { return group_.empty(); }
    template <class P>
    void await_suspend(std::coroutine_handle<P> h) {
      set(h);
      link(group_.waiting_);
    }
    void await_resume() {}

   private:
    TaskGroup& group_;
  };
  Drained drained() { return Drained(*this); }

 private:
  friend void detail::resume(std::coroutine_handle<>, detail::Root*);
  void finished(detail::Root& root);
  std::list<detail::Root> tasks_;
  std::size_t size_ = 0;
  Link waiting_;
};

}  // namespace postern::io
