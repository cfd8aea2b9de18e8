// The admin's verbs on the directory.
#include "auth/credential.h"
#include "auth/secret.h"
#include "base/log.h"
#include "cmd/authd/authd.h"
#include "cmd/authd/limits.h"

namespace postern::authd {

void fill(Entry& out, auth::Entry e) {
  out.set_kind(std::string(auth::kind_name(e.kind)));
  out.set_name(std::move(e.name));
  out.set_id(e.id);
  out.set_quota_bytes(e.quota_bytes);
  out.set_quota_emails(e.quota_emails);
  out.set_quota_mailboxes(e.quota_mailboxes);
  out.set_description(std::move(e.description));
  out.set_timezone(std::move(e.timezone));
  out.set_disabled(e.disabled);
  out.set_admin(e.admin);
  for (std::string& m : e.members) out.add_members(std::move(m));
  out.set_catch_all(std::move(e.catch_all));
  out.set_generation(e.generation);
  out.set_created(static_cast<std::uint64_t>(e.created));
  out.set_scheme(std::move(e.scheme));
  out.set_accounts(e.accounts);
  out.set_deleted(static_cast<std::uint64_t>(e.deleted));
}

namespace {

using base::Level;

// The answer to a change that was made, or would be.
Reply done(Authd& a, base::Result<auth::Outcome> outcome, bool dry_run, const ipc::Call& call) {
  if (!outcome) return error_reply(outcome.error());
  if (!dry_run) {
    a.changed(*outcome);
    auto noted = note(a, call, "directory", {{"what", outcome->what}, {"id", std::to_string(outcome->id)}});
    if (!noted) return error_reply(noted.error());
    base::log(
        Level::info, "directory_change",
        {{"what", outcome->what}, {"id", outcome->id}, {"uid", call.info().uid}, {"pid", call.info().pid}});
  }
  Reply r;
  r.mutable_done()->set_id(outcome->id);
  r.mutable_done()->set_name(std::move(outcome->name));
  r.mutable_done()->set_what(std::move(outcome->what));
  return r;
}

std::vector<std::string> strings(const auto& repeated) {
  return {repeated.begin(), repeated.end()};
}

// Hashing takes a while, so what can fail is tried before; the put itself then checks again.
io::Task<Reply> put_account(Authd& a, std::string name, auth::AccountChange change, auth::PutMode mode,
                            std::optional<auth::Secret> secret, const ipc::Call& call) {
  if (secret) {
    if (auto ok = auth::check_secret(secret->view()); !ok) co_return error_reply(ok.error());
    change.credential = auth::Credential{};
  }
  if (!secret || mode.dry_run)
    co_return done(a, a.directory->put_account(name, change, mode), mode.dry_run, call);
  if (auto dry = a.directory->put_account(name, change, {mode.create, true}); !dry)
    co_return error_reply(dry.error());
  auto permit = co_await a.admin_hashing.acquire();
  auto shared = std::make_shared<const auth::Secret>(std::move(*secret));
  auto credential = co_await a.loop.blocking(
      [shared, keeping = a.keeping] { return auth::make_credential(shared->view(), keeping); });
  ++a.counters.hashes;
  permit.reset();
  if (!credential) co_return error_reply(credential.error());
  change.credential = std::move(*credential);
  co_return done(a, a.directory->put_account(name, change, mode), false, call);
}

// Sends the page in pieces; false when the caller has gone.
io::Task<bool> send_page(ipc::Call& call, std::vector<auth::Entry> entries) {
  Reply piece;
  std::size_t bytes = 0;
  for (auth::Entry& e : entries) {
    Entry& out = *piece.mutable_entries()->add_entries();
    fill(out, std::move(e));
    bytes += out.ByteSizeLong();
    if (bytes < kItemBytes) continue;
    std::string payload = piece.SerializeAsString();
    if (!co_await call.item(std::move(payload))) co_return false;
    piece.Clear();
    bytes = 0;
  }
  if (bytes == 0) co_return true;
  std::string payload = piece.SerializeAsString();
  auto sent = co_await call.item(std::move(payload));
  co_return sent.has_value();
}

}  // namespace

io::Task<Reply> on_put_domain(Authd& a, Request& request, ipc::Call& call) {
  const PutDomain& p = request.put_domain();
  auth::DomainChange change;
  if (p.has_catch_all()) change.catch_all = p.catch_all();
  if (p.has_description()) change.description = p.description();
  co_return done(a, a.directory->put_domain(p.name(), change, {p.create(), false}), false, call);
}

io::Task<Reply> on_put_account(Authd& a, Request& request, ipc::Call& call) {
  PutAccount& p = *request.mutable_put_account();
  auth::AccountChange change;
  if (p.has_quota_bytes()) change.quota_bytes = p.quota_bytes();
  if (p.has_quota_emails()) change.quota_emails = p.quota_emails();
  if (p.has_quota_mailboxes()) change.quota_mailboxes = p.quota_mailboxes();
  if (p.has_description()) change.description = p.description();
  if (p.has_timezone()) change.timezone = p.timezone();
  if (p.has_disabled()) change.disabled = p.disabled();
  if (p.has_admin()) change.admin = p.admin();
  std::optional<auth::Secret> secret;
  if (p.has_secret()) secret = auth::Secret::take(std::move(*p.mutable_secret()));
  auto putting =
      put_account(a, p.name(), std::move(change), {p.create(), p.dry_run()}, std::move(secret), call);
  co_return co_await std::move(putting);
}

io::Task<Reply> on_set_password(Authd& a, Request& request, ipc::Call& call) {
  SetPassword& p = *request.mutable_set_password();
  std::optional<auth::Secret> secret = auth::Secret::take(std::move(*p.mutable_secret()));
  auto putting = put_account(a, p.name(), {}, {}, std::move(secret), call);
  co_return co_await std::move(putting);
}

io::Task<Reply> on_put_alias(Authd& a, Request& request, ipc::Call& call) {
  const PutAlias& p = request.put_alias();
  co_return done(a, a.directory->put_alias(p.name(), strings(p.targets()), {p.create(), false}), false, call);
}

io::Task<Reply> on_put_group(Authd& a, Request& request, ipc::Call& call) {
  const PutGroup& p = request.put_group();
  std::optional<std::string> text;
  if (p.has_description()) text = p.description();
  co_return done(a, a.directory->put_group(p.name(), strings(p.members()), text, {p.create(), false}), false,
                 call);
}

io::Task<Reply> on_put_list(Authd& a, Request& request, ipc::Call& call) {
  const PutList& p = request.put_list();
  std::optional<std::string> text;
  if (p.has_description()) text = p.description();
  co_return done(a, a.directory->put_list(p.name(), strings(p.members()), text, {p.create(), false}), false,
                 call);
}

io::Task<Reply> on_delete(Authd& a, Request& request, ipc::Call& call) {
  const Delete& d = request.delete_();
  auto kind = auth::parse_kind(d.kind());
  if (!kind) co_return error_reply(kind.error());
  co_return done(a, a.directory->remove(*kind, d.name(), d.dry_run()), d.dry_run(), call);
}

io::Task<Reply> on_undelete(Authd& a, Request& request, ipc::Call& call) {
  const Undelete& u = request.undelete();
  co_return done(a, a.directory->undelete(u.name(), u.id(), u.as(), u.dry_run()), u.dry_run(), call);
}

io::Task<Reply> on_list(Authd& a, Request& request, ipc::Call& call) {
  const List& l = request.list();
  bool deleted = l.kind() == "deleted";
  auto kind = deleted ? auth::Kind::account : auth::parse_kind(l.kind());
  if (!kind) co_return error_reply(kind.error());
  std::string after;
  do {
    auto page = deleted ? a.directory->list_deleted(after) : a.directory->list(*kind, l.domain(), after);
    if (!page) co_return error_reply(page.error());
    after = std::move(page->after);
    auto sending = send_page(call, std::move(page->entries));
    if (!co_await std::move(sending)) break;
  } while (!after.empty());
  Reply r;
  r.mutable_entries()->set_end(true);
  co_return r;
}

io::Task<Reply> on_show(Authd& a, Request& request, ipc::Call&) {
  const Show& s = request.show();
  auto kind = auth::parse_kind(s.kind());
  if (!kind) co_return error_reply(kind.error());
  auto e = a.directory->show(*kind, s.name());
  if (!e) co_return error_reply(e.error());
  Reply r;
  fill(*r.mutable_entries()->add_entries(), std::move(*e));
  r.mutable_entries()->set_end(true);
  co_return r;
}

io::Task<Reply> on_stats(Authd& a, Request&, ipc::Call&) {
  Reply r;
  auto& out = *r.mutable_stats()->mutable_counters();
  const Authd::Counters& c = a.counters;
  out["logins"] = c.logins;
  out["login_failures"] = c.failures;
  out["logins_refused"] = c.refused;
  out["cached"] = c.cached;
  out["hashes"] = c.hashes;
  out["tickets"] = c.tickets;
  out["renewals"] = c.renewals;
  out["resolved"] = c.resolved;
  out["directory_changes"] = c.changes;
  out["outbox_done"] = c.outbox;
  out["exchanges"] = a.exchanges.size();
  out["cached_accounts"] = a.cache.accounts();
  auto waiting = a.directory->outbox(1'000);
  if (waiting) out["outbox"] = waiting->size();
  out["audit_number"] = a.audit_log->head().number;
  out["audit_hash"] = a.audit_log->head().short_hash();
  co_return r;
}

}  // namespace postern::authd
