#include "cmd/stored/flusher.h"

#include <signal.h>

#include <algorithm>

#include "base/system.h"

namespace postern::stored_daemon {

Flusher::Flusher(io::Loop& loop, Flushed what, std::function<void(base::Error)> failed)
    : loop_(loop),
      what_(std::move(what)),
      failed_(std::move(failed)),
      turn_end_([](void* self) { static_cast<Flusher*>(self)->end_turn(); }, this),
      deadline_(*this) {
  // Signals belong to the loop's thread.
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &old);
  thread_ = std::thread([this] { work(); });
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
}

Flusher::~Flusher() { stop(); }

void Flusher::stop() {
  {
    std::lock_guard hold(lock_);
    quit_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Flusher::add(Wait& w) {
  w.link(waiting_);
  ++uncovered_;
  if (running_) ++during_;
  loop_.put_off(turn_end_);
}

void Flusher::end_turn() {
  if (!running_ && !broken_) decide();
}

void Flusher::decide() {
  if (uncovered_ >= group_) return start();
  std::uint64_t now = base::monotonic_ms();
  if (gather_until_ == 0) gather_until_ = now + kGatherMs;
  deadline_.set_at(std::min(now + kGapMs, gather_until_));
}

void Flusher::start() {
  deadline_.cancel();
  gather_until_ = 0;
  gathered_ = uncovered_;
  during_ = 0;
  running_ = true;
  {
    std::lock_guard hold(lock_);
    wanted_ = true;
  }
  wake_.notify_one();
}

// A group that did not come together is not asked for again so soon.
void Flusher::adapt() {
  if (gathered_ < group_) {
    group_ = std::max<std::size_t>(gathered_, 1);
    hold_ = kHoldGrowth;
  } else if (during_ == 0) {
    group_ -= group_ > 1 ? 1 : 0;
  } else if (hold_ > 0) {
    --hold_;
  } else {
    group_ = std::min(group_ + 1, kMaxGroup);
  }
}

void Flusher::work() {
  for (;;) {
    {
      std::unique_lock hold(lock_);
      wake_.wait(hold, [this] { return wanted_ || quit_; });
      if (quit_) return;
      wanted_ = false;
    }
    std::uint64_t number = what_.last();   // everything before this point is covered
    base::Result<> result = what_.flush(number);
    bool ok = result.has_value();
    loop_.post([this, number, r = std::move(result)]() mutable { finished(number, std::move(r)); });
    if (!ok) return;
  }
}

void Flusher::finished(std::uint64_t number, base::Result<> result) {
  if (broken_) return;
  if (!result) {
    give_up();
    failed_(std::move(result.error()));
    return;
  }
  running_ = false;
  adapt();
  done_ = std::max(done_, number);
  uncovered_ = 0;
  for (io::Link* at = waiting_.next(); at != &waiting_;) {
    auto* w = static_cast<Wait*>(at);
    at = at->next();
    if (w->number_ <= done_)
      w->wake();
    else
      ++uncovered_;
  }
  if (uncovered_ > 0) decide();
}

void Flusher::give_up() {
  broken_ = true;
  deadline_.cancel();
  while (!waiting_.empty()) static_cast<Wait*>(waiting_.next())->wake();
}

}  // namespace postern::stored_daemon
