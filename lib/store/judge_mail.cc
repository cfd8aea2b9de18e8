// Mailboxes, emails, and the rows that show an email in a mailbox.
#include <algorithm>
#include <unordered_set>

#include "base/text.h"
#include "model/rows.h"
#include "store/flag_rows.h"
#include "store/judge.h"
#include "store/keys.h"
#include "store/limits.h"

namespace postern::store {

namespace {

std::string row_words(std::uint32_t mailbox, std::uint32_t uid) {
  return "mailbox " + std::to_string(mailbox) + " uid " + std::to_string(uid);
}
std::string email_words(std::uint64_t id) { return "email " + std::to_string(id); }

model::Flags flags_of(const records::Email& e, const records::Place& p) {
  model::Flags f{e.flags_lo(), e.flags_hi()};
  return p.deleted() ? f | model::kDeletedBit : f;
}

}  // namespace

bool Judge::alive(std::uint32_t mailbox) const {
  auto it = p_.mailboxes.find(mailbox);
  return it != p_.mailboxes.end() && !it->second.destroyed();
}

// Under a new UIDVALIDITY: what clients know of it by its old one is lost with the row.
records::Mailbox& Judge::mailbox_again(std::uint32_t id, std::string name) {
  auto& a = *p_.account;
  a.set_last_uidvalidity(std::max(a.last_uidvalidity() + 1, static_cast<std::uint32_t>(now_)));
  auto& m = p_.mailboxes[id];
  m.set_id(id);
  m.set_name(std::move(name));
  m.set_uidvalidity(a.last_uidvalidity());
  m.set_uidnext(p_.highest_uid[id] + 1);
  m.set_recent_from(1);
  m.set_subscribed(true);
  m.set_created_modseq(modseq_);
  m.set_created(static_cast<std::uint64_t>(now_));
  find("mailbox", "mailbox " + std::to_string(id), "its row is lost: it is made again as " + m.name(), true);
  return m;
}

void Judge::mailboxes() {
  for (const auto& [id, m] : p_.mailboxes) mailboxes_were_[id] = m.SerializeAsString();
  std::set<std::uint32_t> missing;
  for (const auto& [_, e] : p_.emails)
    for (const auto& place : e.rec.places())
      if (!p_.mailboxes.contains(place.mailbox())) missing.insert(place.mailbox());
  // A lost row of a mailbox and lost records of its emails leave only the uid rows.
  for (const auto& d : p_.damaged)
    if (d.key.size() == 5 && d.key[0] == 'M')
      if (std::uint32_t id = keys::u32_at(d.key, 1); p_.rows.contains(id)) missing.insert(id);
  missing.erase(0);
  for (std::uint32_t id : missing) mailbox_again(id, "Recovered " + std::to_string(id));
  inbox();
  tree();
  all_mail();
  // Nor may a UID come again that was expunged.
  for (auto& [id, m] : p_.mailboxes) {
    if (m.uidnext() > p_.highest_uid[id]) continue;
    find("mailbox", "mailbox " + std::to_string(id), "its UIDNEXT is not above its UIDs", true);
    m.set_uidnext(p_.highest_uid[id] + 1);
  }
}

// One INBOX at the top, whatever else is lost.
void Judge::inbox() {
  for (const auto& [_, m] : p_.mailboxes)
    if (!m.destroyed() && m.parent() == 0 && m.name() == "INBOX") return;
  auto& a = *p_.account;
  std::uint32_t id = std::max(a.next_mailbox(), p_.mailboxes.empty() ? 1 : p_.mailboxes.rbegin()->first + 1);
  a.set_next_mailbox(id + 1);
  mailbox_again(id, "INBOX").set_role("inbox");
}

bool Judge::shows_all(std::uint32_t mailbox) const {
  auto it = p_.mailboxes.find(mailbox);
  return it != p_.mailboxes.end() && it->second.all();
}

// One at most lives.
void Judge::all_mail() {
  for (auto& [id, m] : p_.mailboxes) {
    if (!m.all() || m.destroyed()) continue;
    if (all_) {
      find("mailbox", "mailbox " + std::to_string(id), "the second that shows all mail: it is an ordinary one from now on", true);
      m.clear_all();
      m.clear_role();
    } else {
      all_ = &m;
    }
  }
}

void Judge::tree() {
  std::set<std::pair<std::uint32_t, std::string>> names;
  for (auto& [id, m] : p_.mailboxes) {
    if (m.destroyed()) continue;
    std::string words = "mailbox " + std::to_string(id);
    // Up to the top, through living mailboxes.
    std::uint32_t at = m.parent();
    for (std::size_t depth = 0; at && alive(at) && at != id && depth <= kMaxDepth; ++depth)
      at = p_.mailboxes[at].parent();
    if (at != 0) {
      find("mailbox", words, "its parent is gone or below it: it goes to the top", true);
      m.set_parent(0);
    }
    std::string name = m.name();
    for (int n = 2; !names.emplace(m.parent(), m.name()).second; ++n)
      m.set_name(name.substr(0, kMaxNameBytes - 16) + " (" + std::to_string(n) + ")");
    if (name != m.name()) find("mailbox", words, "another one has its name: it becomes " + m.name(), true);
    if (m.uidvalidity() == 0) {
      auto& a = *p_.account;
      a.set_last_uidvalidity(std::max(a.last_uidvalidity() + 1, static_cast<std::uint32_t>(now_)));
      m.set_uidvalidity(a.last_uidvalidity());
      find("mailbox", words, "without a UIDVALIDITY", true);
    }
  }
}

// Emails that uid rows speak of and whose record is lost: they are made again where it is certain which body is theirs.
void Judge::lost_emails() {
  std::map<std::uint64_t, std::vector<std::pair<std::uint32_t, model::SheetRow>>> lost;
  for (const auto& [mailbox, rows] : p_.rows)
    if (alive(mailbox))
      for (const auto& row : rows)
        if (!p_.emails.contains(row.email)) lost[row.email].emplace_back(mailbox, row);
  if (lost.empty()) return;
  std::map<std::string, std::uint32_t> named;
  for (const auto& [_, e] : p_.emails) ++named[e.rec.blob()];
  std::map<std::uint64_t, std::vector<std::string>> unnamed;   // bodies that lack an email, by size
  for (const auto& [sha, b] : p_.blobs)
    if (b.emails() > named[sha]) unnamed[b.size()].push_back(sha);
  for (const auto& [id, rows] : lost) rebuild(id, rows, unnamed[rows.front().second.size]);
}

void Judge::rebuild(std::uint64_t id, const std::vector<std::pair<std::uint32_t, model::SheetRow>>& rows,
                    const std::vector<std::string>& bodies) {
  const auto& first = rows.front().second;
  if (bodies.size() != 1) {
    find("email", email_words(id),
         bodies.empty() ? "its record is lost, and no body is left for it"
                        : "its record is lost, and which body was its own is not certain",
         true);
    return;  // its rows are strays then; its body is one that no email names
  }
  find("email", email_words(id), "its record is lost: it is made again from its rows and its body", true);
  auto& e = p_.emails[id].rec;
  e.set_id(id);
  e.set_thread(first.thread);
  e.set_created_modseq(first.modseq);
  e.set_size(first.size);
  e.set_received(first.received);
  e.set_sent(first.sent);
  e.set_blob(bodies.front());
  for (const auto& [mailbox, row] : rows) {
    const auto* slot = p_.slot(mailbox, row.uid);
    model::Flags flags = slot ? slot->flags : row.flags;
    auto& place = *e.add_places();
    place.set_mailbox(mailbox);
    place.set_uid(row.uid);
    place.set_deleted(flags.has(model::kDeleted));
    e.set_flags_lo(flags.without(model::kDeletedBit).lo);
    e.set_flags_hi(flags.hi);
  }
  e.set_modseq(modseq_);
  // How much of the body delivery had put before the message is not known any more: it is parsed as a whole.
  p_.emails[id].wire = p_.emails[id].content = false;
  drop(keys::wire(id));
  drop(keys::header(id));
  drop(keys::content(id));
  put(keys::email(id), e);
}

void Judge::place(records::Email& e, records::Mailbox& m) {
  auto& place = *e.add_places();
  place.set_mailbox(m.id());
  place.set_uid(m.uidnext());
  m.set_uidnext(m.uidnext() + 1);
  taken_[{m.id(), place.uid()}] = e.id();
}

// What Txn::keep_all_mail() keeps: once, where the email is elsewhere, too.  True when the record had to change.
bool Judge::settle_all_mail(records::Email& e) {
  int elsewhere = 0, here = 0;
  bool changed = false;
  for (int i = 0; i < e.places_size(); ++i) {
    const auto& p = e.places(i);
    elsewhere += !shows_all(p.mailbox());
    if (!all_ || p.mailbox() != all_->id() || ++here == 1) continue;
    find("email", email_words(e.id()), "twice in the mailbox that shows all mail", true);
    taken_.erase({p.mailbox(), p.uid()});
    e.mutable_places()->DeleteSubrange(i--, 1);
    changed = true;
  }
  if (!elsewhere) {
    find("email", email_words(e.id()), "in no mailbox but the one that shows all mail: it goes to INBOX", true);
    to_inbox(e);
    changed = true;
  }
  if (all_ && !here && (all_->filled() || e.id() <= all_->filled_to())) {
    find("email", email_words(e.id()), "not in the mailbox that shows all mail", true);
    place(e, *all_);
    changed = true;
  }
  return changed;
}

void Judge::to_inbox(records::Email& e) {
  for (auto& [id, m] : p_.mailboxes)
    if (!m.destroyed() && m.parent() == 0 && m.name() == "INBOX") return place(e, m);
}

// True when the record had to change: each place is one that no other email has, and a living email has one.
bool Judge::settle(records::Email& e) {
  bool changed = false;
  if (e.destroyed() && e.places_size()) {
    find("email", email_words(e.id()), "destroyed, and yet in a mailbox: it lives", true);
    e.clear_destroyed();
    e.clear_lost_places();
    changed = true;
  }
  if (e.destroyed()) return changed;
  for (int i = 0; i < e.places_size();) {
    const auto& p = e.places(i);
    const auto* row = p_.row(p.mailbox(), p.uid());
    auto [it, free] = taken_.try_emplace({p.mailbox(), p.uid()}, e.id());
    bool other_has_it = !free && it->second != e.id();
    if (p.uid() != 0 && p.mailbox() != 0 && free && (!row || row->email == e.id() || !p_.emails.contains(row->email))) {
      ++i;
      continue;
    }
    if (free) taken_.erase(it);
    // The row says another email: it is that one's place if its record says so too.
    if (free && row && row->email != e.id()) {
      const auto& other = p_.emails.at(row->email).rec;
      bool theirs = std::ranges::any_of(other.places(), [&](const records::Place& o) {
        return o.mailbox() == p.mailbox() && o.uid() == p.uid();
      });
      if (!theirs || other.destroyed()) {
        taken_[{p.mailbox(), p.uid()}] = e.id();
        ++i;
        continue;
      }
      other_has_it = true;
    }
    find("email", email_words(e.id()),
         "its place at " + row_words(p.mailbox(), p.uid()) + (other_has_it ? " is another email's" : " is named twice"),
         true);
    e.mutable_places()->DeleteSubrange(i, 1);
    changed = true;
  }
  if (e.places_size()) return changed;
  find("email", email_words(e.id()), "in no mailbox: it goes to INBOX", true);
  to_inbox(e);
  return true;
}

void Judge::set_slot(std::uint32_t mailbox, std::uint32_t uid, const model::RowFlags* value) {
  Picture::BlockAt at{mailbox, model::FlagBlock::number(uid)};
  if (!value && !p_.slot(mailbox, uid)) return;
  if (value)
    p_.blocks[at].set(uid, *value);
  else
    p_.blocks[at].clear(uid);
  blocks_changed_.insert(at);
}

void Judge::write_row(const records::Email& e, const records::Place& p, const model::SheetRow* old) {
  model::SheetRow row{p.uid(),  flags_of(e, p), modseq_,      e.id(), e.thread(),
                      e.size(), e.received(),   e.received(), e.sent()};
  if (old && old->email == e.id()) row.saved = old->saved;
  v_.rows[keys::uid_row(p.mailbox(), p.uid())] = model::encode_uid_row(row);
  // The slot tells, for the record may be older than the flags.
  model::RowFlags value{row.flags, modseq_};
  set_slot(p.mailbox(), p.uid(), &value);
}

// The rows of one living email, and their flags.
void Judge::rows(records::Email& e) {
  for (const auto& p : e.places()) {
    const auto* row = p_.row(p.mailbox(), p.uid());
    if (!row || row->email != e.id()) {
      find("uid-row", row_words(p.mailbox(), p.uid()),
           (row ? "shows email " + std::to_string(row->email) + " instead of " : "missing, of ") + email_words(e.id()),
           true);
      write_row(e, p, row);
      continue;
    }
    if (row->thread != e.thread() || row->size != e.size() || row->received != e.received() || row->sent != e.sent()) {
      find("uid-row", row_words(p.mailbox(), p.uid()), "differs from " + email_words(e.id()), true);
      write_row(e, p, row);
      continue;
    }
    const auto* slot = p_.slot(p.mailbox(), p.uid());
    model::Flags has = slot ? slot->flags : row->flags, wanted = flags_of(e, p);
    if (has == wanted) continue;
    find("flags", row_words(p.mailbox(), p.uid()), "its flags differ from those of " + email_words(e.id()), true);
    model::RowFlags value{wanted, modseq_};
    set_slot(p.mailbox(), p.uid(), &value);
  }
}

void Judge::places() {
  for (auto& [id, e] : p_.emails) {
    // As flag_rows.h reads them.
    if (!e.rec.destroyed())
      for (auto& p : *e.rec.mutable_places())
        if (const auto* slot = p_.slot(p.mailbox(), p.uid())) take_flags(e.rec, p, *slot);
    bool changed = settle(e.rec);
    if (!e.rec.destroyed() && settle_all_mail(e.rec)) changed = true;
    if (changed) {
      e.rec.set_modseq(modseq_);
      put(keys::email(id), e.rec);
    }
    if (!e.rec.destroyed()) rows(e.rec);
    if (e.wire && e.content) continue;
    find("content", email_words(id), "what was read from its header once is lost: its body is to be parsed again", false);
    v_.unparsed.push_back(id);
  }
}

// Rows and slots that no email claims.  Those of a deleted mailbox stay, for undelete.
void Judge::strays() {
  for (const auto& [mailbox, rows] : p_.rows) {
    if (p_.mailboxes.contains(mailbox) && !alive(mailbox)) continue;
    for (const auto& row : rows) {
      if (taken_.contains({mailbox, row.uid})) continue;
      find("uid-row", row_words(mailbox, row.uid), "no email says that it stands there", true);
      drop(keys::uid_row(mailbox, row.uid));
      set_slot(mailbox, row.uid, nullptr);
    }
  }
  for (auto& [at, block] : p_.blocks) {
    if (p_.mailboxes.contains(at.first) && !alive(at.first)) continue;
    std::uint32_t first = model::FlagBlock::first_uid(at.second);
    for (std::uint32_t uid = first; uid < first + model::kBlockSlots; ++uid) {
      if (!block.find(uid) || taken_.contains({at.first, uid})) continue;
      find("flags", row_words(at.first, uid), "flags of a row that is not there", true);
      set_slot(at.first, uid, nullptr);
    }
  }
}

}  // namespace postern::store
