// What searchd, which may not change an index, has to say of damaged ones to indexer, which makes them anew: a file an account
// in a folder beside the indexes, the only one that searchd writes.  While it is there nobody reads that index.
// Besides, it remembers there whose index it is reading, so that one that brings it down is known at the next start.
// Nothing is flushed: what is lost is found again.  Tests: t/unit/index_damage.cc, t/system/test_damaged_index.py
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/result.h"

namespace postern::index {

inline constexpr char kDamageFolder[] = "damaged";  // below var/fts
inline constexpr unsigned kMaxReaderCrashes = 2;    // one after the other; then the index is damaged

// For indexer.  `root`: var/fts.
std::vector<std::uint64_t> damaged_indexes(const std::string& root);
bool is_damaged(const std::string& root, std::uint64_t account);
void clear_damaged(const std::string& root, std::uint64_t account);

// For searchd.  One object; any thread, a slot for each that reads.
class Damage {
 public:
  // Makes the folder; counts a crash for each account whose index was being read when the process before this one ended.
  static base::Result<Damage> open(const std::string& root, std::size_t slots);
  // Around reading an index.
  void begin(std::size_t slot, std::uint64_t account);
  void end(std::size_t slot, std::uint64_t account);
  // From now on is_damaged().  False when it was already, or can't be said.
  bool report(std::uint64_t account);

 private:
  Damage(std::string root) : root_(std::move(root)) {}
  std::string root_;
  std::vector<base::Fd> slots_;
};

}  // namespace postern::index
