// Plain passwords: from LOGIN, Basic, USER and PASS, and from SASL PLAIN and LOGIN.
#include "auth/credential.h"
#include "auth/names.h"
#include "auth/password.h"
#include "auth/secret.h"
#include "base/log.h"
#include "base/system.h"
#include "base/text.h"
#include "cmd/authd/authd.h"
#include "cmd/authd/limits.h"

namespace postern::authd {
namespace {

using base::Level;
using SecretPtr = std::shared_ptr<const auth::Secret>;

std::int64_t seconds() {
  return static_cast<std::int64_t>(base::monotonic_ms() / 1000);
}

// Counts one that waits, for as long as it lives.
struct Counted {
  std::size_t& n;
  explicit Counted(std::size_t& count) : n(++count) {}
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() { --n; }
};

struct Sleeper {
  std::unordered_map<std::uint32_t, std::size_t>& all;
  std::uint32_t peer;
  Sleeper(std::unordered_map<std::uint32_t, std::size_t>& a, std::uint32_t p) : all(a), peer(p) {
    ++all[peer];
  }
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;
  ~Sleeper() {
    if (--all[peer] == 0) all.erase(peer);
  }
};

// On a worker.  A scheme that is quicker than ours is brought to its time when the password is wrong, or the
// time of a refusal would tell who exists.
base::Result<bool> compare(const auth::Secret& secret, const std::string& hash) {
  auto fits = auth::verify_secret(secret.view(), hash);
  bool ours = hash.starts_with("$y$");
  if ((!fits || !*fits) && !ours) (void)auth::verify_secret(secret.view(), auth::nobody_hash());
  return fits;
}

// After a login by plain password: what an account lacks that was imported with a hash, or made before APOP was wanted.
io::Task<void> add_scram_keys(Authd& a, auth::Account account, std::string hash, SecretPtr secret) {
  auto permit = co_await a.admin_hashing.acquire();
  auto keys = co_await a.loop.blocking(
      [secret, hash, keeping = a.keeping] { return auth::with_scram(secret->view(), hash, keeping); });
  if (!keys.has_scram()) co_return;
  auto done = a.directory->set_scram(account.id, account.generation, keys);
  if (!done) base::log(Level::error, "directory", {{"error", done.error().what}});
}

enum class Verdict { right, wrong, unavailable };

// The password of `entry`, or of nobody; the wait for a thread is bounded.
io::Task<Verdict> hash_and_compare(Authd& a, SecretPtr secret, std::string hash) {
  if (a.hash_waiting >= kMaxHashWaiting) co_return Verdict::unavailable;
  Counted waiting(a.hash_waiting);
  auto permit = co_await a.hashing.acquire();
  ++a.counters.hashes;
  auto fits = co_await a.loop.blocking([secret, hash] { return compare(*secret, hash); });
  if (!fits) base::log(Level::error, "password_hash", {{"error", fits.error().what}});
  co_return fits && *fits ? Verdict::right : Verdict::wrong;
}

std::string_view why_not(const base::Result<auth::LoginEntry>& e) {
  if (!e) return "unknown";
  if (e->account.disabled) return "disabled";
  return e->credential.hash.empty() ? "no_password" : "";
}

}  // namespace

std::string throttle_name(const Authd& a, std::string_view name) {
  auto canonical = auth::canonical_name(name, a.directory->rules());
  return canonical ? *canonical : std::string(name.substr(0, 256));
}

void log_failure(const Attempt& t, std::string_view mechanism, std::string_view why) {
  base::log(Level::warning, "login_failed",
            {{"user", base::printable(t.name)},
             {"ip", t.origin.address()},
             {"service", t.origin.service()},
             {"mechanism", mechanism},
             {"session", t.origin.session()},
             {"reason", why}});
}

io::Task<bool> admitted(Authd& a, const Attempt& t, std::string key) {
  auto d = a.throttle.attempt(t.origin.address(), key, base::monotonic_ms());
  auto it = a.sleeping.find(t.peer);
  // A front end has a limited number of calls: slowed ones must not take them all from the others.
  bool crowded = d.delay_ms != 0 && it != a.sleeping.end() && it->second >= kMaxSleepingPerPeer;
  if (d.refuse || crowded) {
    ++a.counters.refused;
    co_return false;
  }
  if (d.delay_ms != 0) {
    Sleeper sleeper(a.sleeping, t.peer);
    co_await a.loop.sleep(d.delay_ms);
  }
  co_return true;
}

bool may_act_as(const Authd& a, const auth::Account& account, std::string_view authzid) {
  if (authzid.empty()) return true;
  auto other = auth::canonical_name(authzid, a.directory->rules());
  return other && *other == account.name;
}

io::Task<Reply> check_password(Authd& a, Attempt t, auth::Secret password) {
  std::string key = throttle_name(a, t.name);
  auto secret = std::make_shared<const auth::Secret>(std::move(password));
  if (!co_await admitted(a, t, key)) {
    log_failure(t, "plain", "throttled");
    co_return login_failed();
  }
  auto entry = a.directory->login(t.name);
  if (!entry && entry.error().fault != base::Fault::permanent && entry.error().fault != base::Fault::limit) {
    a.throttle.undo(t.origin.address(), key, base::monotonic_ms());
    co_return error_reply(entry.error());
  }
  std::string_view missing = why_not(entry);
  const auth::Account* account = missing.empty() ? &entry->account : nullptr;
  bool cached = account && a.cache.knows(account->id, account->generation, secret->view(), seconds());
  Verdict verdict = Verdict::right;
  if (!cached) {
    std::string hash = account ? entry->credential.hash : std::string(auth::nobody_hash());
    verdict = co_await hash_and_compare(a, secret, std::move(hash));
    // Meanwhile the account may have changed; then the answer is about something that is no more.
    auto now = account ? a.directory->account(account->id) : base::Result<auth::Account>();
    if (account && (!now || now->generation != account->generation)) verdict = Verdict::unavailable;
  }
  if (verdict == Verdict::unavailable) {
    a.throttle.undo(t.origin.address(), key, base::monotonic_ms());
    co_return error_reply("UNAVAILABLE", "too busy, try again", true);
  }
  if (verdict == Verdict::wrong || !account || !may_act_as(a, *account, t.authzid)) {
    ++a.counters.failures;
    log_failure(t, "plain", !account ? missing : verdict == Verdict::wrong ? "password" : "authorization");
    co_return login_failed();
  }
  a.throttle.success(t.origin.address(), key, base::monotonic_ms());
  if (cached) {
    ++a.counters.cached;
  } else {
    a.cache.remember(account->id, account->generation, secret->view(), seconds());
    if (!entry->credential.has_scram() || (a.keeping.clear && entry->credential.clear.empty()))
      a.tasks.spawn(add_scram_keys(a, *account, entry->credential.hash, secret));
  }
  co_return grant(a, *account, entry->groups, t.origin.service(), t.origin.session());
}

io::Task<Reply> on_login(Authd& a, Request& request, ipc::Call& call) {
  Login& login = *request.mutable_login();
  auth::Secret password = auth::Secret::take(std::move(*login.mutable_password()));
  const Origin& o = login.origin();
  if (!a.clear_text_allowed(o.secure(), auth::is_loopback(o.address())))
    co_return error_reply("PRIVACYREQUIRED", "passwords in the clear need TLS");
  Attempt t{o, login.name(), {}, call.info().id};
  auto checking = check_password(a, std::move(t), std::move(password));
  co_return co_await std::move(checking);
}

io::Task<Reply> on_mechanisms(Authd& a, Request& request, ipc::Call&) {
  const GetMechanisms& m = request.mechanisms();
  Reply r;
  bool plain = a.clear_text_allowed(m.secure(), m.loopback());
  for (std::string& name : auth::sasl_mechanisms(plain, m.channel_binding()))
    r.mutable_mechanisms()->add_names(std::move(name));
  r.mutable_mechanisms()->set_plain_allowed(plain);
  co_return r;
}

}  // namespace postern::authd
