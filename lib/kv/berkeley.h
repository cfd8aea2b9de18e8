// The Berkeley DB engine: one private environment, one btree file, write-ahead log, guarded against torn
// pages.
// Runs in: stored, authd.  Folder (mode 0700):
//   store.db, log.NNNNNNNNNN   the database and its logs (store.db is written only through kv/page_guard.h)
//   double-write               page images in flight
//   base/NNNNNNNNNN.db         the base copy, named for the first log that it needs
//   broken-DATE/               a database that was set aside when the base copy took its place
//   LOCK                       held by flock while open: a second opener is refused, code IN_USE
//   BEING-MADE                 until the first opening has succeeded
//   REPLAY-ALL-LOGS            the database is a copy that the logs have not been run over yet
//   SUSPECT                    left by a panic: the next opening checks every page before it trusts them
// A file DB_CONFIG there is refused, by name; the library's environment variables are not read.
//
// Logs are kept until remove_old_logs(), and that needs a base copy: whoever opens an engine for long must
// call base_copy() and remove_old_logs() from time to time (nightly, or by log_bytes_since_base_copy).
//
// There is no lock subsystem: a writer-preferring read-write lock over the whole database replaces it, held
// for microseconds by a commit and for one chunk by a read.  So there are no deadlocks and no lock table to
// fill.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "kv/engine.h"

namespace postern::kv {

struct BerkeleyOptions {
  std::string home;                        // made if missing, with its parents
  std::uint64_t cache_bytes = 256u << 20;  // 1 MB at least
  // An opening reads the last log file whole, and fills it with zeros to its end: smaller ones make it faster.
  std::uint32_t log_file_bytes = 16u << 20;
  std::uint32_t log_buffer_bytes = 8u << 20;  // at most a quarter of log_file_bytes (cut to that)
  std::uint64_t keep_free_bytes = 64u
                                  << 20;  // commits are refused (NO_SPACE) while the disk has less than this
  bool check_all_pages = false;           // at opening, as after a panic: reads the whole database file
};

// Recovers by itself: torn pages from the double-write file, then the log; if that fails or pages are
// damaged, from the base copy and the logs since (logged as a warning).  Fault::temporary IN_USE when another
// process has it open; Fault::corrupt when nothing on the disk can bring it back.
Result<std::unique_ptr<Engine>> open_berkeley(const BerkeleyOptions& options);

}  // namespace postern::kv
