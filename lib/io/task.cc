#include "io/task.h"

namespace postern::io {
namespace {

// One activation of a coroutine on the stack of this thread.
struct Running {
  detail::Root* root;
  Running* below;
  std::list<detail::Root> ended;  // its own root, once its group has gone while it ran
};

// The run queue of this thread.  There is one Loop a thread, which empties it each turn.
struct Scheduler {
  Link ready;
  Running* top = nullptr;
};

Scheduler& scheduler() {
  static thread_local Scheduler s;
  return s;
}

Running* find_running(const detail::Root* root) {
  for (Running* r = scheduler().top; r; r = r->below)
    if (r->root == root) return r;
  return nullptr;
}

}  // namespace

void detail::PromiseBase::mark_done(Root* root) {
  root->done = true;
}

void detail::resume(std::coroutine_handle<> h, Root* root) {
  Scheduler& s = scheduler();
  Running here{root, s.top, {}};
  s.top = &here;
  h.resume();
  s.top = here.below;
  if (root && here.ended.empty() && root->done) root->group->finished(*root);
}

void Waiter::wake() {
  link(scheduler().ready);
}

bool has_ready() {
  return !scheduler().ready.empty();
}

bool run_ready() {
  Scheduler& s = scheduler();
  base::check(s.top == nullptr, "a coroutine may not run the loop");
  Link now;
  now.take(s.ready);
  while (!now.empty()) {
    auto* w = static_cast<Waiter*>(now.next());
    w->unlink();
    detail::resume(w->handle_, w->root_);
  }
  return !s.ready.empty();
}

void TaskGroup::spawn(Task<void> task) {
  tasks_.emplace_back();
  detail::Root& root = tasks_.back();
  root.self = std::prev(tasks_.end());
  root.group = this;
  root.task = std::move(task);
  ++size_;
  auto h = root.task.h_;
  h.promise().root = &root;
  detail::resume(h, &root);
}

void TaskGroup::finished(detail::Root& root) {
  // The frame's destructors may end this group: nothing of it is used after them.
  std::list<detail::Root> done;
  done.splice(done.begin(), tasks_, root.self);
  --size_;
  while (size_ == 0 && !waiting_.empty()) static_cast<Waiter*>(waiting_.next())->wake();
}

void TaskGroup::cancel() {
  while (!tasks_.empty()) {
    std::list<detail::Root> one;
    one.splice(one.begin(), tasks_, tasks_.begin());
    --size_;
    if (Running* r = find_running(&one.front())) r->ended.splice(r->ended.begin(), one);
  }
  while (!waiting_.empty()) static_cast<Waiter*>(waiting_.next())->wake();
}

}  // namespace postern::io
