#include "cmd/imapd/notify.h"

#include <algorithm>

#include "base/log.h"
#include "base/system.h"
#include "cmd/imapd/sharing.h"
#include "imap/writer.h"

namespace postern::imapd {

namespace {

// "* LIST (\Subscribed \HasNoChildren) "/" name\r\n"
std::string mailbox_line(const Session& s, const Mailbox& m, std::string_view old_name) {
  std::string attributes = m.record.subscribed() ? "\\Subscribed " : "";
  attributes += child_attributes(m);
  if (std::string_view use = special_use(m.record); !use.empty()) {
    attributes += ' ';
    attributes += use;
  }
  return list_line(s, attributes, m.name, old_name);
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
  unsigned events = 0;
  for (const imap::NotifyGroup& g : args.groups) {
    if (g.filter.is_selected()) {
      items_ = g.items;
      continue;
    }
    if (g.events == 0) continue;
    events |= g.events;
    groups_.push_back({choose(s, g.filter), g.events});
    const MailboxChoice& choice = groups_.back().choice;
    others_ = others_ || choice.kind == imap::MailboxFilter::Kind::subscribed ||
              std::ranges::any_of(choice.names, [&s](const std::string& name) { return in_namespace(s, name); });
  }
  if (!(events & (imap::kMailboxMetadataChange | imap::kServerMetadataChange))) return;
  auto wanted = [this](const Mailbox& m) { return (events_of(m) & imap::kMailboxMetadataChange) != 0; };
  metadata_ = std::make_unique<MetadataWatch>(events & imap::kServerMetadataChange, wanted);
}

Notify::Seen Notify::seen_of(const Mailbox& m) {
  const records::Mailbox& r = m.record;
  return {m.name,      r.name(),        r.parent(), r.rows(),    r.uidnext(),
          r.uidvalidity(), r.unseen_rows(), r.modseq(), r.subscribed()};
}

// What was asked for of a mailbox of this name.
unsigned Notify::asked_of(const Mailbox& m) const {
  unsigned out = 0;
  for (const Group& g : groups_)
    if (g.choice.has(m)) out |= g.events;
  return out;
}

// And what of it the user may be told.
unsigned Notify::events_of(const Mailbox& m) const {
  constexpr model::Rights kNeeded = model::kLookup | model::kRead;
  return (m.rights & kNeeded) == kNeeded ? asked_of(m) : 0;
}

std::uint64_t Notify::pause() const {
  std::uint64_t now = base::monotonic_ms();
  return next_look_ > now ? next_look_ - now : 0;
}

void Notify::watch(Session& s, std::shared_ptr<client::Login> login, std::uint64_t account) {
  auto& slot = watches_[account];
  if (slot) return;
  slot = std::make_unique<client::Watch>(s.shared.store, std::move(login), account, 0, [this, &s, account](std::uint64_t) {
    if (account == 0) metadata_->server_changed();
    dirty_ = true;
    s.changed.notify();
  });
}

// The mailboxes, after each account that they are in is watched: nothing falls between the list and the watch.
io::Task<base::Result<MailboxList>> Notify::load(Session& s) {
  watch(s, s.self, s.home->id);
  if (metadata_) watch(s, s.self, 0);
  for (;;) {
    auto list = others_ ? co_await MailboxList::load_all(s) : co_await MailboxList::load(s);
    if (!list) co_return list;
    std::size_t before = watches_.size();
    for (const MailboxList::Source& source : list->sources()) watch(s, source.login, source.login->account());
    if (watches_.size() == before) co_return list;
  }
}

io::Task<base::Result<>> Notify::begin(Session& s, bool status) {
  if (!watches()) co_return base::Result<>{};
  co_return co_await take_look(s, status);
}

// The first look.
io::Task<base::Result<>> Notify::take_look(Session& s, bool status) {
  auto list = co_await load(s);
  if (!list) co_return base::pass(list);
  if (!keep(*list)) co_return base::fail(base::Fault::limit, "too many mailboxes to watch", "LIMIT");
  if (metadata_) {
    auto looked = co_await metadata_->look(s, *list);
    if (!looked) co_return looked;
  }
  tell_access(s, *list);
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
  auto list = co_await load(s);
  base::Result<> looked;
  if (!list) looked = base::pass(list);
  if (list) {
    compare(s, *list);
    tell_access(s, *list);
    bool fits = keep(*list);
    if (fits && metadata_) looked = co_await metadata_->look(s, *list);
    if (!fits || (!looked && looked.error().code == "LIMIT")) {
      overflow(s);
      looked = {};
    }
  }
  if (!looked) {
    dirty_ = true;
    base::log(base::Level::warning, "notify",
              {{"session", s.connection.session.id()}, {"error", looked.error().what}});
  }
  // A long list is looked at less often: a tenth of the time at most goes into it.
  std::uint64_t now = base::monotonic_ms();
  next_look_ = now + std::max(kNotifyPauseMs, 10 * (now - start));
}

// What is compared with next time; false when it would be too much.
bool Notify::keep(const MailboxList& list) {
  seen_.clear();
  for (const Mailbox& m : list.all())
    if (events_of(m) != 0) seen_.emplace(key_of(m), seen_of(m));
  mine_.clear();
  return seen_.size() <= kMaxNotified;
}

// RFC 5465 5.8: as after NOTIFY NONE.
void Notify::overflow(Session& s) {
  s.write(std::string_view("* OK [NOTIFICATIONOVERFLOW] Too much to watch\r\n"));
  s.events = {.messages = false, .flags = false};
  groups_.clear();
  seen_.clear();
  metadata_.reset();
  watches_.clear();
}

void Notify::compare(Session& s, const MailboxList& list) {
  listed_.clear();
  for (const Mailbox& m : list.all()) {
    unsigned events = events_of(m);
    if (events == 0) continue;
    auto old = seen_.find(key_of(m));
    compare_names(s, list, m, old == seen_.end() ? nullptr : &old->second, events);
    bool selected = m.is_selected(s);
    if (old != seen_.end() && !selected) compare_messages(s, m, old->second, events);
  }
  for (const auto& [key, old] : seen_) tell_gone(s, list, old, key);
}

// RFC 5465 3.1 and 5.9: a mailbox that is listed and may not be read, and one that may be read again.
void Notify::tell_access(Session& s, const MailboxList& list) {
  std::set<Key> now;
  for (const Mailbox& m : list.all()) {
    Key key = key_of(m);
    if (m.record.id() == 0 || !m.listed() || asked_of(m) == 0) continue;
    if (m.rights & model::kRead) {
      if (no_access_.contains(key)) s.write(mailbox_line(s, m, {}));
      continue;
    }
    now.insert(key);
    if (no_access_.contains(key)) continue;
    s.write(list_line(s, "\\NoAccess", m.name));
  }
  no_access_ = std::move(now);
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
  if (is_new && no_access_.contains(key_of(m))) return;  // tell_access() tells it
  s.write(mailbox_line(s, m, renamed ? std::string_view(old->name) : std::string_view()));
  if (is_new && events & imap::kMailboxName) tell_parent(s, list, {m.login->account(), m.record.parent()});
}

void Notify::compare_messages(Session& s, const Mailbox& m, const Seen& old, unsigned events) {
  const records::Mailbox& r = m.record;
  bool messages = old.rows != r.rows() || old.uidnext != r.uidnext();
  bool flags = old.unseen != r.unseen_rows() || ((s.condstore || s.qresync) && old.modseq != r.modseq());
  bool modseq = (s.condstore || s.qresync) && old.modseq != r.modseq();
  bool wanted = (events & imap::kMessageNew && messages) || (events & imap::kFlagChange && flags) ||
                (events & imap::kAnnotationChange && modseq) ||
                (events & imap::kMessageEvents && old.uidvalidity != r.uidvalidity());
  if (wanted) s.write(status_line(s, m, events));
}

// One that was told of: it may be gone, or have left the choice of mailboxes because it was unsubscribed or renamed, or be
// hidden by a right that was taken away.
void Notify::tell_gone(Session& s, const MailboxList& list, const Seen& old, Key key) {
  const Mailbox* now = list.find(key.first, key.second);
  if (now && events_of(*now) != 0) return;
  Mailbox before;
  before.name = old.name;
  before.record.set_subscribed(old.subscribed);
  before.account = s.shared.account(key.first);
  unsigned events = asked_of(before);
  if (now && now->listed()) {
    // What may not be read any more is told by tell_access().
    if (mine_.contains(now->name) || !(now->rights & model::kRead)) return;
    bool renamed = old.own_name != now->record.name() || old.parent != now->record.parent();
    bool subscription = old.subscribed != now->record.subscribed();
    if ((events & imap::kMailboxName && renamed) || (events & imap::kSubscriptionChange && subscription))
      s.write(mailbox_line(s, *now, renamed ? std::string_view(old.name) : std::string_view()));
    return;
  }
  if (!(events & imap::kMailboxName) || mine_.contains(old.name)) return;
  s.write(list_line(s, "\\NonExistent", old.name));
  tell_parent(s, list, {key.first, old.parent});
}

// RFC 5465 5.4: the parent of what was created or deleted is affected too.
void Notify::tell_parent(Session& s, const MailboxList& list, Key parent) {
  const Mailbox* m = parent.second == 0 ? nullptr : list.find(parent.first, parent.second);
  if (!m || !seen_.contains(parent) || !(events_of(*m) & imap::kMailboxName) || !listed_.insert(parent).second) return;
  s.write(mailbox_line(s, *m, {}));
}

}  // namespace postern::imapd
