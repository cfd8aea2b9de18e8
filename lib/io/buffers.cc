#include "io/buffers.h"

#include <algorithm>
#include <cstring>

namespace postern::io {
namespace {

// Spare blocks of this thread.
struct Pool {
  std::vector<std::unique_ptr<char[]>> small, big;
  std::vector<std::string> strings;

  std::vector<std::unique_ptr<char[]>>* of(std::size_t capacity) {
    return capacity == kReadBlock ? &small : capacity == kBigReadBlock ? &big : nullptr;
  }
  std::unique_ptr<char[]> take(std::size_t capacity) {
    auto* list = of(capacity);
    if (!list || list->empty()) return std::make_unique_for_overwrite<char[]>(capacity);
    auto block = std::move(list->back());
    list->pop_back();
    return block;
  }
  void give(std::unique_ptr<char[]> block, std::size_t capacity) {
    auto* list = of(capacity);
    if (list && list->size() < kPooledBlocks) list->push_back(std::move(block));
  }
};

Pool& pool() {
  static thread_local Pool p;
  return p;
}

std::string take_string() {
  auto& spare = pool().strings;
  if (spare.empty()) {
    std::string s;
    s.reserve(kReadBlock);
    return s;
  }
  std::string s = std::move(spare.back());
  spare.pop_back();
  return s;
}

void give_string(std::string&& s) {
  auto& spare = pool().strings;
  if (s.capacity() < kReadBlock || s.capacity() > 2 * kOutputChunk || spare.size() >= kPooledBlocks) return;
  s.clear();
  spare.push_back(std::move(s));
}

}  // namespace

std::span<char> ReadBuffer::room(bool bulk) {
  if (!data_) {
    capacity_ = bulk ? kBigReadBlock : kReadBlock;
    data_ = pool().take(capacity_);
    begin_ = end_ = 0;
  }
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ == capacity_) {
    std::size_t unread = size();
    if (unread >= kMaxBuffered) return {};
    // Moving only when at least half the block becomes free keeps the work linear.
    std::size_t wanted = begin_ >= capacity_ / 2 ? capacity_ : std::max(kBigReadBlock, capacity_ * 2);
    wanted = std::min(wanted, std::max(kMaxBuffered, capacity_));
    if (wanted == capacity_) {
      std::memmove(data_.get(), data_.get() + begin_, unread);
    } else {
      auto bigger = pool().take(wanted);
      std::memcpy(bigger.get(), data_.get() + begin_, unread);
      pool().give(std::move(data_), capacity_);
      data_ = std::move(bigger);
      capacity_ = wanted;
    }
    begin_ = 0;
    end_ = unread;
  }
  return {data_.get() + end_, capacity_ - end_};
}

void ReadBuffer::release() {
  if (data_) pool().give(std::move(data_), capacity_);
  data_.reset();
  capacity_ = begin_ = end_ = 0;
}

void OutputQueue::append(std::string_view bytes) {
  if (bytes.empty()) return;
  size_ += bytes.size();
  if (chunks_.empty() || chunks_.back().size() + bytes.size() > kOutputChunk)
    chunks_.push_back(take_string());
  chunks_.back().append(bytes);
}

void OutputQueue::append(std::string&& bytes) {
  if (bytes.size() < kReadBlock) return append(std::string_view(bytes));
  size_ += bytes.size();
  chunks_.push_back(std::move(bytes));
}

std::size_t OutputQueue::gather(std::span<iovec> out) const {
  std::size_t n = 0;
  for (std::size_t i = head_; i < chunks_.size() && n < out.size(); ++i, ++n) {
    std::size_t skip = i == head_ ? offset_ : 0;
    out[n] = {const_cast<char*>(chunks_[i].data()) + skip, chunks_[i].size() - skip};
  }
  return n;
}

std::string_view OutputQueue::front() const {
  return size_ == 0 ? std::string_view() : std::string_view(chunks_[head_]).substr(offset_);
}

void OutputQueue::consume(std::size_t n) {
  size_ -= n;
  if (size_ == 0) return clear();
  while (n > 0) {
    std::size_t left = chunks_[head_].size() - offset_;
    if (n < left) {
      offset_ += n;
      break;
    }
    n -= left;
    give_string(std::move(chunks_[head_]));
    ++head_;
    offset_ = 0;
  }
  if (head_ >= 64) {
    chunks_.erase(chunks_.begin(), chunks_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
}

void OutputQueue::clear() {
  for (std::size_t i = head_; i < chunks_.size(); ++i) give_string(std::move(chunks_[i]));
  chunks_ = {};
  head_ = offset_ = size_ = 0;
}

}  // namespace postern::io
