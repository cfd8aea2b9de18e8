#include "kv/berkeley.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <shared_mutex>

#include "base/file.h"
#include "base/log.h"
#include "base/system.h"
#include "kv/bdb_env.h"
#include "kv/bdb_snapshot.h"
#include "kv/db_hooks.h"
#include "kv/disk.h"
#include "kv/row.h"

namespace postern::kv {

using base::fail;
using base::Fault;
using base::Fd;

namespace {

constexpr std::uint64_t kSpaceCheckMs = 1'000;

DBT dbt(std::string_view bytes) {
  DBT d;
  std::memset(&d, 0, sizeof d);
  d.data = const_cast<char*>(bytes.data());
  d.size = static_cast<u_int32_t>(bytes.size());
  return d;
}

base::Error closed_error() {
  return {Fault::temporary, "the engine is closed", "PANIC"};
}

std::uint64_t bytes_of(u_int32_t megabytes, u_int32_t bytes) {
  return (static_cast<std::uint64_t>(megabytes) << 20) + bytes;
}

// One database transaction: aborted unless committed.
class Transaction {
 public:
  explicit Transaction(Environment& env) : env_(env) {}
  ~Transaction() {
    close_cursor();
    if (txn_ && txn_->abort(txn_) != 0) env_.panic("a transaction could not be taken back");
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  Result<> begin() {
    int r = env_.env()->txn_begin(env_.env(), nullptr, &txn_, DB_TXN_NOSYNC);
    return done(r, "begin");
  }
  Result<> put(std::string_view key, std::string_view value) {
    if (!cursor_)
      if (int r = env_.db()->cursor(env_.db(), txn_, &cursor_, 0); r != 0) return done(r, "cursor");
    DBT k = dbt(key), v = dbt(value);
    return done(cursor_->put(cursor_, &k, &v, DB_KEYFIRST), "put");
  }
  Result<> del(std::string_view key) {
    close_cursor();
    DBT k = dbt(key);
    int r = env_.db()->del(env_.db(), txn_, &k, 0);
    return done(r == DB_NOTFOUND ? 0 : r, "delete");
  }
  Result<bool> get(std::string_view key, std::string& out) {
    close_cursor();
    return read_row(env_, txn_, key, out);
  }
  // The log keeps it in memory: flush() makes it durable.
  Result<> commit() {
    close_cursor();
    DB_TXN* txn = txn_;
    txn_ = nullptr;
    int r = txn->commit(txn, DB_TXN_NOSYNC);
    if (r != 0) env_.panic("a commit failed half-way");
    return done(r, "commit");
  }

 private:
  void close_cursor() {
    if (cursor_) cursor_->close(cursor_);
    cursor_ = nullptr;
  }
  Result<> done(int r, const char* what) {
    if (r == 0) return {};
    return std::unexpected(env_.error(what, r));
  }
  Environment& env_;
  DB_TXN* txn_ = nullptr;
  DBC* cursor_ = nullptr;
};

class BerkeleyEngine : public Engine {
 public:
  static Result<std::unique_ptr<Engine>> open(const BerkeleyOptions& options);
  ~BerkeleyEngine() override {
    auto closed = close();
    if (!closed) base::log(base::Level::warning, "kv.close", {{"error", closed.error().what}});
  }

  Result<std::unique_ptr<Snapshot>> snapshot(Account account) override {
    std::shared_lock lock(shared_.lock);
    if (auto ok = usable(); !ok) return base::pass(ok);
    return make_bdb_snapshot(shared_, account);
  }
  Result<Receipt> commit(Account account, Batch& batch, std::optional<std::uint64_t> expected) override {
    AccountBatch one{account, &batch, expected};
    auto done = commit_many({&one, 1});
    if (done && one.refused) return std::unexpected(std::move(*one.refused));
    return done;
  }
  Result<Receipt> commit_many(std::span<AccountBatch> batches) override;
  Result<> flush(Receipt receipt) override;
  bool durable(Receipt receipt) const override {
    return receipt.lsn <= durable_.load(std::memory_order_acquire);
  }
  Receipt last() const override { return {committed_.load(std::memory_order_acquire)}; }
  Result<> checkpoint() override;
  Result<> base_copy() override;
  Result<> copy_to(const std::string& dir) override;
  Result<std::size_t> remove_old_logs() override;
  Result<> verify_pages() override;
  EngineStats stats() const override;
  Result<> close() override;
  Result<> overwrite_raw(Account account, std::string_view key, std::string_view raw) override;

 private:
  explicit BerkeleyEngine(const BerkeleyOptions& options) : options_(options) {}
  Result<> take_home();
  Result<> usable() const {
    if (!shared_.env) return std::unexpected(closed_error());
    if (shared_.env->panicked()) return std::unexpected(shared_.env->panic_error());
    return {};
  }
  Result<> enough_space();
  Result<bool> apply(Transaction& txn, AccountBatch& b);
  Result<> check_guard(Transaction& txn, const AccountBatch& b);
  std::uint64_t log_written() const;

  const BerkeleyOptions options_;
  Fd lock_file_;
  std::shared_ptr<PageGuard> guard_;
  std::unique_ptr<GuardRoute> route_;
  BdbShared shared_;
  std::mutex flush_mutex_, upkeep_mutex_;  // one flush; one checkpoint or copy at a time
  std::atomic<std::uint64_t> committed_{0}, durable_{0}, batches_{0}, conflicts_{0}, flushes_{0},
      checkpoints_{0};
  std::atomic<std::uint64_t> log_at_checkpoint_{0}, log_at_copy_{0}, space_checked_ms_{0};
  std::atomic<bool> space_low_{false};
  bool restored_ = false;
};

Result<> BerkeleyEngine::take_home() {
  const std::string& home = options_.home;
  if (home.empty()) return fail(Fault::permanent, "no folder given for the database");
  if (auto made = base::make_dirs(home, 0700); !made) return made;
  struct stat st;
  if (::lstat((home + "/DB_CONFIG").c_str(), &st) == 0)
    return fail(Fault::permanent, home + "/DB_CONFIG: remove it; settings come from postern.conf alone");
  std::string path = home + "/" + kLockFile;
  lock_file_.reset(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock_file_) return std::unexpected(base::sys_error(path));
  if (::flock(lock_file_.get(), LOCK_EX | LOCK_NB) == 0) return {};
  if (errno != EWOULDBLOCK) return std::unexpected(base::sys_error(path));
  return fail(Fault::temporary, home + ": in use by another process", "IN_USE");
}

Result<std::unique_ptr<Engine>> BerkeleyEngine::open(const BerkeleyOptions& options) {
  std::unique_ptr<BerkeleyEngine> e(new BerkeleyEngine(options));
  if (auto taken = e->take_home(); !taken) return base::pass(taken);
  install_db_hooks();
  const std::string& home = options.home;
  e->guard_ = std::make_shared<PageGuard>(home + "/" + kDatabaseFile, home + "/" + kDoubleWriteFile);
  e->route_ = std::make_unique<GuardRoute>(e->guard_);
  auto env = open_recovered(options, *e->guard_, e->restored_);
  if (!env) return base::pass(env);
  e->shared_.env = std::move(*env);
  return e;
}

Result<> BerkeleyEngine::enough_space() {
  if (options_.keep_free_bytes == 0) return {};
  std::uint64_t now = base::monotonic_ms();
  std::uint64_t checked = space_checked_ms_.load(std::memory_order_relaxed);
  if (checked == 0 || now - checked >= kSpaceCheckMs) {
    space_checked_ms_ = now;
    struct statvfs fs;
    if (::statvfs(options_.home.c_str(), &fs) == 0)
      space_low_ = static_cast<std::uint64_t>(fs.f_bavail) * fs.f_frsize < options_.keep_free_bytes;
  }
  if (!space_low_) return {};
  return fail(Fault::temporary, options_.home + ": too little disk space left", "NO_SPACE");
}

Result<> BerkeleyEngine::check_guard(Transaction& txn, const AccountBatch& b) {
  std::string key = row_key(b.account, {}), stored;
  auto found = txn.get(key, stored);
  if (!found) return base::pass(found);
  Result<std::uint64_t> now = 0;
  if (*found) now = parse_version(key, stored);
  if (!now) return base::pass(now);
  if (*now == *b.expected_version) return {};
  ++conflicts_;
  return fail(Fault::temporary, "the account is at another version", "CONFLICT");
}

// Whether anything was written; a refusal of this batch alone is put into it.
Result<bool> BerkeleyEngine::apply(Transaction& txn, AccountBatch& b) {
  auto ok = check_batch(*b.batch);
  if (ok && b.expected_version) ok = check_guard(txn, b);
  if (auto still = usable(); !still) return base::pass(still);
  if (!ok) {
    b.refused = std::move(ok.error());
    return false;
  }
  if (b.expected_version) {
    std::string key = row_key(b.account, {});
    if (auto r = txn.put(key, version_value(key, *b.expected_version + 1)); !r) return base::pass(r);
  }
  b.batch->seal(b.account);
  for (std::size_t i = 0; i < b.batch->size(); ++i) {
    Batch::Row row = b.batch->row(i);
    auto r = row.is_delete ? txn.del(row.key) : txn.put(row.key, row.value);
    if (!r) return base::pass(r);
  }
  return b.expected_version || !b.batch->empty();
}

Result<Receipt> BerkeleyEngine::commit_many(std::span<AccountBatch> batches) {
  if (auto ok = enough_space(); !ok) return base::pass(ok);
  std::unique_lock lock(shared_.lock);
  if (auto ok = usable(); !ok) return base::pass(ok);
  base::kill_point("kv.commit.before");
  bool wrote = false;
  {
    Transaction txn(*shared_.env);
    if (auto r = txn.begin(); !r) return base::pass(r);
    for (AccountBatch& b : batches) {
      auto done = apply(txn, b);
      if (!done) return base::pass(done);
      if (*done) ++batches_;
      wrote |= *done;
    }
    if (!wrote) return last();
    if (auto r = txn.commit(); !r) return base::pass(r);
  }
  for (AccountBatch& b : batches)
    if (!b.refused) shared_.live.changed(b.account);
  base::kill_point("kv.commit.after");
  return Receipt{committed_.fetch_add(1, std::memory_order_acq_rel) + 1};
}

Result<> BerkeleyEngine::flush(Receipt receipt) {
  if (durable(receipt)) return {};
  std::lock_guard lock(flush_mutex_);
  if (durable(receipt)) return {};
  if (auto ok = usable(); !ok) return ok;
  std::uint64_t covers = committed_.load(std::memory_order_acquire);
  base::kill_point("kv.flush.before");
  int r = shared_.env->env()->log_flush(shared_.env->env(), nullptr);
  if (r != 0) {
    // What of it reached the disk is unknown, and a later flush would not tell.
    shared_.env->panic(std::string("log flush: ") + db_strerror(r));
    return std::unexpected(shared_.env->panic_error());
  }
  base::kill_point("kv.flush.after");
  ++flushes_;
  durable_.store(covers, std::memory_order_release);
  return {};
}

std::uint64_t BerkeleyEngine::log_written() const {
  DB_LOG_STAT* s = nullptr;
  DB_ENV* env = shared_.env->env();
  if (env->log_stat(env, &s, 0) != 0) return 0;
  std::uint64_t n = bytes_of(s->st_w_mbytes, s->st_w_bytes);
  std::free(s);
  return n;
}

Result<> BerkeleyEngine::checkpoint() {
  std::lock_guard lock(upkeep_mutex_);
  if (auto ok = usable(); !ok) return ok;
  std::uint64_t log = log_written();
  base::kill_point("kv.checkpoint.before");
  int r = shared_.env->env()->txn_checkpoint(shared_.env->env(), 0, 0, 0);
  if (r != 0) return std::unexpected(shared_.env->error("checkpoint", r));
  base::kill_point("kv.checkpoint.after");
  log_at_checkpoint_ = log;
  ++checkpoints_;
  return {};
}

Result<> BerkeleyEngine::base_copy() {
  std::lock_guard lock(upkeep_mutex_);
  if (auto ok = usable(); !ok) return ok;
  std::uint64_t log = log_written();
  auto made = make_base_copy(options_.home, *shared_.env, *guard_);
  if (made) log_at_copy_ = log;
  if (!made && made.error().fault == Fault::corrupt) shared_.env->panic(made.error().what);
  return made;
}

Result<> BerkeleyEngine::copy_to(const std::string& dir) {
  std::lock_guard lock(upkeep_mutex_);
  if (auto ok = usable(); !ok) return ok;
  return make_full_copy(options_.home, *shared_.env, *guard_, dir);
}

Result<std::size_t> BerkeleyEngine::remove_old_logs() {
  std::lock_guard lock(upkeep_mutex_);
  if (auto ok = usable(); !ok) return base::pass(ok);
  return remove_logs(options_.home, *shared_.env);
}

Result<> BerkeleyEngine::verify_pages() {
  std::lock_guard lock(upkeep_mutex_);
  if (auto ok = usable(); !ok) return ok;
  auto checked = check_pages(*guard_);
  if (checked || checked.error().fault != Fault::corrupt) return checked;
  auto noted = base::write_file(options_.home + "/" + kSuspectFile, checked.error().what + "\n", 0600);
  return noted ? checked : noted;
}

EngineStats BerkeleyEngine::stats() const {
  EngineStats s;
  s.commits = committed_;
  s.batches = batches_;
  s.conflicts = conflicts_;
  s.flushes = flushes_;
  s.checkpoints = checkpoints_;
  s.pages_written = guard_->pages_written();
  s.restored_from_base_copy = restored_;
  std::shared_lock lock(shared_.lock);
  if (!shared_.env) return s;
  std::uint64_t log = log_written();
  s.log_bytes_since_checkpoint = log - std::min(log, log_at_checkpoint_.load());
  s.log_bytes_since_base_copy = log - std::min(log, log_at_copy_.load());
  return s;
}

Result<> BerkeleyEngine::close() {
  std::scoped_lock upkeep(upkeep_mutex_, flush_mutex_);
  std::unique_lock lock(shared_.lock);
  if (!shared_.env) return {};
  Result<> result;
  bool panicked = shared_.env->panicked();
  if (!panicked) {
    int r = shared_.env->env()->txn_checkpoint(shared_.env->env(), 0, 0, 0);
    if (r == 0) r = shared_.env->env()->log_flush(shared_.env->env(), nullptr);
    if (r != 0) result = std::unexpected(shared_.env->error("last checkpoint", r));
  }
  auto closed = shared_.env->close();
  if (!closed && result && !panicked) result = std::move(closed);
  shared_.env.reset();
  route_.reset();
  lock_file_.reset();
  if (result) durable_.store(committed_);
  return result;
}

Result<> BerkeleyEngine::overwrite_raw(Account account, std::string_view key, std::string_view raw) {
  std::unique_lock lock(shared_.lock);
  if (auto ok = usable(); !ok) return ok;
  Transaction txn(*shared_.env);
  auto r = txn.begin();
  if (r) r = txn.put(row_key(account, key), raw);
  if (r) r = txn.commit();
  if (r) shared_.live.changed(account);
  if (r) ++committed_;
  return r;
}

}  // namespace

Result<std::unique_ptr<Engine>> open_berkeley(const BerkeleyOptions& options) {
  return BerkeleyEngine::open(options);
}

}  // namespace postern::kv
