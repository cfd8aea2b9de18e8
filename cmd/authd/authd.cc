#include "cmd/authd/authd.h"

#include <unistd.h>

#include <algorithm>

#include "auth/limits.h"
#include "auth/names.h"
#include "base/log.h"
#include "base/system.h"
#include "cmd/authd/limits.h"

namespace postern::authd {
namespace {

std::size_t hash_threads(const service::Config& c) {
  return std::clamp<std::size_t>(c.number("auth.hash_threads"), 1, kMaxHashThreads);
}

io::Task<void> maintain(Authd& a) {
  for (;;) {
    co_await a.loop.sleep(kMaintainMs);
    auto done = co_await a.loop.blocking([dir = a.directory] { return dir->maintain(); });
    if (done) done = a.directory->forget_deleted(base::unix_now() - a.keep_deleted);
    if (!done) base::log(base::Level::error, "directory_maintenance", {{"error", done.error().what}});
  }
}

// stored's own socket for admins where we may use it, else the one for everybody: the ticket decides.
std::string stored_socket(const service::Config& c) {
  std::string admin = c.run_path("stored-admin.sock");
  return access(admin.c_str(), W_OK) == 0 ? admin : c.run_path("stored.sock");
}

}  // namespace

Authd::Authd(service::Daemon& d, std::unique_ptr<auth::Directory> dir, auth::Signer s,
             std::unique_ptr<auth::Verifier> v, std::unique_ptr<audit::Log> log, std::string scram_pepper)
    : daemon(d),
      loop(d.loop()),
      directory(std::move(dir)),
      signer(std::move(s)),
      verifier(std::move(v)),
      audit_log(std::move(log)),
      pepper(std::move(scram_pepper)),
      cache(static_cast<std::int64_t>(d.config().number("auth.password_cache"))),
      throttle({}),
      hashing(hash_threads(d.config())),
      admin_hashing(hash_threads(d.config())),
      counters{d.counter("logins"),     d.counter("login_failures"), d.counter("logins_refused"),
               d.counter("cached"),     d.counter("hashes"),         d.counter("tickets"),
               d.counter("renewals"),   d.counter("resolved"),       d.counter("directory_changes"),
               d.counter("outbox_done")} {}

base::Result<> Authd::configure() {
  const service::Config& c = daemon.config();
  std::string separator = c.text("auth.subaddress_separator");
  if (separator.size() > 1)
    return base::fail(base::Fault::permanent, "auth.subaddress_separator: expected one character or none");
  auth::NameRules rules{c.text("default_domain"), separator.empty() ? '\0' : separator[0]};
  if (auto ok = directory->set_rules(std::move(rules)); !ok)
    return base::fail(base::Fault::permanent, "default_domain: " + ok.error().what);
  auth::ThrottleOptions t;
  t.slow_loopback = c.yes("auth.slow_loopback");
  t.free_failures = 1;
  t.first_delay_ms = static_cast<std::uint32_t>(c.number("auth.failure_delay") * 1000);
  throttle.set_options(t);
  std::string clear = c.text("auth.clear_text");
  clear_text = clear == "always"     ? ClearText::always
               : clear == "loopback" ? ClearText::loopback
                                     : ClearText::never;
  keep_deleted = static_cast<std::int64_t>(c.number("store.keep_deleted"));
  keeping = {static_cast<std::uint32_t>(c.number("auth.scram_iterations")), c.yes("auth.apop")};
  return {};
}

bool Authd::clear_text_allowed(bool secure, bool loopback) const {
  return secure || clear_text == ClearText::always || (loopback && clear_text == ClearText::loopback);
}

void Authd::changed(const auth::Outcome& outcome) {
  ++counters.changes;
  for (auth::Id id : outcome.raised) cache.drop(id);
  outbox_changed.notify();
}

void begin(Authd& a) {
  a.stored_client = base::random_u64();
  a.stored = std::make_unique<ipc::Channel>(a.loop, stored_socket(a.daemon.config()), "stored/1");
  a.server =
      std::make_unique<ipc::Server>(a.loop, "authd/1", [&a](ipc::Call c) { return serve(a, std::move(c)); });
  for (auto& [name, fd] : a.daemon.take_listeners()) a.server->add_listener(std::move(fd), name);
  a.server->on_peer([&a](ipc::Peer) { a.daemon.set_clients(a.server->peer_count()); });
  a.server->on_peer_gone([&a](ipc::Peer p) {
    a.exchanges.drop_peer(p.id());
    a.daemon.set_clients(a.server->peer_count());
  });
  a.tasks.spawn(run_outbox(a));
  a.tasks.spawn(maintain(a));
}

base::Result<> note(Authd& a, const ipc::Call& call, std::string_view action, audit::Fields fields) {
  fields.emplace_back("uid", std::to_string(call.info().uid));
  fields.emplace_back("pid", std::to_string(call.info().pid));
  return a.audit_log->add(action, fields);
}

Reply error_reply(std::string_view code, std::string_view what, bool temporary) {
  Reply r;
  r.mutable_error()->set_code(std::string(code));
  r.mutable_error()->set_what(std::string(what));
  r.mutable_error()->set_temporary(temporary);
  return r;
}

Reply error_reply(const base::Error& e) {
  // Damage and trouble with the disk are for the log; the caller can only come again.
  bool ours = e.fault == base::Fault::temporary || e.fault == base::Fault::corrupt;
  if (!ours) return error_reply(e.code.empty() ? "INVALID" : e.code, e.what, false);
  base::log(base::Level::error, "directory", {{"error", e.what}, {"code", e.code}});
  return error_reply("UNAVAILABLE", "the directory is not available, try again later", true);
}

Reply login_failed() {
  return error_reply("AUTHENTICATIONFAILED", "authentication failed");
}

}  // namespace postern::authd
