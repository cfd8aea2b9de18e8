#include "io/workers.h"

#include <pthread.h>
#include <signal.h>

#include <utility>

namespace postern::io {

void Workers::submit(std::shared_ptr<detail::Job> job, Done done) {
  std::unique_lock hold(lock_);
  queue_.push_back({std::move(job), std::move(done)});
  if (idle_ < queue_.size() && threads_.size() < wanted_) {
    sigset_t all, before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    threads_.emplace_back([this] { work(); });
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  hold.unlock();
  wake_.notify_one();
}

void Workers::work() {
  std::unique_lock hold(lock_);
  for (;;) {
    ++idle_;
    wake_.wait(hold, [this] { return quit_ || !queue_.empty(); });
    --idle_;
    if (quit_) return;
    Item item = std::move(queue_.front());
    queue_.pop_front();
    hold.unlock();
    item.job->run();
    item.done(std::move(item.job));
    hold.lock();
  }
}

void Workers::stop() {
  {
    std::lock_guard hold(lock_);
    quit_ = true;
    queue_.clear();
  }
  wake_.notify_all();
  for (auto& t : threads_) t.join();
  threads_.clear();
}

}  // namespace postern::io
