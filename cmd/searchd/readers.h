// Indexes that are kept open, latest used first, within a number of bytes.  A request takes one out and puts it back, so that
// no two threads ever have the same.  Runs in: searchd, loop thread.
#pragma once
#include <cstdint>
#include <list>
#include <memory>
#include <unordered_map>

#include "index/reader.h"

namespace postern::searchd {

class Readers {
 public:
  explicit Readers(std::size_t bytes) : budget_(bytes) {}
  // Null: not open, or in use.
  std::unique_ptr<index::Reader> take(std::uint64_t account);
  // Replaces one that was put back meanwhile.
  void put(std::uint64_t account, std::unique_ptr<index::Reader> reader);
  std::size_t size() const { return order_.size(); }

 private:
  struct Entry {
    std::uint64_t account;
    std::unique_ptr<index::Reader> reader;
    std::size_t bytes;
  };
  void drop(std::list<Entry>::iterator e);
  std::size_t budget_, bytes_ = 0;
  std::list<Entry> order_;
  std::unordered_map<std::uint64_t, std::list<Entry>::iterator> by_account_;
};

}  // namespace postern::searchd
