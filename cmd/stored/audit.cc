#include "cmd/stored/audit.h"

#include "base/log.h"
#include "base/system.h"
#include "store/keys.h"
#include "store/verbs.h"

namespace postern::stored_daemon {

using R = stored::Request;

namespace {

constexpr std::int64_t kTellAgain = 300;          // seconds
constexpr std::size_t kMaxRemembered = 10'000;    // pairs of reader and account

// What a call of this verb is in the log, whoever calls it; nothing for most.
std::string_view action_of(const stored::Request& r) {
  switch (r.verb_case()) {
    case R::kDeleteMailbox: return "delete mailbox";
    case R::kDeleteAccount: return "delete account";
    case R::kLoadAccount: return r.load_account().finish() ? "load account" : "";
    case R::kUndelete: return r.undelete().dry_run() ? "" : "undelete";
    case R::kSetAcl: return "set acl";
    case R::kCheckAccount: return r.check_account().repair() ? "repair" : "";
    default: return "";
  }
}

}  // namespace

base::Result<std::shared_ptr<Audit>> Audit::open(const std::string& folder, kv::Engine& engine) {
  audit::Head known;
  {
    auto snapshot = engine.snapshot(0);
    if (!snapshot) return pass(snapshot);
    auto row = (*snapshot)->get(store::keys::audit_head());
    if (!row) return pass(row);
    if (*row) known = audit::decode_head(**row).value_or(audit::Head{});
  }
  auto log = audit::Log::open(folder, known);
  if (!log) return pass(log);
  std::shared_ptr<Audit> a(new Audit(std::move(*log), engine));
  return a;
}

io::Task<base::Result<kv::Receipt>> Audit::settle(io::Loop& loop) {
  if (log_->synced()) co_return kv::Receipt{};
  audit::Head end = log_->head();
  auto written = co_await loop.blocking([this] { return log_->sync(); });
  if (!written) co_return base::pass(written);
  if (end.number <= remembered_) co_return kv::Receipt{};
  remembered_ = end.number;
  kv::Batch batch;
  batch.put(store::keys::audit_head(), audit::encode(end));
  co_return engine_.commit(0, batch);
}

bool Audit::seen_lately(const store::Principal& who, std::uint64_t account) {
  std::int64_t now = base::unix_now();
  if (looked_.size() >= kMaxRemembered) looked_.clear();
  auto& last = looked_[who.name + "/" + std::to_string(who.id) + "/" + std::to_string(account)];
  if (last + kTellAgain > now) return true;
  last = now;
  return false;
}

base::Result<> Audit::note(store::Call& call, const ipc::PeerInfo& peer) {
  const auto& r = call.request;
  if (call.reply.has_stats()) {
    auto& counters = *call.reply.mutable_stats()->mutable_counters();
    counters["audit_number"] = log_->head().number;
    counters["audit_hash"] = log_->head().short_hash();
  }
  const store::Verb* verb = store::find_verb(r.verb_case());
  if (call.reply.has_error() || !verb) return {};
  std::string_view action = action_of(r);
  bool admin = call.who.kind == store::Kind::admin, user = call.who.kind == store::Kind::user;
  if (action.empty() && verb->needs_account) {
    bool looks = admin && r.verb_case() != R::kGetAccount;
    bool reaches = user && r.account() != call.who.account;
    if ((looks || reaches) && !seen_lately(call.who, r.account()))
      action = looks ? "admin reads mail" : "access to another's account";
  }
  if (action.empty()) return {};
  audit::Fields fields;
  if (r.account()) fields.emplace_back("account", std::to_string(r.account()));
  if (!call.audited.empty()) fields.emplace_back("what", call.audited);
  fields.emplace_back("by", call.who.name);
  if (call.who.id) fields.emplace_back("principal", std::to_string(call.who.id));
  if (!call.who.session.empty()) fields.emplace_back("session", call.who.session);
  fields.emplace_back("pid", std::to_string(peer.pid));
  return log_->add(action, fields);
}

void Audit::purged(std::uint64_t account, std::string_view what) {
  auto done = log_->add("purge", {{"account", std::to_string(account)}, {"what", std::string(what)}});
  if (!done) base::log(base::Level::error, "audit-log", {{"what", done.error().what}});
}

}  // namespace postern::stored_daemon
