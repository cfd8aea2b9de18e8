// Versions of the store's disk format, and the way from each to the next.  A version is of the whole store (account 0,
// key "v") and of each account (its own row); an older Postern refuses what it does not know.
//   1  flags stand in the uid rows and email records alone
//   2  flags may stand in blocks ("F" rows, flag_rows.h)
// Runs in: stored; rehearsed on a copy by a worker.  Tests: t/unit/store_upgrade.cc, t/system/test_upgrade.py
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "kv/engine.h"

namespace postern::store {

inline constexpr std::uint32_t kStoreVersion = 2;

// 0: nothing was ever stored.
base::Result<std::uint32_t> store_version(kv::Engine& engine);
// Durable by the next flush.
base::Result<> set_store_version(kv::Engine& engine, std::uint32_t version);

// Goes from the store's version to kStoreVersion, one version after another, each account by account.  What a crash
// interrupts goes on where it was: an account that is at a version already is passed over.
class Upgrade {
 public:
  explicit Upgrade(kv::Engine& engine) : engine_(engine) {}
  // One slice; true when the store is of this version.  INVALID for a newer one.
  base::Result<bool> step();
  std::uint32_t from() const { return from_; }
  std::uint64_t accounts() const { return done_; }
  std::string what() const;   // is being done, one line

 private:
  base::Result<> begin();
  base::Result<> one_account(std::uint64_t id);

  kv::Engine& engine_;
  bool begun_ = false;
  std::uint32_t from_ = 0, at_ = 0;
  std::vector<std::uint64_t> accounts_;
  std::size_t next_ = 0;
  std::uint64_t done_ = 0;
};

// What fsck would find in each account; for a rehearsal.  Reads everything: on a worker.
base::Result<std::uint64_t> count_findings(kv::Engine& engine, std::int64_t now, std::string& first);

}  // namespace postern::store
