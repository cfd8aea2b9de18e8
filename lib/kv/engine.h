// The engine contract: ordered keys of one account, read in snapshots, written in guarded batches, with a
// receipt that tells when a write is durable.  Nothing above this header knows which database lies below.
// Runs in: stored (and authd for its own environment).  Input: keys and values of our own code; what comes
// back from the disk is checked row by row.  Engines: kv/berkeley.h, kv/memory.h.  Tests:
// t/unit/kv_contract.cc
//
// Threads.  snapshot() and reads: any thread, in parallel.  commit(), commit_many(): any thread, one at a
// time inside; stored has one apply thread.  flush(), checkpoint(), base_copy(): beside all of these, each
// serialised with itself.  No call waits for another account's reader longer than one chunk of a scan (64
// KB).
//
// Isolation.  A snapshot sees one state of its account.  It is cheap because nothing is versioned: once a
// commit to the same account comes in between, every later call on the snapshot answers Fault::temporary,
// code STALE (never a mixture of states).  lib/store holds its account latch around both, so it does not see
// that.
//
// Durability.  commit() is visible to later snapshots at once and survives nothing: a promise may be made
// only after flush(receipt) succeeded, or durable(receipt) is true.  Receipts grow; flushing one covers all
// before it.
//
// Watching an account is left to lib/store: one stored is the only writer, so it knows of every commit.
//
// Errors.  CONFLICT (temporary): the guard did not hold, nothing was written.  STALE (temporary): see above.
// limit: a named limit of kv/limits.h, nothing was written.  corrupt: a row's checksum does not fit; the text
// names account and key in hex.  PANIC (temporary): the database refuses to go on (damage, or a failed write
// or fsync whose effect on the disk is unknown).  Every later call answers the same.  The caller must end the
// process; the next start recovers, from the base copy and the logs if it has to.  NO_SPACE (temporary): too
// little disk is left, nothing was written; reads go on.  Fault::temporary without a code: nothing was
// written, later calls may succeed.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kv/batch.h"
#include "kv/limits.h"

namespace postern::kv {

using base::Result;

// Totally ordered within one open engine; starts again at 0 (nothing committed yet) with each opening.
struct Receipt {
  std::uint64_t lsn = 0;
  auto operator<=>(const Receipt&) const = default;
};

struct AccountBatch {
  Account account = 0;
  Batch* batch = nullptr;                         // borrowed; sealed in place
  std::optional<std::uint64_t> expected_version;  // guard, see commit()
  std::optional<base::Error> refused = {};        // out: why this batch alone was not written
};

// Called for each row; the views live until it returns.  Answers whether to go on.
using RowFn = std::function<bool(std::string_view key, std::string_view value)>;

struct ScanEnd {
  std::size_t rows = 0;              // rows handed over
  bool more = false;                 // stopped by max_rows or by the callback: `resume` says where to go on
  std::string resume;                // forward: the next scan's `from`.  reverse: the next scan's `to`
  std::vector<std::string> corrupt;  // keys of rows passed over because their checksum does not fit
  std::size_t corrupt_rows = 0;      // their number (the list is cut at kMaxCorruptReported)
};

// Lives inside one call, never across a wait; at most 50 ms of use.  One thread at a time.  It must be
// destroyed before its engine.
class Snapshot {
 public:
  virtual ~Snapshot() = default;
  // The version row of the account: 0 until the first guarded commit.
  virtual Result<std::uint64_t> version() = 0;
  virtual Result<std::optional<std::string>> get(std::string_view key) = 0;
  // What is stored under the key as it is, checksum and all, whether it fits or not: to set a damaged row aside.
  virtual Result<std::optional<std::string>> get_raw(std::string_view key) = 0;
  // One answer a key, in order.  Keys should be sorted (it is quicker) and need not be unique.  A damaged row
  // fails the call, unless `corrupt` is given: then its key is added there and the answer is empty.
  virtual Result<std::vector<std::optional<std::string>>> get_many(
      std::span<const std::string> keys, std::vector<std::string>* corrupt = nullptr) = 0;
  // Rows with from <= key < to in order; an empty `to` means to the end of the account.  No lock is held
  // while `fn` runs, so it may read through the same snapshot.  Damaged rows are passed over and named in the
  // answer.
  virtual Result<ScanEnd> scan(std::string_view from, std::string_view to, std::size_t max_rows,
                               const RowFn& fn) = 0;
  // The same rows, last first.  For a few rows (the last of a range); row by row, not in bulk.
  virtual Result<ScanEnd> scan_reverse(std::string_view from, std::string_view to, std::size_t max_rows,
                                       const RowFn& fn) = 0;
};

struct EngineStats {
  std::uint64_t commits = 0;  // transactions
  std::uint64_t batches = 0;  // account batches in them
  std::uint64_t conflicts = 0;
  std::uint64_t flushes = 0;  // log flushes that reached the disk
  std::uint64_t checkpoints = 0;
  std::uint64_t log_bytes_since_checkpoint = 0;
  std::uint64_t log_bytes_since_base_copy = 0;  // since the engine was opened or the copy was made
  std::uint64_t pages_written = 0;              // of the database file, in place
  bool restored_from_base_copy = false;         // at this opening
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual Result<std::unique_ptr<Snapshot>> snapshot(Account account) = 0;

  // All or nothing.  With `expected_version` the account's version row is compared and raised by one in the
  // same transaction; without, it is left alone.  Keys: 1 to kMaxKey bytes; values: up to kMaxValue.  An
  // empty batch with a guard raises the version; without one it writes nothing.
  virtual Result<Receipt> commit(Account account, Batch& batch,
                                 std::optional<std::uint64_t> expected_version = std::nullopt) = 0;
  // Several accounts in one database transaction, in the order given: what grouping saves is the cost of the
  // transaction.  A batch whose guard or limits fail gets `refused` and the others are written all the same;
  // an error of the call means that none was.
  virtual Result<Receipt> commit_many(std::span<AccountBatch> batches) = 0;

  // Blocks until everything up to `receipt` is durable.  One flush covers all commits before it: group.
  virtual Result<> flush(Receipt receipt) = 0;
  virtual bool durable(Receipt receipt) const = 0;
  // Receipt of the latest commit: what a read that is to be shown depends on at most.
  virtual Receipt last() const = 0;

  // Writes dirty pages, so that recovery after a crash starts here.  Commits go on meanwhile.
  virtual Result<> checkpoint() = 0;
  // Makes a new base copy inside the engine's own folder, while it runs: pages checked one by one, replaced
  // at the end in one step.  Afterwards remove_old_logs() may drop the logs before it.
  virtual Result<> base_copy() = 0;
  // A self-contained copy (database and logs) in `dir`, which must not exist.  It is opened as any home is.
  virtual Result<> copy_to(const std::string& dir) = 0;
  // Removes logs needed neither for recovery nor with the base copy.  Without a base copy none is removed.
  virtual Result<std::size_t> remove_old_logs() = 0;
  // Reads every page of the database file and checks it; Fault::corrupt names the first bad one (and the next
  // start restores).
  virtual Result<> verify_pages() = 0;

  virtual EngineStats stats() const = 0;
  // Flushes, checkpoints and closes; afterwards every call answers PANIC.  The destructor does it too.
  virtual Result<> close() = 0;

  // For tests and fault drills only: stores `raw` under the key as it is, without a checksum of its own.
  virtual Result<> overwrite_raw(Account account, std::string_view key, std::string_view raw) = 0;
};

}  // namespace postern::kv
