// Opening and closing the store, and what it does by itself.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/log.h"
#include "base/system.h"
#include "base/text.h"
#include "cmd/stored/server.h"
#include "kv/berkeley.h"

namespace postern::stored_daemon {

namespace {

constexpr std::uint64_t kMaintainMs = 1'000;
constexpr std::uint64_t kBaseCopySeconds = 86'400;        // a base copy at least once a day ...
constexpr std::uint64_t kBaseCopyLogs = 16;               // ... or after this many checkpoints' worth of log
constexpr std::uint64_t kWorkPauseMs = 20;                // between slices of the work behind
constexpr std::uint64_t kIdlePauseMs = 1'000;

base::Result<store::Options> options_of(const service::Config& c) {
  store::Options o;
  auto mailboxes =
      store::parse_default_mailboxes("INBOX:inbox," + base::join(c.list("store.default_mailboxes"), ","));
  if (!mailboxes)
    return base::fail(base::Fault::permanent, "store.default_mailboxes: " + mailboxes.error().what);
  o.default_mailboxes = std::move(*mailboxes);
  o.all_mail = c.text("store.all_mail");
  if (!o.all_mail.empty())
    if (auto ok = store::check_all_mail(o.all_mail, o.default_mailboxes); !ok)
      return base::fail(base::Fault::permanent, "store.all_mail: " + ok.error().what);
  std::size_t memory = c.number("store.memory");
  o.cache_bytes = memory - memory / 4;
  o.sheet_bytes = memory / 4;
  o.keep_deleted = static_cast<std::int64_t>(c.number("store.keep_deleted"));
  o.keep_changes = static_cast<std::int64_t>(c.number("store.change_log"));
  o.max_scripts = static_cast<std::uint32_t>(c.number("sieve.max_scripts"));
  o.max_script_bytes = c.number("sieve.max_script_storage");
  o.spool_folder = c.var_path("store/spool");
  o.aside_folder = c.var_path("store/aside");
  o.rehearsal_folder = c.var_path("store/rehearsal");
  o.open_copy = [cache = c.number("store.cache")](const std::string& home) {
    return kv::open_berkeley({.home = home, .cache_bytes = cache});
  };
  return o;
}

// Front ends read segments through the group of the store's folder, whatever our umask; what they could read
// there without a location is noise.
base::Result<> open_to_readers(const std::string& store, const std::string& blobs) {
  struct stat st {};
  if (::stat(store.c_str(), &st) != 0) return std::unexpected(base::sys_error(store));
  // New segments take the folder's group.
  if (::chown(blobs.c_str(), static_cast<uid_t>(-1), st.st_gid) != 0)
    base::log(base::Level::warning, "segments-group", {{"folder", blobs}, {"gid", st.st_gid}});
  if (::chmod(blobs.c_str(), 02750) != 0) return std::unexpected(base::sys_error(blobs));
  return {};
}

}  // namespace

Server::Server(service::Daemon& daemon, std::unique_ptr<kv::Engine> engine,
               std::unique_ptr<blob::Writer> blobs, std::unique_ptr<Tickets> tickets, Limits limits)
    : daemon_(daemon),
      loop_(daemon.loop()),
      limits_(limits),
      engine_(std::move(engine)),
      blobs_(std::move(blobs)),
      tickets_(std::move(tickets)),
      watches_(daemon.loop()) {}

Server::~Server() = default;

base::Result<std::shared_ptr<Server>> Server::open(service::Daemon& daemon) {
  const service::Config& c = daemon.config();
  auto options = options_of(c);
  if (!options) return pass(options);
  if (auto made = base::make_dirs(c.var_path("store"), 0711); !made) return pass(made);
  if (auto made = base::make_dirs(c.var_path("store/spool"), 0700); !made) return pass(made);
  auto tickets = Tickets::open(c.var_path("directory/ticket.pub"));
  if (!tickets) return pass(tickets);
  if (auto made = base::make_dirs(c.var_path("store/blobs"), 0750); !made) return pass(made);
  if (auto open = open_to_readers(c.var_path("store"), c.var_path("store/blobs")); !open) return pass(open);
  kv::BerkeleyOptions db;
  db.home = c.var_path("store/db");
  db.cache_bytes = c.number("store.cache");
  // A log file that is larger than what is written between two checkpoints would only be kept longer.
  db.log_file_bytes = static_cast<std::uint32_t>(std::min<std::uint64_t>(db.log_file_bytes, c.number("store.checkpoint_log")));
  auto engine = kv::open_berkeley(db);
  if (!engine) return pass(engine);
  blob::WriterOptions segments;
  segments.folder = c.var_path("store/blobs");
  segments.master_key = c.var_path("store/master.key");
  segments.segment_target = c.number("store.segment_size");
  auto codec = c.text("store.compression");
  segments.codec = codec == "none" ? blob::Codec::none : codec == "zstd" ? blob::Codec::zstd : blob::Codec::lz4;
  auto blobs = blob::Writer::open(segments);
  if (!blobs) return pass(blobs);
  Limits limits{c.number("store.checkpoint_log"), c.number("store.checkpoint_interval")};
  std::shared_ptr<Server> s(
      new Server(daemon, std::move(*engine), std::move(*blobs), std::move(*tickets), limits));
  auto audit = Audit::open(c.var_path("store/audit"), *s->engine_);
  if (!audit) return pass(audit);
  s->audit_ = std::move(*audit);
  options->purged = [a = s->audit_](std::uint64_t account, std::string_view what) { a->purged(account, what); };
  auto opened = store::Store::open(*s->engine_, *s->blobs_, std::move(*options));
  if (!opened) return pass(opened);
  s->store_ = std::move(*opened);
  return s;
}

void Server::begin() {
  auto failed = [this](base::Error e) { give_up(e); };
  Flushed bodies{[b = blobs_.get()] { return b->last_put(); }, [b = blobs_.get()](std::uint64_t) { return b->sync(); }};
  Flushed log{[e = engine_.get()] { return e->last().lsn; }, [e = engine_.get()](std::uint64_t n) { return e->flush({n}); }};
  bodies_ = std::make_unique<Flusher>(loop_, std::move(bodies), failed);
  log_ = std::make_unique<Flusher>(loop_, std::move(log), failed);
  server_ =
      std::make_unique<ipc::Server>(loop_, "stored/1", [this](ipc::Call c) { return serve(std::move(c)); });
  for (auto& [name, fd] : daemon_.take_listeners()) server_->add_listener(std::move(fd), name);
  server_->on_peer([this](ipc::Peer) { daemon_.set_clients(server_->peer_count()); });
  server_->on_peer_gone([this](ipc::Peer p) {
    watches_.peer_gone(p.id());
    daemon_.set_clients(server_->peer_count());
  });
  last_checkpoint_ = last_copy_ = base::monotonic_ms();
  tasks_.spawn(maintain());
  tasks_.spawn(work_behind());
}

io::Task<void> Server::stop() {
  server_->drain();
  co_await server_->drained();
  stopping_ = true;
  tasks_.cancel();
  bool ok = co_await log_->durable(engine_->last().lsn);
  bodies_->stop();
  log_->stop();
  if (ok) {
    auto closed = co_await loop_.blocking([e = engine_.get()] { return e->close(); });
    if (!closed) base::log(base::Level::error, "store-close", {{"what", closed.error().what}});
  }
}

io::Task<void> Server::checkpoint() {
  if (checkpointing_) co_return;
  checkpointing_ = true;
  last_checkpoint_ = base::monotonic_ms();
  auto done = co_await loop_.blocking([e = engine_.get()] {
    base::kill_point("checkpoint");
    return e->checkpoint();
  });
  checkpointing_ = false;
  if (!done) base::log(base::Level::error, "checkpoint", {{"what", done.error().what}});
  if (!done && done.error().code == "PANIC") give_up(done.error());
}

io::Task<void> Server::maintain() {
  for (;;) {
    co_await loop_.sleep(kMaintainMs);
    count();
    if (store_->stopped()) continue;
    kv::EngineStats s = engine_->stats();
    std::uint64_t now = base::monotonic_ms();
    bool aged = now - last_checkpoint_ >= limits_.checkpoint_seconds * 1000;
    if (s.log_bytes_since_checkpoint >= limits_.checkpoint_log || (aged && s.log_bytes_since_checkpoint > 0))
      co_await checkpoint();
    bool old = now - last_copy_ >= kBaseCopySeconds * 1000 && s.log_bytes_since_base_copy > 0;
    if (!old && s.log_bytes_since_base_copy < kBaseCopyLogs * limits_.checkpoint_log) continue;
    last_copy_ = now;
    auto copied = co_await loop_.blocking([e = engine_.get()]() -> base::Result<> {
      if (auto done = e->base_copy(); !done) return done;
      base::kill_point("log.removal");
      auto removed = e->remove_old_logs();
      if (!removed) return base::pass(removed);
      return {};
    });
    if (!copied) base::log(base::Level::error, "base-copy", {{"what", copied.error().what}});
  }
}

io::Task<void> Server::work_behind() {
  for (;;) {
    std::vector<store::Changed> changed;
    bool more = store_->work_behind(changed);
    if (store_->stopped()) give_up({base::Fault::temporary, "a write failed", {}});
    auto settling = audit_->settle(loop_);   // of what was purged
    auto settled = co_await std::move(settling);
    if (!settled) base::log(base::Level::error, "audit-log", {{"what", settled.error().what}});
    if (!changed.empty()) {
      bool durable = co_await log_->durable(engine_->last().lsn);
      if (durable) watches_.changed(changed);
    }
    co_await loop_.sleep(more ? kWorkPauseMs : kIdlePauseMs);
  }
}

void Server::count() {
  store::Stats s = store_->stats();
  kv::EngineStats e = engine_->stats();
  daemon_.counter("calls") = s.calls;
  daemon_.counter("errors") = s.errors;
  daemon_.counter("commits") = s.commits;
  daemon_.counter("repeats") = s.repeats;
  daemon_.counter("emails_added") = s.emails_added;
  daemon_.counter("flushes") = e.flushes;
  daemon_.counter("checkpoints") = e.checkpoints;
  daemon_.counter("accounts_cached") = s.accounts_cached;
  daemon_.counter("cache_bytes") = s.cache_bytes;
  daemon_.counter("sheets_built") = s.sheets_built;
  daemon_.counter("watched_accounts") = watches_.size();
  daemon_.counter("stopped") = store_->stopped() ? 1 : 0;
}

}  // namespace postern::stored_daemon
