// NOTIFY.  RFC 5465.
#include "cmd/imapd/commands.h"
#include "cmd/imapd/notify.h"

namespace postern::imapd {

namespace {

// What of the selected mailbox is to be told from now on.
MessageEvents selected_events(const imap::NotifyArgs& args) {
  MessageEvents out{.messages = false, .flags = false};
  for (const imap::NotifyGroup& g : args.groups) {
    if (!g.filter.is_selected()) continue;
    out.messages = g.events & imap::kMessageNew;
    out.flags = g.events & imap::kFlagChange;
    out.annotations = g.events & imap::kAnnotationChange;
    out.at_once = out.messages;
    out.expunge_at_once = out.messages && g.filter.kind == imap::MailboxFilter::Kind::selected;
  }
  return out;
}

}  // namespace

Answer run_notify(Session& s, imap::NotifyArgs args) {
  unsigned events = 0;
  for (const imap::NotifyGroup& g : args.groups) events |= g.events;
  if (events & ~Notify::kSupported)
    co_return no("Not all of these events are supported",
                 "BADEVENT (" + imap::event_names(Notify::kSupported) + ")");
  auto notify = std::make_shared<Notify>(args, s);
  auto begun = co_await notify->begin(s, args.status);
  if (!begun && begun.error().code == "LIMIT") co_return no("Too many mailboxes to watch", "NOTIFICATIONOVERFLOW");
  if (!begun) co_return from_error(begun.error());
  s.notify = std::move(notify);
  s.set_events(selected_events(args));
  co_return ok(args.set ? "Will notify" : "Will not notify");
}

}  // namespace postern::imapd
