#include "cmd/imapd/notify.h"

#include <algorithm>

#include "base/log.h"
#include "base/system.h"
#include "imap/writer.h"

namespace postern::imapd {

namespace {

// "* LIST (\Subscribed \HasNoChildren) "/" name\r\n"
std::string list_line(const Session& s, const Mailbox& m, std::string_view old_name) {
  std::string out = "* LIST (";
  if (m.record.subscribed()) out += "\\Subscribed ";
  out += m.has_children ? "\\HasChildren" : "\\HasNoChildren";
  if (std::string_view use = special_use(m.record.role()); !use.empty()) {
    out += ' ';
    out += use;
  }
  out += ") \"/\" ";
  imap::append_mailbox(out, m.name, s.utf8_names());
  if (!old_name.empty()) {
    out += " (\"OLDNAME\" (";
    imap::append_mailbox(out, old_name, s.utf8_names());
    out += "))";
  }
  return out += "\r\n";
}

std::string status_line(const Session& s, const Mailbox& m, unsigned events) {
  std::string out = "* STATUS ";
  imap::append_mailbox(out, m.name, s.utf8_names());
  auto item = [&out](std::string_view name, std::uint64_t n) {
    out += name;
    imap::append_number(out, n);
  };
  item(" (MESSAGES ", m.record.rows());
  item(" UIDNEXT ", m.record.uidnext());
  item(" UIDVALIDITY ", m.record.uidvalidity());
  if (events & imap::kFlagChange) item(" UNSEEN ", m.record.unseen_rows());
  if (s.condstore || s.qresync) item(" HIGHESTMODSEQ ", std::max<std::uint64_t>(m.record.modseq(), 1));
  return out += ")\r\n";
}

}  // namespace

Notify::Notify(const imap::NotifyArgs& args, const Session& s) {
  for (const imap::NotifyGroup& g : args.groups) {
    if (g.filter.is_selected()) {
      items_ = g.items;
    } else if (g.events != 0) {
      groups_.push_back({choose(s, g.filter), g.events});
    }
  }
}

Notify::Seen Notify::seen_of(const Mailbox& m) {
  const records::Mailbox& r = m.record;
  return {m.name,      r.name(),        r.parent(), r.rows(),    r.uidnext(),
          r.uidvalidity(), r.unseen_rows(), r.modseq(), r.subscribed()};
}

unsigned Notify::events_of(const Mailbox& m) const {
  unsigned out = 0;
  for (const Group& g : groups_)
    if (g.choice.has(m)) out |= g.events;
  return out;
}

std::uint64_t Notify::pause() const {
  std::uint64_t now = base::monotonic_ms();
  return next_look_ > now ? next_look_ - now : 0;
}

io::Task<base::Result<>> Notify::begin(Session& s, bool status) {
  if (!watches()) co_return base::Result<>{};
  // Watching begins before the look, so that nothing falls between them.
  watch_ = std::make_unique<client::Watch>(s.shared.store, s.self, s.home->id, 0, [this, &s](std::uint64_t) {
    dirty_ = true;
    s.changed.notify();
  });
  auto list = co_await MailboxList::load(s);
  if (!list) co_return base::pass(list);
  if (!keep(*list)) co_return base::fail(base::Fault::limit, "too many mailboxes to watch", "LIMIT");
  if (!status) co_return base::Result<>{};
  std::size_t n = 0;
  for (const Mailbox& m : list->all()) {
    unsigned events = events_of(m);
    if (!(events & imap::kMessageEvents) || m.is_selected(s)) continue;
    s.write(status_line(s, m, events));
    if (++n % 512 == 0) (void)co_await s.breathe();
  }
  co_return base::Result<>{};
}

io::Task<void> Notify::look(Session& s) {
  if (!dirty_ || pause() > 0) co_return;
  dirty_ = false;
  std::uint64_t start = base::monotonic_ms();
  auto list = co_await MailboxList::load(s);
  if (!list) {
    dirty_ = true;
    base::log(base::Level::warning, "notify",
              {{"session", s.connection.session.id()}, {"error", list.error().what}});
  }
  if (list) {
    compare(s, *list);
    if (!keep(*list)) overflow(s);
  }
  // A long list is looked at less often: a tenth of the time at most goes into it.
  std::uint64_t now = base::monotonic_ms();
  next_look_ = now + std::max(kNotifyPauseMs, 10 * (now - start));
}

// What is compared with next time; false when it would be too much.
bool Notify::keep(const MailboxList& list) {
  seen_.clear();
  for (const Mailbox& m : list.all())
    if (events_of(m) != 0) seen_.emplace(m.record.id(), seen_of(m));
  mine_.clear();
  return seen_.size() <= kMaxNotified;
}

// RFC 5465 5.8: as after NOTIFY NONE.
void Notify::overflow(Session& s) {
  s.write(std::string_view("* OK [NOTIFICATIONOVERFLOW] Too many mailboxes to watch\r\n"));
  s.events = {.messages = false, .flags = false};
  groups_.clear();
  seen_.clear();
  watch_.reset();
}

void Notify::compare(Session& s, const MailboxList& list) {
  listed_.clear();
  for (const Mailbox& m : list.all()) {
    auto old = seen_.find(m.record.id());
    unsigned events = events_of(m);
    if (events == 0) continue;
    compare_names(s, list, m, old == seen_.end() ? nullptr : &old->second, events);
    bool selected = m.is_selected(s);
    if (old != seen_.end() && !selected) compare_messages(s, m, old->second, events);
  }
  std::set<std::uint32_t> there;
  for (const Mailbox& m : list.all()) there.insert(m.record.id());
  for (const auto& [id, old] : seen_) tell_gone(s, list, old, there.contains(id), id);
}

void Notify::compare_names(Session& s, const MailboxList& list, const Mailbox& m, const Seen* old, unsigned events) {
  bool is_new = old == nullptr;
  // What is below a renamed mailbox keeps its own name and parent.
  bool renamed = old && (old->own_name != m.record.name() || old->parent != m.record.parent());
  bool subscription = old && old->subscribed != m.record.subscribed();
  if (is_new) subscription = m.record.subscribed();
  bool wanted = (events & imap::kMailboxName && (is_new || renamed)) ||
                (events & imap::kSubscriptionChange && subscription);
  if (!wanted || mine_.contains(m.name)) return;
  s.write(list_line(s, m, renamed ? std::string_view(old->name) : std::string_view()));
  if (is_new && events & imap::kMailboxName) tell_parent(s, list, m.record.parent());
}

void Notify::compare_messages(Session& s, const Mailbox& m, const Seen& old, unsigned events) {
  const records::Mailbox& r = m.record;
  bool messages = old.rows != r.rows() || old.uidnext != r.uidnext();
  bool flags = old.unseen != r.unseen_rows() || ((s.condstore || s.qresync) && old.modseq != r.modseq());
  bool wanted = (events & imap::kMessageNew && messages) || (events & imap::kFlagChange && flags) ||
                (events & imap::kMessageEvents && old.uidvalidity != r.uidvalidity());
  if (wanted) s.write(status_line(s, m, events));
}

// `there`: it exists, and may have left the choice of mailboxes: it was unsubscribed or renamed.
void Notify::tell_gone(Session& s, const MailboxList& list, const Seen& old, bool there, std::uint32_t id) {
  Mailbox before;
  before.name = old.name;
  before.record.set_subscribed(old.subscribed);
  unsigned events = events_of(before);
  if (there) {
    const Mailbox* now = list.find(id);
    if (events_of(*now) != 0 || mine_.contains(now->name)) return;
    bool renamed = old.own_name != now->record.name() || old.parent != now->record.parent();
    bool subscription = old.subscribed != now->record.subscribed();
    if ((events & imap::kMailboxName && renamed) || (events & imap::kSubscriptionChange && subscription))
      s.write(list_line(s, *now, renamed ? std::string_view(old.name) : std::string_view()));
    return;
  }
  if (!(events & imap::kMailboxName) || mine_.contains(old.name)) return;
  std::string out = "* LIST (\\NonExistent) \"/\" ";
  imap::append_mailbox(out, old.name, s.utf8_names());
  out += "\r\n";
  s.write(std::move(out));
  tell_parent(s, list, old.parent);
}

// RFC 5465 5.4: the parent of what was created or deleted is affected too.
void Notify::tell_parent(Session& s, const MailboxList& list, std::uint32_t parent) {
  const Mailbox* m = parent == 0 ? nullptr : list.find(parent);
  if (!m || !seen_.contains(parent) || !(events_of(*m) & imap::kMailboxName) || !listed_.insert(parent).second) return;
  s.write(list_line(s, *m, {}));
}

}  // namespace postern::imapd
