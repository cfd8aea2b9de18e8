// What an opening does before anybody may read: torn pages, damaged pages, the log, the base copy.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

#include "base/file.h"
#include "base/log.h"
#include "base/system.h"
#include "kv/bdb_env.h"
#include "kv/disk.h"

namespace postern::kv {

using base::fail;
using base::Fault;
using base::Level;
using base::Result;

namespace {

bool exists(const std::string& path) {
  struct stat st;
  return ::lstat(path.c_str(), &st) == 0;
}

Result<> sync_folder(const std::string& dir) {
  if (disk().fsync_dir(dir.c_str()) == 0) return {};
  return std::unexpected(base::sys_error(dir));
}

Result<> move_file(const std::string& from, const std::string& to) {
  if (!exists(from) || disk().rename(from.c_str(), to.c_str()) == 0) return {};
  return std::unexpected(base::sys_error(from));
}

Result<> remove_file(const std::string& path) {
  if (disk().unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return std::unexpected(base::sys_error(path));
}

// The library writes the first pages of a file past its cache, and forgets to flush them.
Result<> flush_file(const std::string& path) {
  base::Fd fd(disk().open(path.c_str(), O_RDWR, 0));
  if (!fd || disk().fsync(fd.get()) != 0) return std::unexpected(base::sys_error(path));
  return {};
}

// A home whose making was cut off holds nothing that counts; an empty one is marked before the library
// starts.
Result<> begin_new_home(const std::string& home) {
  std::string mark = home + "/" + kNewFile;
  if (exists(mark)) {
    for (std::uint32_t n : list_logs(home))
      if (auto r = remove_file(home + "/" + log_name(n)); !r) return r;
    for (const char* name : {kDatabaseFile, kDoubleWriteFile})
      if (auto r = remove_file(home + "/" + name); !r) return r;
    return sync_folder(home);
  }
  if (exists(home + "/" + kDatabaseFile) || !list_logs(home).empty() || !find_base_copy(home).path.empty())
    return {};
  return base::write_file(mark, "", 0600);
}

std::string dated_folder(const std::string& home) {
  std::time_t now = base::unix_now();
  std::tm tm{};
  ::gmtime_r(&now, &tm);
  char date[32];
  std::strftime(date, sizeof date, "%Y%m%dT%H%M%SZ", &tm);
  std::string dir = home + "/broken-" + date;
  for (int i = 2; exists(dir); ++i) dir = home + "/broken-" + date + "-" + std::to_string(i);
  return dir;
}

// The database is set aside and the base copy takes its place; what remains is to run all logs over it.  Each
// step may be the last before a crash: the REPLAY file makes the next opening go on, and a missing database
// is restored.
Result<> put_base_copy_in_place(const std::string& home) {
  BaseCopy base = find_base_copy(home);
  auto logs = list_logs(home);
  std::uint32_t needed = base.path.empty() ? 1 : base.first_log;
  if (logs.empty() || logs.front() > needed)
    return fail(Fault::corrupt, home + ": no base copy with all its logs: restore from a backup",
                "UNRECOVERABLE");

  std::string database = home + "/" + kDatabaseFile, fresh = database + ".new", aside = dated_folder(home);
  auto r = base::write_file(home + "/" + kReplayFile, "the database is the base copy\n", 0600);
  if (r) r = base::make_dirs(aside, 0700);
  if (r) r = move_file(home + "/" + kDoubleWriteFile, aside + "/" + kDoubleWriteFile);
  if (r) r = sync_folder(home);
  if (r) r = move_file(database, aside + "/" + kDatabaseFile);
  if (r) r = sync_folder(aside);
  if (r && !base.path.empty()) r = copy_file(base.path, fresh);
  if (r && !base.path.empty()) r = move_file(fresh, database);
  if (r) r = sync_folder(home);
  if (r)
    base::log(Level::warning, "kv.restore",
              {{"home", home}, {"from", base.path.empty() ? "logs" : base.path}, {"aside", aside}});
  return r;
}

bool pages_damaged(const std::string& database, PageGuard& guard) {
  if (!exists(database)) return false;
  auto ok = check_pages(guard);
  return !ok && ok.error().fault == Fault::corrupt;
}

}  // namespace

Result<std::unique_ptr<Environment>> open_recovered(const BerkeleyOptions& options, PageGuard& guard,
                                                    bool& restored) {
  const std::string& home = options.home;
  std::string database = home + "/" + kDatabaseFile, suspect = home + "/" + kSuspectFile,
              replay = home + "/" + kReplayFile;
  auto made = begin_new_home(home);
  if (!made) return base::pass(made);
  auto torn = restore_torn_pages(database, home + "/" + kDoubleWriteFile);
  if (!torn) return base::pass(torn);
  if (*torn > 0) base::log(Level::warning, "kv.torn_pages", {{"home", home}, {"restored", *torn}});

  bool damaged = !exists(database) && !list_logs(home).empty();
  if (!damaged && exists(database) && (exists(suspect) || options.check_all_pages)) {
    auto ok = check_pages(guard);
    if (!ok && ok.error().fault != Fault::corrupt) return base::pass(ok);
    if (!ok) base::log(Level::warning, "kv.damaged", {{"home", home}, {"error", ok.error().what}});
    damaged = !ok;
  }
  restored = damaged;
  if (damaged) {
    auto r = put_base_copy_in_place(home);
    if (!r) return base::pass(r);
  }
  auto how = exists(replay) ? Recovery::all_logs : Recovery::from_checkpoint;
  auto opened = Environment::open(options, guard, how);
  if (!opened && !restored && (opened.error().code == "PANIC" || pages_damaged(database, guard))) {
    base::log(Level::warning, "kv.recovery_failed", {{"home", home}, {"error", opened.error().what}});
    auto r = put_base_copy_in_place(home);
    if (!r) return base::pass(r);
    restored = true;
    opened = Environment::open(options, guard, Recovery::all_logs);
  }
  if (!opened) return opened;
  auto r = flush_file(database);
  if (r) r = remove_file(suspect);
  if (r) r = remove_file(replay);
  if (r) r = remove_file(home + "/" + kNewFile);
  if (r) r = sync_folder(home);
  if (!r) return base::pass(r);
  return opened;
}

}  // namespace postern::kv
