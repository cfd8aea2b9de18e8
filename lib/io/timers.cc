#include "io/timers.h"

namespace postern::io {

void TimerHeap::place(std::size_t at, Entry e) {
  entries_[at] = e;
  e.node->slot_ = at;
}

void TimerHeap::sift_up(std::size_t at, Entry e) {
  while (at > 0) {
    std::size_t up = (at - 1) / 2;
    if (entries_[up].deadline <= e.deadline) break;
    place(at, entries_[up]);
    at = up;
  }
  place(at, e);
}

void TimerHeap::sift_down(std::size_t at, Entry e) {
  for (;;) {
    std::size_t down = 2 * at + 1;
    if (down >= entries_.size()) break;
    if (down + 1 < entries_.size() && entries_[down + 1].deadline < entries_[down].deadline) ++down;
    if (e.deadline <= entries_[down].deadline) break;
    place(at, entries_[down]);
    at = down;
  }
  place(at, e);
}

void TimerHeap::put(TimerNode& node, std::uint64_t deadline) {
  remove(node);
  entries_.push_back({deadline, &node});
  sift_up(entries_.size() - 1, entries_.back());
}

void TimerHeap::remove(TimerNode& node) {
  std::size_t at = node.slot_;
  if (at == TimerNode::kUnset) return;
  node.slot_ = TimerNode::kUnset;
  Entry last = entries_.back();
  entries_.pop_back();
  if (last.node == &node) return;
  if (at > 0 && last.deadline < entries_[(at - 1) / 2].deadline)
    sift_up(at, last);
  else
    sift_down(at, last);
}

void TimerHeap::run(std::uint64_t now) {
  while (earliest() <= now) {
    TimerNode& node = *entries_.front().node;
    remove(node);
    node.fire_(node);
  }
}

}  // namespace postern::io
