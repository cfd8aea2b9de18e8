// GETQUOTA, GETQUOTAROOT, SETQUOTA.  RFC 9208.  An account has one quota root, "#user/NAME@DOMAIN"; messages count
// once however many mailboxes of the account they are in.  Others' roots are for administrators.
#include "base/text.h"
#include "cmd/imapd/commands.h"
#include "cmd/imapd/mailboxes.h"
#include "imap/writer.h"

namespace postern::imapd {

namespace {

constexpr std::string_view kUserRoot = "#user/";
constexpr std::uint64_t kUnit = 1024;  // of STORAGE

// Limits of an account; 0 = none.
struct Limits {
  std::uint64_t bytes = 0, emails = 0, mailboxes = 0;
};

std::string own_root(const Session& s) {
  return std::string(kUserRoot) + s.self->name();
}

Reply no_root() {
  return no("No such quota root, or not yours", "NOPERM");
}

// RFC 9208 4.2.1: only what is limited is listed.
void put_quota(Session& s, std::string_view root, const Limits& limits, const stored::AccountInfo& use) {
  std::string out = "* QUOTA ";
  imap::append_astring(out, root);
  out += " (";
  auto add = [&out](std::string_view name, std::uint64_t used, std::uint64_t limit) {
    if (out.back() != '(') out += ' ';
    out += name;
    out += ' ';
    imap::append_number(out, used);
    out += ' ';
    imap::append_number(out, limit);
  };
  if (limits.bytes) add("STORAGE", (use.used_bytes() + kUnit - 1) / kUnit, (limits.bytes + kUnit - 1) / kUnit);
  if (limits.emails) add("MESSAGE", use.used_emails(), limits.emails);
  if (limits.mailboxes) add("MAILBOX", use.used_mailboxes(), limits.mailboxes);
  out += ")\r\n";
  s.write(std::move(out));
}

struct Root {
  std::string name;
  bool own = false;
  std::shared_ptr<client::Login> login;
  Limits limits;  // of others: as far as authd tells this user
};

// DENIED: no account has this root.
io::Task<base::Result<Root>> find_root(Session& s, std::string name) {
  auto denied = base::fail(base::Fault::permanent, "no such quota root", "DENIED");
  if (base::iequals(name, own_root(s))) co_return Root{std::move(name), true, s.self, {}};
  if (!name.starts_with(kUserRoot)) co_return denied;
  std::vector<std::string> names{name.substr(kUserRoot.size())};
  auto found = co_await s.shared.auth.look_up(*s.self, std::move(names), {});
  if (!found) co_return base::pass(found);
  const authd::Entry& e = found->front();
  if (e.id() == 0 || e.kind() != "account") co_return denied;
  co_return Root{std::move(name), false, std::make_shared<client::Login>(s.self, e.id()),
                 {e.quota_bytes(), e.quota_emails(), e.quota_mailboxes()}};
}

// DENIED unless the user may know what the account uses: it is his, or he is an administrator.
io::Task<base::Result<stored::AccountInfo>> read_use(Session& s, const Root& root) {
  stored::Request request;
  request.mutable_get_account();
  std::shared_ptr<client::Login> login = root.login;
  bool own = root.own;
  auto reply = co_await s.shared.store.read(*login, std::move(request));
  // An account that nobody has used yet is not in the store: it uses nothing, as an administrator may know.
  if (!reply && reply.error().code == "NOT_FOUND") co_return stored::AccountInfo();
  if (!reply) co_return base::pass(reply);
  // A sharer is told where the account stands, not what it uses; every account has mailboxes.
  if (!own && reply->account().used_mailboxes() == 0)
    co_return base::fail(base::Fault::permanent, "no such quota root", "DENIED");
  co_return std::move(*reply->mutable_account());
}

}  // namespace

Answer run_getquota(Session& s, imap::QuotaRootArgs args) {
  auto root = co_await find_root(s, std::move(args.root));
  if (!root) co_return root.error().code == "DENIED" ? no_root() : from_error(root.error());
  auto use = co_await read_use(s, *root);
  if (!use) co_return use.error().code == "DENIED" ? no_root() : from_error(use.error());
  if (root->own) root->limits = {use->quota_bytes(), use->quota_emails(), use->quota_mailboxes()};
  put_quota(s, root->name, root->limits, *use);
  co_return ok("Done");
}

// RFC 9208 4.1.2: the mailbox need not be there.  What others share counts in their quota, which is theirs to know.
Answer run_getquotaroot(Session& s, imap::MailboxArgs args) {
  auto name = canonical(s, args.mailbox);
  if (!name) co_return from_error(name.error());
  auto found = co_await find_mailbox(s, args.mailbox);
  if (!found && found.error().code != "NOT_FOUND") co_return from_error(found.error());
  auto place = co_await place_for(s, *name);
  bool own = found ? found->account == s.home : place && place->account == s.home;
  std::string out = "* QUOTAROOT ";
  imap::append_mailbox(out, *name, s.utf8_names());
  if (own) {
    out += ' ';
    imap::append_astring(out, own_root(s));
  }
  out += "\r\n";
  s.write(std::move(out));
  if (!own) co_return ok("Done");
  co_return co_await run_getquota(s, {own_root(s)});
}

Answer run_setquota(Session& s, imap::SetQuotaArgs args) {
  Limits limits;
  for (const auto& [name, limit] : args.limits) {
    std::uint64_t* where = name == "STORAGE"   ? &limits.bytes
                           : name == "MESSAGE" ? &limits.emails
                           : name == "MAILBOX" ? &limits.mailboxes
                                               : nullptr;
    if (!where) co_return no("That resource has no quota here", "CANNOT");
    if (limit == 0) co_return no("A limit of 0 is not kept; leave the resource out for no limit", "CANNOT");
    if (where == &limits.bytes && limit > UINT64_MAX / kUnit) co_return no("Too large a limit", "LIMIT");
    *where = where == &limits.bytes ? limit * kUnit : limit;
  }
  auto root = co_await find_root(s, std::move(args.root));
  if (!root) co_return root.error().code == "DENIED" ? no_root() : from_error(root.error());
  auto ticket = co_await s.self->ticket();
  if (!ticket) co_return from_error(ticket.error());
  authd::Request request;
  authd::SetQuota& set = *request.mutable_set_quota();
  set.set_ticket(std::move(*ticket));
  set.set_account(root->login->account());
  // Limits that are not named are taken away (RFC 9208 4.1.3).
  set.set_quota_bytes(limits.bytes);
  set.set_quota_emails(limits.emails);
  set.set_quota_mailboxes(limits.mailboxes);
  auto done = co_await s.shared.auth.call(std::move(request));
  if (!done) co_return done.error().code == "DENIED" ? no_root() : from_error(done.error());
  auto use = co_await read_use(s, *root);
  if (!use) co_return from_error(use.error());
  put_quota(s, root->name, limits, *use);
  co_return ok("Set");
}

}  // namespace postern::imapd
