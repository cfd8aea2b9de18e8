// The binary heap behind Loop's timers.  Private to lib/io.
#pragma once
#include <cstdint>
#include <vector>

#include "io/loop.h"

namespace postern::io {

class TimerHeap {
 public:
  void put(TimerNode& node, std::uint64_t deadline);
  void remove(TimerNode& node);
  // Fires what is due at `now`, and nothing that is set meanwhile for later.
  void run(std::uint64_t now);
  std::uint64_t earliest() const { return entries_.empty() ? UINT64_MAX : entries_.front().deadline; }
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::uint64_t deadline;  // beside the pointer, so that comparing touches no node
    TimerNode* node;
  };
  void place(std::size_t at, Entry e);
  void sift_up(std::size_t at, Entry e);
  void sift_down(std::size_t at, Entry e);
  std::vector<Entry> entries_;
};

}  // namespace postern::io
