// SASL dialogues.  A failed SCRAM proof is charged as a wrong password is; the keys never leave this process.
#include "auth/limits.h"
#include "auth/secret.h"
#include "base/log.h"
#include "base/system.h"
#include "cmd/authd/authd.h"
#include "cmd/authd/limits.h"

namespace postern::authd {
namespace {

using Kind = auth::SaslStep::Kind;

// The keys of a name for SCRAM, real or made up; the user is noted for the end of the dialogue.
auth::ScramKeys keys_for(Authd& a, ScramUser& user, std::string_view name, auth::ScramHash h) {
  user.named = true;
  user.name = std::string(name);
  auto entry = a.directory->login(name);
  if (entry && !entry->account.disabled) {
    auto& keys = h == auth::ScramHash::sha1 ? entry->credential.sha1 : entry->credential.sha256;
    if (keys) {
      auth::ScramKeys k = *keys;
      user.entry = std::move(*entry);
      return k;
    }
  }
  return auth::fake_scram_keys(h, throttle_name(a, name), a.pepper, a.keeping.scram_iterations);
}

Reply challenge(Authd& a, Exchange e, std::string data) {
  Reply r;
  r.mutable_challenge()->set_id(a.exchanges.keep(std::move(e), base::monotonic_ms()));
  r.mutable_challenge()->set_data(std::move(data));
  return r;
}

// The proof held; the account is looked at once more, for the dialogue took its time.
Reply proven(Authd& a, const Exchange& e, const Attempt& t) {
  std::string key = throttle_name(a, t.name);
  std::uint64_t now = base::monotonic_ms();
  // A proof can't fit made-up keys, but nobody is let in on the strength of that alone.
  if (!e.user->entry) {
    ++a.counters.failures;
    return login_failed();
  }
  auto account = a.directory->account(e.user->entry->account.id);
  if (!account || account->generation != e.user->entry->account.generation || account->disabled) {
    a.throttle.undo(t.origin.address(), key, now);
    return error_reply("UNAVAILABLE", "the account has just changed, try again", true);
  }
  if (!may_act_as(a, *account, t.authzid)) {
    ++a.counters.failures;
    log_failure(t, e.mechanism, "authorization");
    return login_failed();
  }
  a.throttle.success(t.origin.address(), key, now);
  return grant(a, *account, e.user->entry->groups, t.origin.service(), t.origin.session());
}

// `data` is moved in: it may be a password.
io::Task<Reply> advance(Authd& a, Exchange e, std::optional<std::string> data) {
  Attempt t{e.origin, e.user->name, {}, e.peer};
  // The client has named somebody and now sends what must prove him: this is the try that counts.
  if (e.user->named && !e.charged) {
    e.charged = true;
    auto wait = admitted(a, t, throttle_name(a, t.name));
    if (!co_await std::move(wait)) {
      log_failure(t, e.mechanism, "throttled");
      co_return login_failed();
    }
  }
  auth::SaslStep s = e.server.step(data);
  if (data) auth::wipe(*data);
  if (s.kind == Kind::challenge) co_return challenge(a, std::move(e), std::move(s.data));
  t.name = e.user->named ? e.user->name : s.authcid;
  t.authzid = s.authzid;
  if (s.kind == Kind::check_password) {
    auto checking = check_password(a, std::move(t), std::move(s.password));
    co_return co_await std::move(checking);
  }
  if (s.kind == Kind::done) co_return proven(a, e, t);
  ++a.counters.failures;
  // Malformed dialogues count too, by address; what failed before a name was known has none of its own.
  if (!e.charged)
    (void)a.throttle.attempt(t.origin.address(), throttle_name(a, t.name), base::monotonic_ms());
  log_failure(t, e.mechanism, s.what);
  co_return login_failed();
}

}  // namespace

io::Task<Reply> on_sasl_start(Authd& a, Request& request, ipc::Call& call) {
  SaslStart& start = *request.mutable_sasl_start();
  const Origin& o = start.origin();
  if (start.mechanism() == "APOP") {
    auto checking = check_apop(a, start, call.info().id);
    co_return co_await std::move(checking);
  }
  auth::SaslContext context;
  context.plaintext_allowed = a.clear_text_allowed(o.secure(), auth::is_loopback(o.address()));
  context.bindings = {o.tls_unique(), o.tls_server_end_point(), o.tls_exporter()};
  auto user = std::make_shared<ScramUser>();
  auto server = auth::SaslServer::start(
      start.mechanism(), context,
      [&a, user](std::string_view n, auth::ScramHash h) { return keys_for(a, *user, n, h); });
  if (!server) co_return error_reply(server.error());
  Exchange e{std::move(*server), std::move(user), o, start.mechanism(), call.info().id};
  std::optional<std::string> data;
  if (start.has_initial()) {
    data.emplace(start.initial());
    auth::wipe(*start.mutable_initial());
  }
  auto advancing = advance(a, std::move(e), std::move(data));
  co_return co_await std::move(advancing);
}

io::Task<Reply> on_sasl_step(Authd& a, Request& request, ipc::Call& call) {
  SaslStep& step = *request.mutable_sasl_step();
  auto e = a.exchanges.take(step.id(), call.info().id, base::monotonic_ms());
  if (!e) co_return error_reply("EXPIRED", "no such authentication under way");
  std::string data = step.data();
  auth::wipe(*step.mutable_data());
  auto advancing = advance(a, std::move(*e), std::move(data));
  co_return co_await std::move(advancing);
}

}  // namespace postern::authd
