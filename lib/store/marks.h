// Which bodies any account names: its blob rows and, in case one of those is damaged, its emails too, deleted ones
// included.  Gathered in slices while mail flows; so a body that is named anew meanwhile may be missing, for which
// Store::named_since() is there.
// Runs in: stored, on the store thread.  Memory: 8 bytes a body: two that begin alike keep each other.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kv/engine.h"

namespace postern::store {

class Marker {
 public:
  // The next slice, at most 10,000 rows; true when all accounts have been seen.
  base::Result<bool> step(kv::Engine& engine);
  // After the last slice.  `sha256` has 32 bytes.
  bool contains(std::string_view sha256) const;
  // Rows that could not be read: nothing may be thrown away by these marks.
  std::size_t damaged() const { return damaged_; }
  std::uint64_t accounts() const { return next_; }     // done
  std::uint64_t accounts_known() const { return accounts_.size(); }

 private:
  base::Result<> list_accounts(kv::Engine& engine);
  void mark(std::string_view sha256);

  std::vector<std::uint64_t> accounts_;
  bool listed_ = false;
  std::size_t next_ = 0;        // of accounts_
  std::string resume_;          // in that account; empty: at its beginning
  std::vector<std::uint64_t> marks_;   // sorted at the end
  std::size_t damaged_ = 0;
};

// The accounts that have rows, deleted ones included, by number, also where the registry's row is damaged.
base::Result<std::vector<std::uint64_t>> all_accounts(kv::Engine& engine, std::size_t* damaged = nullptr);

}  // namespace postern::store
