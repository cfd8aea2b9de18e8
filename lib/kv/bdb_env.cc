#include "kv/bdb_env.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/file.h"
#include "base/log.h"

namespace postern::kv {

using base::Error;
using base::Fault;
using base::Level;
using base::Result;

namespace {

constexpr u_int32_t kMaxTransactions = 64;  // one is open at a time, recovery may see a few more

bool means_damage(int code) {
  switch (code) {
    case DB_RUNRECOVERY:
    case DB_CHKSUM_FAIL:
    case DB_PAGE_NOTFOUND:
    case DB_VERIFY_BAD:
    case DB_SECONDARY_BAD:
    case DB_LOG_VERIFY_BAD:
      return true;
    default:
      return false;
  }
}

}  // namespace

void Environment::on_event(DB_ENV* env, u_int32_t event, void*) {
  auto* self = static_cast<Environment*>(env->app_private);
  if (event == DB_EVENT_PANIC && self) self->panic("the database library stopped the environment");
}

void Environment::on_message(const DB_ENV*, const char*, const char* text) {
  base::log(Level::warning, "kv.library", {{"text", text}});
}

void Environment::panic(const std::string& why) {
  if (panicked_.exchange(true)) return;
  base::log(Level::error, "kv.panic", {{"home", home_}, {"why", why}});
  auto kept = base::write_file(home_ + "/" + kSuspectFile, why + "\n", 0600);
  if (!kept) base::log(Level::error, "kv.panic", {{"error", kept.error().what}});
}

Error Environment::panic_error() const {
  return {Fault::temporary, home_ + ": the database stopped; it recovers when the process starts again",
          "PANIC"};
}

Error Environment::error(const std::string& what, int code) {
  if (means_damage(code)) panic(what + ": " + db_strerror(code));
  if (panicked()) return panic_error();
  if (code > 0) return base::sys_error(home_ + ": " + what, code);
  return {Fault::temporary, home_ + ": " + what + ": " + db_strerror(code), ""};
}

Result<std::unique_ptr<Environment>> Environment::open(const BerkeleyOptions& options, PageGuard& guard,
                                                       Recovery how) {
  std::unique_ptr<Environment> e(new Environment(options, guard));
  auto opened = e->open_env(options, how);
  if (opened) opened = e->open_db();
  if (!opened) return base::pass(opened);
  return e;
}

Environment::~Environment() {
  auto closed = close();
  if (!closed && !panicked()) base::log(Level::warning, "kv.close", {{"error", closed.error().what}});
}

Result<> Environment::open_env(const BerkeleyOptions& options, Recovery how) {
  if (int r = db_env_create(&env_, 0); r != 0) {
    env_ = nullptr;
    return std::unexpected(error("environment", r));
  }
  env_->app_private = this;
  env_->set_errcall(env_, on_message);
  auto cache = std::max<std::uint64_t>(options.cache_bytes, 1u << 20);
  std::uint32_t buffer = std::min(options.log_buffer_bytes, options.log_file_bytes / 4);
  int r = env_->set_event_notify(env_, on_event);
  if (r == 0)
    r = env_->set_cachesize(env_, static_cast<u_int32_t>(cache >> 30),
                            static_cast<u_int32_t>(cache & ((1u << 30) - 1)), 1);
  if (r == 0) r = env_->set_lg_bsize(env_, buffer);
  if (r == 0) r = env_->set_lg_max(env_, options.log_file_bytes);
  if (r == 0) r = env_->set_tx_max(env_, kMaxTransactions);
  if (r == 0) r = env_->set_flags(env_, DB_TXN_NOSYNC, 1);
  if (r == 0) {
    u_int32_t flags = DB_PRIVATE | DB_THREAD | DB_CREATE | DB_INIT_TXN | DB_INIT_LOG | DB_INIT_MPOOL;
    flags |= how == Recovery::all_logs ? DB_RECOVER_FATAL : DB_RECOVER;
    r = env_->open(env_, options.home.c_str(), flags, 0600);
  }
  if (r != 0) return std::unexpected(error("open environment", r));
  return {};
}

Result<> Environment::open_db() {
  int r = db_create(&db_, env_, 0);
  if (r != 0) {
    db_ = nullptr;
    return std::unexpected(error("database", r));
  }
  r = db_->set_pagesize(db_, kPageSize);
  if (r == 0) r = db_->set_flags(db_, DB_CHKSUM);
  if (r == 0)
    r = db_->open(db_, nullptr, kDatabaseFile, nullptr, DB_BTREE, DB_CREATE | DB_AUTO_COMMIT | DB_THREAD,
                  0600);
  if (r == 0) r = env_->txn_checkpoint(env_, 0, 0, 0);
  if (r != 0) return std::unexpected(error("open database", r));
  return {};
}

Result<> Environment::close() {
  int first = 0;
  if (db_) first = db_->close(db_, panicked() ? DB_NOSYNC : 0);
  db_ = nullptr;
  if (env_) {
    int r = env_->close(env_, 0);
    if (first == 0) first = r;
  }
  env_ = nullptr;
  if (first != 0) return std::unexpected(error("close", first));
  return {};
}

}  // namespace postern::kv
