// The input and output buffers of a Stream.  Private to lib/io.  Blocks come from a pool of the thread, so
// that a stream that waits owns none.
#pragma once
#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/limits.h"

namespace postern::io {

class ReadBuffer {
 public:
  ReadBuffer() = default;
  ReadBuffer(const ReadBuffer&) = delete;
  ReadBuffer& operator=(const ReadBuffer&) = delete;
  ~ReadBuffer() { release(); }
  std::string_view view() const { return {data_.get() + begin_, end_ - begin_}; }
  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }
  void consume(std::size_t n) { begin_ += n; }
  // Free space behind the unread bytes, at least one byte; empty when kMaxBuffered are unread.  Moves the
  // bytes. `bulk` asks for a large block when a new one is needed.
  std::span<char> room(bool bulk);
  void added(std::size_t n) { end_ += n; }
  // Gives the block back.  Drops unread bytes.
  void release();

 private:
  std::unique_ptr<char[]> data_;
  std::size_t capacity_ = 0, begin_ = 0, end_ = 0;
};

class OutputQueue {
 public:
  OutputQueue() = default;
  OutputQueue(const OutputQueue&) = delete;
  OutputQueue& operator=(const OutputQueue&) = delete;
  ~OutputQueue() { clear(); }
  void append(std::string_view bytes);
  void append(std::string&& bytes);
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // The first bytes, in up to out.size() pieces; the number of pieces.
  std::size_t gather(std::span<iovec> out) const;
  std::string_view front() const;
  void consume(std::size_t n);
  void clear();

 private:
  std::vector<std::string> chunks_;
  std::size_t head_ = 0;    // first chunk with unsent bytes
  std::size_t offset_ = 0;  // sent of it
  std::size_t size_ = 0;
};

}  // namespace postern::io
