// CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE.  RFC 9051 6.3.4-6.3.8, RFC 6154 (USE), RFC 8474
// (MAILBOXID).
#include <algorithm>

#include "cmd/imapd/commands.h"
#include "cmd/imapd/lost_subscriptions.h"
#include "cmd/imapd/mailboxes.h"
#include "cmd/imapd/notify.h"
#include "cmd/imapd/sharing.h"
#include "model/ids.h"

namespace postern::imapd {

namespace {

// The own mailbox says itself whether it is subscribed; of another's, the subscriber keeps it.
io::Task<Reply> subscribe(Session& s, std::string wire, bool on) {
  auto name = canonical(s, wire);
  if (!name) co_return from_error(name.error());
  if (!on) {
    auto done = co_await keep_subscription(s, *name, false);
    if (!done) co_return from_error(done.error());
  }
  auto found = co_await find_mailbox(s, std::move(wire));
  // RFC 9051 6.3.8: what is not subscribed need not be there.  Of what others share it is not known: a grant may come back.
  if (!found && !on && found.error().code == "NOT_FOUND" && !in_namespace(s, *name)) co_return ok("Done");
  if (!found) co_return from_error(found.error());
  if (s.notify) s.notify->mine(found->name);
  if (found->account != s.home) {
    if (auto may = permit(*found, on ? model::kLookup : 0); !may) co_return from_error(may.error());
    auto done = co_await subscribe_shared(s, {found->account->id, found->record.id()}, on);
    co_return done ? ok("Done") : from_error(done.error());
  }
  stored::Request request;
  stored::UpdateMailbox& u = *request.mutable_update_mailbox();
  u.set_id(found->record.id());
  u.set_subscribed(on);
  auto reply = co_await s.shared.store.write(*s.self, std::move(request));
  if (!reply) co_return from_error(reply.error());
  co_return ok("Done");
}

// A new mailbox of a name that is subscribed is so itself from now on.
io::Task<void> take_subscription(Session& s, std::string name, std::uint32_t mailbox) {
  auto lost = co_await lost_subscriptions(s);
  if (!lost || std::ranges::find(*lost, name) == lost->end()) co_return;
  stored::Request request;
  request.mutable_update_mailbox()->set_id(mailbox);
  request.mutable_update_mailbox()->set_subscribed(true);
  auto reply = co_await s.shared.store.write(*s.self, std::move(request));
  if (reply) (void)co_await keep_subscription(s, std::move(name), false);
}

}  // namespace

Answer run_create(Session& s, imap::CreateArgs args) {
  auto name = canonical(s, args.mailbox, true);
  if (!name) co_return from_error(name.error());
  auto place = co_await place_for(s, *name);
  if (!place) co_return from_error(place.error());
  if (s.notify) s.notify->mine(*name);
  stored::Request request;
  stored::CreateMailbox& create = *request.mutable_create_mailbox();
  for (std::string& c : place->path) create.add_path(std::move(c));
  // A mailbox has one role at most, \All is the server's, and \Flagged stands for a search.
  if (args.uses.size() > 1) co_return no("One use at most", "USEATTR");
  if (!args.uses.empty()) {
    std::string_view role = role_of(args.uses[0]);
    if (role.empty()) co_return no("That use is not supported", "USEATTR");
    create.set_role(std::string(role));
  }
  auto reply = co_await s.shared.store.write(*place->login, std::move(request));
  if (!reply && !args.uses.empty() && (reply.error().code == "INVALID" || reply.error().code == "CONFLICT"))
    co_return no("Another mailbox has that use", "USEATTR");
  if (!reply) co_return from_error(reply.error());
  if (place->account == s.home) co_await take_subscription(s, *name, reply->created().id());
  std::string_view written = args.mailbox;
  if (written.ends_with('/')) written.remove_suffix(1);
  tell_normalized(s, "", *name, written);
  std::string code = "MAILBOXID (";
  code += model::format_id(model::IdKind::mailbox, place->account->id, reply->created().id());
  code += ')';
  co_return ok("Created", std::move(code));
}

Answer run_delete(Session& s, imap::MailboxArgs args) {
  auto found = co_await find_mailbox(s, args.mailbox);
  if (!found) co_return from_error(found.error());
  if (found->name == "INBOX") co_return no("INBOX stays", "CANNOT");
  if (s.notify) s.notify->mine(found->name);
  // First, or it would be lost by a crash between the two; while there is a mailbox it makes no difference.
  bool subscribed = found->record.subscribed() && found->account == s.home;
  if (subscribed) (void)co_await keep_subscription(s, found->name, true);
  stored::Request request;
  request.mutable_delete_mailbox()->set_id(found->record.id());
  auto reply = co_await s.shared.store.write(*found->login, std::move(request));
  if (!reply && subscribed) (void)co_await keep_subscription(s, found->name, false);
  if (!reply) co_return from_error(reply.error());
  tell_normalized(s, "\\NonExistent", found->name, args.mailbox);
  if (s.box && s.account == found->account && s.box->id == found->record.id()) {
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
  if (*to == found->name) co_return no("That is its name", "ALREADYEXISTS");
  if (to->starts_with(found->name + "/") && found->name != "INBOX")
    co_return no("A mailbox can't go into itself", "CANNOT");
  auto place = co_await place_for(s, *to);
  if (!place) co_return from_error(place.error());
  if (place->account != found->account) co_return no("A mailbox stays in its account", "CANNOT");
  if (s.notify) s.notify->mine(*to);
  stored::Request request;
  stored::UpdateMailbox& u = *request.mutable_update_mailbox();
  u.set_id(found->record.id());
  std::vector<std::string>& path = place->path;
  u.set_name(path.back());
  path.pop_back();
  if (path.empty()) u.set_parent(0);
  for (std::string& c : path) u.add_new_parent_path(std::move(c));
  u.set_inbox_rename(found->name == "INBOX");
  auto reply = co_await s.shared.store.write(*found->login, std::move(request));
  if (!reply) co_return from_error(reply.error());
  if (s.box) s.box->dirty = true;
  if (s.rev2 && (*to != args.to || found->name != args.from)) s.write(list_line(s, "", *to, args.from));
  co_return ok("Renamed");
}

Answer run_subscribe(Session& s, imap::MailboxArgs args) {
  return subscribe(s, std::move(args.mailbox), true);
}

Answer run_unsubscribe(Session& s, imap::MailboxArgs args) {
  return subscribe(s, std::move(args.mailbox), false);
}

}  // namespace postern::imapd
