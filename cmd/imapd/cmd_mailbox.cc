// CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE.  RFC 9051 6.3.4-6.3.8, RFC 6154 (USE), RFC 8474
// (MAILBOXID).
#include "cmd/imapd/commands.h"
#include "cmd/imapd/mailboxes.h"
#include "cmd/imapd/notify.h"
#include "model/ids.h"

namespace postern::imapd {

namespace {

// One change of one mailbox, named on the wire.
io::Task<Reply> update(Session& s, std::string wire, void (*change)(stored::UpdateMailbox&)) {
  auto found = co_await find_mailbox(s, std::move(wire));
  if (!found) co_return from_error(found.error());
  if (s.notify) s.notify->mine(found->name);
  stored::Request request;
  stored::UpdateMailbox& u = *request.mutable_update_mailbox();
  u.set_id(found->record.id());
  change(u);
  auto reply = co_await s.shared.store.write(*s.login, std::move(request));
  if (!reply) co_return from_error(reply.error());
  co_return ok("Done");
}

}  // namespace

Answer run_create(Session& s, imap::CreateArgs args) {
  auto name = canonical(s, args.mailbox, true);
  if (!name) co_return from_error(name.error());
  if (s.notify) s.notify->mine(*name);
  stored::Request request;
  stored::CreateMailbox& create = *request.mutable_create_mailbox();
  for (std::string& c : components(*name)) create.add_path(std::move(c));
  // A mailbox has one role at most, and what stands for a search (\All, \Flagged) can't be made.
  if (args.uses.size() > 1) co_return no("One use at most", "USEATTR");
  if (!args.uses.empty()) {
    std::string_view role = role_of(args.uses[0]);
    if (role.empty()) co_return no("That use is not supported", "USEATTR");
    create.set_role(std::string(role));
  }
  auto reply = co_await s.shared.store.write(*s.login, std::move(request));
  if (!reply && !args.uses.empty() && (reply.error().code == "INVALID" || reply.error().code == "CONFLICT"))
    co_return no("Another mailbox has that use", "USEATTR");
  if (!reply) co_return from_error(reply.error());
  std::string code = "MAILBOXID (";
  code += model::format_id(model::IdKind::mailbox, s.account->id, reply->created().id());
  code += ')';
  co_return ok("Created", std::move(code));
}

Answer run_delete(Session& s, imap::MailboxArgs args) {
  auto found = co_await find_mailbox(s, args.mailbox);
  if (!found) co_return from_error(found.error());
  if (found->name == "INBOX") co_return no("INBOX stays", "CANNOT");
  if (s.notify) s.notify->mine(found->name);
  stored::Request request;
  request.mutable_delete_mailbox()->set_id(found->record.id());
  auto reply = co_await s.shared.store.write(*s.login, std::move(request));
  if (!reply) co_return from_error(reply.error());
  if (s.box && s.box->id == found->record.id()) {
    s.write(std::string_view("* OK [CLOSED] Deleted\r\n"));
    s.unselect();
  }
  co_return ok("Deleted");
}

Answer run_rename(Session& s, imap::RenameArgs args) {
  auto to = canonical(s, args.to, true);
  if (!to) co_return from_error(to.error());
  auto found = co_await find_mailbox(s, args.from);
  if (!found) co_return from_error(found.error());
  if (to->starts_with(found->name + "/") && found->name != "INBOX")
    co_return no("A mailbox can't go into itself", "CANNOT");
  if (s.notify) s.notify->mine(*to);
  stored::Request request;
  stored::UpdateMailbox& u = *request.mutable_update_mailbox();
  u.set_id(found->record.id());
  std::vector<std::string> path = components(*to);
  u.set_name(path.back());
  path.pop_back();
  if (path.empty()) u.set_parent(0);
  for (std::string& c : path) u.add_new_parent_path(std::move(c));
  u.set_inbox_rename(found->name == "INBOX");
  auto reply = co_await s.shared.store.write(*s.login, std::move(request));
  if (!reply) co_return from_error(reply.error());
  if (s.box) s.box->dirty = true;
  co_return ok("Renamed");
}

Answer run_subscribe(Session& s, imap::MailboxArgs args) {
  return update(s, std::move(args.mailbox), [](stored::UpdateMailbox& u) { u.set_subscribed(true); });
}

Answer run_unsubscribe(Session& s, imap::MailboxArgs args) {
  return update(s, std::move(args.mailbox), [](stored::UpdateMailbox& u) { u.set_subscribed(false); });
}

}  // namespace postern::imapd
