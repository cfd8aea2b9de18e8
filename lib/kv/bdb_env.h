// One Berkeley DB environment with its one database, opened, watched for panics and closed.  Internal to
// lib/kv.
#pragma once
#include <db.h>

#include <atomic>
#include <memory>
#include <string>

#include "base/result.h"
#include "kv/berkeley.h"
#include "kv/page_guard.h"

namespace postern::kv {

// Names inside the home folder.
inline constexpr const char* kDatabaseFile = "store.db";
inline constexpr const char* kDoubleWriteFile = "double-write";
inline constexpr const char* kBaseFolder = "base";
inline constexpr const char* kLockFile = "LOCK";
inline constexpr const char* kSuspectFile = "SUSPECT";
inline constexpr const char* kNewFile = "BEING-MADE";  // nothing here was ever promised: begin again
inline constexpr const char* kReplayFile =
    "REPLAY-ALL-LOGS";  // the database is a copy: all logs must be run over it

enum class Recovery { from_checkpoint, all_logs };

class Environment {
 public:
  // Runs recovery, opens the database, makes it when there is none.
  static base::Result<std::unique_ptr<Environment>> open(const BerkeleyOptions& options, PageGuard& guard,
                                                         Recovery how);
  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  DB_ENV* env() { return env_; }
  DB* db() { return db_; }
  // After this every call must be refused and the process ended.
  bool panicked() const { return panicked_.load(std::memory_order_relaxed) || guard_.broken(); }
  // Leaves SUSPECT in the home, so that the next opening checks all pages.
  void panic(const std::string& why);
  // The error of a library call that answered `code`; a code that means damage panics.
  base::Error error(const std::string& what, int code);
  base::Error panic_error() const;
  // Database and environment; the first error of both.
  base::Result<> close();

 private:
  Environment(const BerkeleyOptions& options, PageGuard& guard) : home_(options.home), guard_(guard) {}
  base::Result<> open_env(const BerkeleyOptions& options, Recovery how);
  base::Result<> open_db();
  static void on_event(DB_ENV* env, u_int32_t event, void* info);
  static void on_message(const DB_ENV* env, const char* prefix, const char* text);

  std::string home_;
  PageGuard& guard_;
  DB_ENV* env_ = nullptr;
  DB* db_ = nullptr;
  std::atomic<bool> panicked_{false};
};

// Opens with whatever recovery is needed: see berkeley.h.  `restored` tells whether the base copy was used.
base::Result<std::unique_ptr<Environment>> open_recovered(const BerkeleyOptions& options, PageGuard& guard,
                                                          bool& restored);

// The base copy (bdb_copy.cc).
struct BaseCopy {
  std::string path;             // empty: there is none
  std::uint32_t first_log = 0;  // the oldest log that it needs
};
BaseCopy find_base_copy(const std::string& home);
base::Result<> make_base_copy(const std::string& home, Environment& env, PageGuard& guard);
base::Result<> make_full_copy(const std::string& home, Environment& env, PageGuard& guard,
                              const std::string& dir);
base::Result<std::size_t> remove_logs(const std::string& home, Environment& env);
// Every page of the database file; Fault::corrupt names the first bad one.
base::Result<> check_pages(PageGuard& guard);
// Copies [0, size) and flushes it.
base::Result<> copy_file(const std::string& from, const std::string& to);
// Numbers of log.NNNNNNNNNN in `dir`, ascending.
std::vector<std::uint32_t> list_logs(const std::string& dir);
std::string log_name(std::uint32_t number);

}  // namespace postern::kv
