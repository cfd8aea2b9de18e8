// What a success yields: tickets, and their renewal while the generation holds.
#include "auth/limits.h"
#include "base/log.h"
#include "base/system.h"
#include "cmd/authd/authd.h"
#include "cmd/authd/limits.h"

namespace postern::authd {

base::Result<std::string> sign_ticket(Authd& a, const auth::Account& account,
                                      const std::vector<auth::Id>& groups, const TicketFor& what,
                                      std::int64_t now) {
  auth::Ticket t;
  t.kind = what.kind;
  t.principal = account.id;
  t.name = account.name;
  t.groups = groups;
  // A member of very many groups loses the rights of the last ones rather than his login.
  if (t.groups.size() > auth::kMaxTicketGroups) t.groups.resize(auth::kMaxTicketGroups);
  t.generation = account.generation;
  t.session = std::string(what.session.substr(0, 128));
  t.issued = now;
  t.expires = now + auth::kTicketSeconds;
  t.quota_bytes = account.quota_bytes;
  t.quota_emails = account.quota_emails;
  t.quota_mailboxes = account.quota_mailboxes;
  t.admin = account.admin;
  t.account = what.kind == auth::TicketKind::deliver ? account.id : 0;
  t.service = std::string(what.service.substr(0, 64));
  ++a.counters.tickets;
  return a.signer.sign(t);
}

Reply grant(Authd& a, const auth::Account& account, const std::vector<auth::Id>& groups,
            std::string_view service, std::string_view session) {
  std::int64_t now = base::unix_now();
  auto ticket = sign_ticket(a, account, groups, {auth::TicketKind::user, service, session}, now);
  if (!ticket) return error_reply(ticket.error());
  ++a.counters.logins;
  Reply r;
  LoginOk& ok = *r.mutable_ok();
  ok.set_ticket(std::move(*ticket));
  ok.set_account(account.id);
  ok.set_name(account.name);
  ok.set_expires(static_cast<std::uint64_t>(now + auth::kTicketSeconds));
  ok.set_generation(account.generation);
  ok.set_quota_bytes(account.quota_bytes);
  ok.set_description(account.description);
  return r;
}

io::Task<Reply> on_renew(Authd& a, Request& request, ipc::Call&) {
  auto old = a.verifier->verify_expired(request.renew().ticket(), base::unix_now(), kRenewGrace);
  if (!old) co_return error_reply("EXPIRED", old.error().what);
  const auth::Ticket& t = **old;
  if (t.kind != auth::TicketKind::user) co_return error_reply("DENIED", "only tickets of users are renewed");
  auto account = a.directory->account(t.principal);
  if (!account && account.error().code != "NOT_FOUND") co_return error_reply(account.error());
  if (!account || account->generation != t.generation || account->disabled)
    co_return error_reply("EXPIRED", "the account has changed, log in again");
  auto groups = a.directory->groups_of(t.principal);
  if (!groups) co_return error_reply(groups.error());
  ++a.counters.renewals;
  co_return grant(a, *account, *groups, t.service, t.session);
}

base::Result<auth::Account> account_of_ticket(Authd& a, std::string_view ticket) {
  auto t = a.verifier->verify(ticket, base::unix_now());
  if (!t) return base::fail(base::Fault::permanent, t.error().what, "EXPIRED");
  if ((*t)->kind != auth::TicketKind::user)
    return base::fail(base::Fault::permanent, "not the ticket of a user", "DENIED");
  auto account = a.directory->account((*t)->principal);
  if (!account && account.error().code != "NOT_FOUND") return account;
  if (!account || account->generation != (*t)->generation)
    return base::fail(base::Fault::permanent, "the account has changed, log in again", "EXPIRED");
  return account;
}

namespace {

// Of no account.
Reply grant_nameless(Authd& a, auth::TicketKind kind, std::string_view service, std::string name) {
  auth::Account holder;
  holder.name = std::move(name);
  std::int64_t now = base::unix_now();
  auto ticket = sign_ticket(a, holder, {}, {kind, service, {}}, now);
  if (!ticket) return error_reply(ticket.error());
  Reply r;
  r.mutable_ok()->set_ticket(std::move(*ticket));
  r.mutable_ok()->set_name(holder.name);
  r.mutable_ok()->set_expires(static_cast<std::uint64_t>(now + auth::kTicketSeconds));
  return r;
}

}  // namespace

io::Task<Reply> on_admin_ticket(Authd& a, Request&, ipc::Call& call) {
  base::log(base::Level::info, "admin_ticket", {{"uid", call.info().uid}, {"pid", call.info().pid}});
  co_return grant_nameless(a, auth::TicketKind::admin, "postern", "admin uid " + std::to_string(call.info().uid));
}

io::Task<Reply> on_index_ticket(Authd& a, Request&, ipc::Call&) {
  co_return grant_nameless(a, auth::TicketKind::index, "indexer", "indexer");
}

// A disabled account's mail can still be exported.
io::Task<Reply> on_user_ticket(Authd& a, Request& request, ipc::Call& call) {
  auto entry = a.directory->login(request.user_ticket().name());
  if (!entry) co_return error_reply(entry.error());
  if (auto noted = note(a, call, "ticket for a user", {{"account", entry->account.name}}); !noted)
    co_return error_reply(noted.error());
  base::log(base::Level::info, "user_ticket",
            {{"user", entry->account.name}, {"uid", call.info().uid}, {"pid", call.info().pid}});
  co_return grant(a, entry->account, entry->groups, "postern", "admin");
}

}  // namespace postern::authd
