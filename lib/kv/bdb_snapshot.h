// Reads of one account from the Berkeley DB engine.  Internal to lib/kv.
#pragma once
#include <pthread.h>

#include <memory>

#include "kv/bdb_env.h"
#include "kv/engine.h"
#include "kv/live.h"

namespace postern::kv {

// Many readers or one writer; a waiting writer goes before new readers, so that reads cannot starve commits.
// Readers must not take it twice.
class ReadWriteLock {
 public:
  ReadWriteLock() {
    pthread_rwlockattr_t attr;
    pthread_rwlockattr_init(&attr);
    pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&lock_, &attr);
    pthread_rwlockattr_destroy(&attr);
  }
  ~ReadWriteLock() { pthread_rwlock_destroy(&lock_); }
  void lock() { pthread_rwlock_wrlock(&lock_); }
  void unlock() { pthread_rwlock_unlock(&lock_); }
  void lock_shared() { pthread_rwlock_rdlock(&lock_); }
  void unlock_shared() { pthread_rwlock_unlock(&lock_); }

 private:
  pthread_rwlock_t lock_;
};

// What the engine and its snapshots share.
struct BdbShared {
  mutable ReadWriteLock lock;  // over the database's contents: shared by reads, alone by a commit
  LiveSnapshots live;
  std::unique_ptr<Environment> env;  // null once closed
};

std::unique_ptr<Snapshot> make_bdb_snapshot(BdbShared& shared, Account account);

// Reads one row into `out` (with its checksum); false when there is none.  REQUIRES: the lock is held.
base::Result<bool> read_row(Environment& env, DB_TXN* txn, std::string_view full_key, std::string& out);
// The same into the beginning of `buffer`, which only grows; answers the row's size.
base::Result<std::optional<std::size_t>> read_into(Environment& env, DB_TXN* txn, std::string_view full_key,
                                                   std::string& buffer);

}  // namespace postern::kv
