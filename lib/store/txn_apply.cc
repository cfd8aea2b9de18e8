// Everything that follows from the edits of a commit.  See txn.h.
#include <algorithm>

#include "model/rows.h"
#include "store/keys.h"
#include "store/limits.h"
#include "store/txn.h"

namespace postern::store {
namespace {

bool is_unread(model::Flags f) { return !f.has(model::kSeen) && !f.has(model::kDraft); }

// The mailboxes where a place lacks \Deleted: where JMAP shows the email (RFC 8621 4.1.1).
void memberships(std::span<const EmailEdit::OldPlace> places, std::vector<std::uint32_t>& out) {
  out.clear();
  for (const auto& p : places)
    if (!p.deleted && std::ranges::find(out, p.mailbox) == out.end()) out.push_back(p.mailbox);
}

std::vector<EmailEdit::OldPlace> places_now(const EmailEdit& e) {
  std::vector<EmailEdit::OldPlace> out;
  out.reserve(static_cast<std::size_t>(e.rec.places_size()));
  for (const auto& p : e.rec.places()) out.push_back({p.mailbox(), p.uid(), p.deleted()});
  return out;
}

}  // namespace

void Txn::add_row(const EmailEdit& e, const records::Place& p, model::Flags flags) {
  model::SheetRow row{p.uid(),      flags,           modseq_, e.rec.id(), e.rec.thread(),
                      e.rec.size(), e.rec.received(), now_,    e.rec.sent()};
  batch_.put(keys::uid_row(p.mailbox(), p.uid()), model::encode_uid_row(row));
  if (Touched* t = touch(p.mailbox())) {
    t->rows = true;
    if (t->m->hot) t->m->hot->put(row);
  }
}

// Where a slot's change is to be noted; nothing when the mailbox is in memory, whose rows tell it.
std::vector<Txn::SlotChange>* Txn::slot_changes(std::uint32_t mailbox, std::uint32_t uid) {
  auto& changes = blocks_[{mailbox, model::FlagBlock::number(uid)}];
  auto it = account_.mailboxes.find(mailbox);
  return it != account_.mailboxes.end() && it->second.hot ? nullptr : &changes;
}

void Txn::set_flags(const EmailEdit& e, const records::Place& p, model::Flags flags) {
  model::RowFlags value{flags, modseq_};
  auto* cold = slot_changes(p.mailbox(), p.uid());
  if (cold) cold->push_back({p.uid(), value});
  Touched* t = touch(p.mailbox());
  if (!t) return;
  t->rows = true;
  t->flagged.push_back(p.uid());
  // When the disk no longer has the row, it is made again from the email: only SAVEDATE is lost.
  if (!cold && !t->m->hot->set_flags(p.uid(), value)) add_row(e, p, flags);
}

void Txn::drop_row(std::uint32_t mailbox, std::uint32_t uid) {
  Touched* t = touch(mailbox);
  if (t && !t->m->alive()) return;  // the rows of a deleted mailbox stay until they are purged
  batch_.del(keys::uid_row(mailbox, uid));
  if (auto* cold = slot_changes(mailbox, uid)) cold->push_back({uid, std::nullopt});
  if (!t) return;
  t->rows = true;
  t->expunged.push_back(uid);
  if (t->m->hot) t->m->hot->erase(uid, modseq_);
}

Txn::RowsChange Txn::apply_rows(const EmailEdit& e, bool flags_changed) {
  RowsChange done;
  for (const auto& p : e.rec.places()) {
    auto same = [&](const EmailEdit::OldPlace& o) { return o.mailbox == p.mailbox() && o.uid == p.uid(); };
    auto old = std::ranges::find_if(e.old_places, same);
    model::Flags flags = p.deleted() ? e.flags() | model::kDeletedBit : e.flags();
    if (old == e.old_places.end()) {
      add_row(e, p, flags);
      done.places = true;
    } else if (flags_changed || old->deleted != p.deleted()) {
      set_flags(e, p, flags);
      done.flags = true;
    }
  }
  for (const auto& o : e.old_places) {
    bool stays = std::ranges::any_of(e.rec.places(), [&](const records::Place& p) {
      return p.mailbox() == o.mailbox && p.uid() == o.uid;
    });
    if (stays) continue;
    drop_row(o.mailbox, o.uid);
    done.places = true;
  }
  return done;
}

Result<> Txn::write_blocks() {
  for (const auto& [at, changes] : blocks_) {
    auto [mailbox, number] = at;
    auto it = account_.mailboxes.find(mailbox);
    bool hot = it != account_.mailboxes.end() && it->second.hot;
    model::FlagBlock block;
    if (hot) {
      block = it->second.hot->block(number);
    } else {
      auto old = account_.flag_block(engine_, mailbox, number);
      if (!old) return pass(old);
      block = *old;
      bool same = true;
      for (const SlotChange& c : changes) {
        if (!c.value && !block.find(c.uid)) continue;
        same = false;
        if (c.value)
          block.set(c.uid, *c.value);
        else
          block.clear(c.uid);
      }
      if (same) continue;
    }
    std::string key = keys::flag_block(mailbox, number), bytes = block.empty() ? "" : block.encode();
    if (block.empty())
      batch_.del(key);
    else
      batch_.put(key, bytes);
    if (hot)
      account_.flag_rows.drop(flag_row_id(mailbox, number));
    else
      account_.flag_rows.put(flag_row_id(mailbox, number), std::move(bytes));
  }
  return {};
}

// Takes the email out of the counts as it was, or puts it in as it is.
void Txn::count(const Effect& e, int sign, bool after) {
  Places places = after ? e.places : e.old_places;
  model::Flags flags = after ? e.flags : e.old_flags;
  auto add = [sign](auto now, std::uint64_t n) {
    return static_cast<decltype(now)>(sign > 0 ? now + n : now >= n ? now - n : 0);
  };
  for (const auto& p : places) {
    Touched* t = touch(p.mailbox);
    if (!t) continue;
    auto& m = t->m->rec;
    m.set_rows(add(m.rows(), 1));
    m.set_bytes(add(m.bytes(), e.size));
    if (!flags.has(model::kSeen)) m.set_unseen_rows(add(m.unseen_rows(), 1));
    if (p.deleted) m.set_deleted_rows(add(m.deleted_rows(), 1));
  }
  for (std::uint32_t id : after ? after_ : before_) {
    Touched* t = touch(id);
    if (!t) continue;
    auto& m = t->m->rec;
    m.set_total_emails(add(m.total_emails(), 1));
    if (is_unread(flags)) m.set_unread_emails(add(m.unread_emails(), 1));
  }
}

// The email's entry in its thread.
Result<> Txn::apply_member(const Effect& e, const std::vector<std::uint32_t>& mailboxes) {
  auto thread_edit = thread(e.thread);
  if (!thread_edit) return pass(thread_edit);
  auto& members = *(*thread_edit)->rec.mutable_members();
  int at = 0;
  while (at < members.size() && members.Get(at).email() != e.email) ++at;
  if (e.places.empty()) {
    if (at < members.size()) members.DeleteSubrange(at, 1);
    return {};
  }
  if (at == members.size()) {
    members.Add()->set_email(e.email);
    members.Mutable(at)->set_received(e.received);
    for (; at > 0 && members.Get(at - 1).received() > e.received; --at)
      members.SwapElements(at - 1, at);
  }
  auto& m = *members.Mutable(at);
  m.set_seen(e.flags.has(model::kSeen));
  m.set_draft(e.flags.has(model::kDraft));
  m.clear_mailboxes();
  for (std::uint32_t id : mailboxes) m.add_mailboxes(id);
  return {};
}

// What follows from a change of an email outside of its own rows.
Result<> Txn::follow(const Effect& e) {
  changed_ = true;
  memberships(e.old_places, before_);
  memberships(e.places, after_);
  if (!e.is_new) count(e, -1, false);
  count(e, +1, true);

  bool moved = before_ != after_;
  constexpr model::Flags kOfThread = model::kSeenBit | model::kDraftBit;
  if (e.is_new || moved || !((e.flags & kOfThread) == (e.old_flags & kOfThread)) || e.places.empty())
    if (auto done = apply_member(e, after_); !done) return done;

  // JMAP doesn't see an email whose rows all have \Deleted.
  if (before_.empty() && !after_.empty())
    change_.add_email_created(e.email);
  else if (!before_.empty() && after_.empty())
    change_.add_email_destroyed(e.email);
  else if (!before_.empty() && (!(e.flags == e.old_flags) || moved))
    change_.add_email_updated(e.email);
  return {};
}

Result<> Txn::apply_flags(const FlagEdit& edit) {
  model::SheetRow row = edit.row;
  std::uint32_t mailbox = edit.m->rec.id();
  EmailEdit::OldPlace old{mailbox, row.uid, row.flags.has(model::kDeleted)};
  EmailEdit::OldPlace now{mailbox, row.uid, edit.flags.has(model::kDeleted)};
  Effect e{row.email,    row.thread,
           row.size,     row.received,
           row.flags.without(model::kDeletedBit), edit.flags.without(model::kDeletedBit),
           {&old, 1},    {&now, 1},
           false};
  row.flags = edit.flags;
  row.modseq = modseq_;
  Touched& t = touch(*edit.m);
  t.rows = true;
  t.flagged.push_back(row.uid);
  edit.m->hot->set_flags(row.uid, {row.flags, row.modseq});
  (void)slot_changes(mailbox, row.uid);
  if (row.flags == edit.row.flags) {
    changed_ = true;
    return {};
  }
  account_.update_hot_email(row, mailbox);
  return follow(e);
}

Result<> Txn::apply_email(EmailEdit& e) {
  model::Flags flags = e.flags();
  RowsChange rows = apply_rows(e, e.is_new || !(flags == e.old_flags));
  if (!e.is_new && !rows.flags && !rows.places) return {};
  auto now = places_now(e);
  if (auto done = follow({e.rec.id(), e.rec.thread(), e.rec.size(), e.rec.received(), e.old_flags, flags,
                          e.old_places, now, e.is_new});
      !done)
    return done;

  auto& a = account_.rec;
  if (e.is_new || e.revived) {
    a.set_used_bytes(a.used_bytes() + e.rec.size());
    a.set_used_emails(a.used_emails() + 1);
  }
  if (e.revived) a.set_deleted_bytes(a.deleted_bytes() - std::min(a.deleted_bytes(), e.rec.size()));
  if (e.rec.places_size() == 0) {
    e.rec.set_destroyed(static_cast<std::uint64_t>(now_));
    for (const auto& o : e.old_places) {
      auto& p = *e.rec.add_lost_places();
      p.set_mailbox(o.mailbox);
      p.set_uid(o.uid);
      p.set_deleted(o.deleted);
    }
    a.set_used_bytes(a.used_bytes() - std::min(a.used_bytes(), e.rec.size()));
    a.set_used_emails(a.used_emails() - std::min<std::uint64_t>(a.used_emails(), 1));
    a.set_deleted_bytes(a.deleted_bytes() + e.rec.size());
    batch_.put(keys::queue(static_cast<std::uint64_t>(now_), e.rec.id()), {});
  }
  e.rec.set_modseq(modseq_);
  if (e.is_new || rows.places) {
    put(keys::email(e.rec.id()), e.rec);
    account_.email_rows.put(e.rec.id(), scratch_);
    learn_places(e.rec);
  }
  account_.update_hot_email(e.rec);
  return {};
}

std::vector<Txn::Share> Txn::shares(const records::Thread& t) const {
  return thread_shares(
      t, [this](std::uint32_t mailbox) { return account_.is_trash(mailbox); },
      [this](std::uint32_t mailbox) { return account_.shows_all(mailbox); });
}

void Txn::apply_thread(std::uint64_t id, ThreadEdit& t) {
  auto add = [this](const std::vector<Share>& list, std::uint32_t sign) {
    for (const Share& s : list) {
      Touched* touched = touch(s.mailbox);
      if (!touched) continue;
      auto& m = touched->m->rec;
      m.set_total_threads(m.total_threads() + sign);
      if (s.unread) m.set_unread_threads(m.unread_threads() + sign);
    }
  };
  add(t.old_shares, static_cast<std::uint32_t>(-1));
  add(shares(t.rec), 1);

  std::vector<std::uint64_t> emails;
  for (const auto& m : t.rec.members())
    if (m.mailboxes_size()) emails.push_back(m.email());
  if (emails != t.old_emails) {
    if (t.old_emails.empty()) {
      change_.add_thread_created(id);
      t.rec.set_created_modseq(modseq_);
    } else if (emails.empty()) {
      change_.add_thread_destroyed(id);
    } else {
      change_.add_thread_updated(id);
    }
    t.rec.set_modseq(modseq_);
  }
  if (t.rec.members_size() == 0) {
    batch_.del(keys::thread(id));
    account_.thread_rows.drop(id);
    return;
  }
  put(keys::thread(id), t.rec);
  account_.thread_rows.put(id, scratch_);
}

void Txn::apply_mailbox(Touched& t) {
  auto& m = t.m->rec;
  if (t.rows) m.set_modseq(modseq_);
  bool counts = m.total_emails() != t.total_emails || m.unread_emails() != t.unread_emails ||
                m.total_threads() != t.total_threads || m.unread_threads() != t.unread_threads;
  bool was_alive = m.destroyed() == 0 || t.destroyed;
  if (t.created) {
    change_.add_mailbox_created(m.id());
  } else if (t.destroyed) {
    change_.add_mailbox_destroyed(m.id());
  } else if (was_alive && (t.properties || counts)) {
    change_.add_mailbox_updated(m.id());
    if (t.properties) change_.set_mailbox_counts_only(false);
  }
  if (t.created || t.destroyed || t.properties || counts) m.set_updated_modseq(modseq_);
  if (!t.expunged.empty()) {
    records::Expunged x;
    std::ranges::sort(t.expunged);
    x.mutable_uids()->Assign(t.expunged.begin(), t.expunged.end());
    put(keys::expunged(m.id(), modseq_), x);
  }
  put(keys::mailbox(m.id()), m);
}

Result<> Txn::recount_threads() {
  std::unordered_map<std::uint32_t, std::uint32_t> unread;
  auto snapshot = engine_.snapshot(account_.id);
  if (!snapshot) return pass(snapshot);
  std::string from = keys::join('T'), to = keys::after(from);
  for (bool more = true; more;) {
    auto end = (*snapshot)->scan(from, to, kMaxRowsPerRead, [&](std::string_view, std::string_view value) {
      records::Thread t;
      if (t.ParseFromArray(value.data(), static_cast<int>(value.size())))
        for (const Share& s : shares(t))
          if (s.unread) ++unread[s.mailbox];
      return true;
    });
    if (!end) return pass(end);
    log_corrupt(account_.id, *end);
    more = end->more;
    from = end->resume;
  }
  for (auto& [id, m] : account_.mailboxes)
    if (m.alive() && m.rec.unread_threads() != unread[id]) {
      touch(m);
      m.rec.set_unread_threads(unread[id]);
    }
  return {};
}

Result<> Txn::apply() {
  change_.set_mailbox_counts_only(true);
  for (const FlagEdit& e : flag_edits_)
    if (auto done = apply_flags(e); !done) return done;
  for (EmailEdit& e : emails_) {
    if (!account_.all.empty())
      if (auto done = keep_all_mail(e); !done) return done;
    if (auto done = apply_email(e); !done) return done;
  }
  if (auto done = write_blocks(); !done) return done;
  for (auto& [id, t] : threads_) apply_thread(id, t);
  for (std::size_t i = 0; i < touched_.size(); ++i) apply_mailbox(touched_[i]);
  bool email = change_.email_created_size() || change_.email_updated_size() || change_.email_destroyed_size();
  bool mailbox =
      change_.mailbox_created_size() || change_.mailbox_updated_size() || change_.mailbox_destroyed_size();
  bool thread =
      change_.thread_created_size() || change_.thread_updated_size() || change_.thread_destroyed_size();
  bool rows = std::ranges::any_of(touched_, [](const Touched& t) { return t.rows; });
  if (!email && !mailbox && !thread && !rows && !keywords_grew_ && !sieve_changed_ && !metadata_) return {};
  changed_ = true;
  auto& a = account_.rec;
  a.set_modseq(modseq_);
  if (metadata_) a.set_metadata_modseq(modseq_);
  if (email) a.set_email_modseq(modseq_);
  if (thread) a.set_thread_modseq(modseq_);
  if (mailbox) {
    a.set_mailbox_modseq(modseq_);
    if (change_.mailbox_counts_only() && !change_.mailbox_created_size() && !change_.mailbox_destroyed_size())
      a.set_mailbox_counts_modseq(modseq_);
  }
  if (!change_.mailbox_updated_size()) change_.set_mailbox_counts_only(false);
  change_.set_time(now_);
  put(keys::change(modseq_), change_);
  put(keys::account(), a);
  return {};
}

}  // namespace postern::store
