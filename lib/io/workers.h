// A small pool of threads for what blocks.  Private to lib/io.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "io/loop.h"

namespace postern::io {

class Workers {
 public:
  // Called on the worker's thread with the last reference it holds.
  using Done = std::function<void(std::shared_ptr<detail::Job>)>;
  explicit Workers(std::size_t threads) : wanted_(threads ? threads : 1) {}
  ~Workers() { stop(); }
  // Threads start when they are needed, with all signals blocked.
  void submit(std::shared_ptr<detail::Job> job, Done done);
  // Ends running jobs in peace, drops the others.
  void stop();

 private:
  struct Item {
    std::shared_ptr<detail::Job> job;
    Done done;
  };
  void work();
  std::size_t wanted_;
  std::size_t idle_ = 0;
  bool quit_ = false;
  std::mutex lock_;
  std::condition_variable wake_;
  std::deque<Item> queue_;
  std::vector<std::thread> threads_;
};

}  // namespace postern::io
