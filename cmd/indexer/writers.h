// The indexes that are open for writing: few, because each holds descriptors and a dictionary.  What was committed without a
// flush is flushed by sync_all(), which the schedule calls at most once in index.sync_interval, and by nothing else: each
// flush costs three fdatasyncs, and an index that misses its own is only made anew after a loss of power.
// Loop thread; the work itself runs on a worker, one job at a time.
#pragma once
#include <cstdint>
#include <list>
#include <memory>
#include <set>
#include <string>

#include "base/result.h"
#include "index/writer.h"
#include "io/loop.h"
#include "io/task.h"

namespace postern::indexer {

using WriterPtr = std::shared_ptr<index::Writer>;

class Writers {
 public:
  // `flushes` counts them, one for each index.
  Writers(io::Loop& loop, std::string root, std::uint64_t& flushes) : loop_(loop), root_(std::move(root)), flushes_(flushes) {}
  // Open already, or opened.  An index that can't be used is thrown away with one line in the log, and begun anew.
  io::Task<base::Result<WriterPtr>> open(std::uint64_t account);
  // After an error a writer is spent.
  void drop(std::uint64_t account);
  // The folder goes.
  io::Task<base::Result<>> discard(std::uint64_t account);
  io::Task<void> sync_all();
  bool unsynced() const;
  std::string folder(std::uint64_t account) const { return index::folder_of(root_, account); }
  const std::string& root() const { return root_; }

 private:
  struct Open {
    std::uint64_t account;
    WriterPtr writer;
  };
  void make_room();
  io::Task<void> sync(std::uint64_t account, WriterPtr writer);
  io::Loop& loop_;
  std::string root_;
  std::uint64_t& flushes_;
  std::list<Open> open_;           // most recently used first
  std::set<std::uint64_t> closed_;  // with commits that nobody has flushed
};

}  // namespace postern::indexer
