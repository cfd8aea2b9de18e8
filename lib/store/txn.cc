#include "store/txn.h"

#include <algorithm>

#include "base/text.h"
#include "store/keys.h"
#include "store/limits.h"

namespace postern::store {

using base::fail;
using base::Fault;

Txn::Txn(kv::Engine& engine, AccountState& account, std::int64_t now)
    : engine_(engine), account_(account), now_(now), modseq_(account.rec.modseq() + 1) {}

Txn::~Txn() {
  for (Touched& t : touched_) t.m->touched = -1;
  if (changed_ && !committed_) account_.broken = true;
}

void Txn::change_sieve(Sieve what) {
  changed_ = sieve_changed_ = true;
  if (what == Sieve::script)
    account_.rec.set_script_modseq(modseq_);
  else
    account_.rec.set_vacation_modseq(modseq_);
}

Txn::Touched& Txn::touch(MailboxState& m) {
  if (m.touched < 0) {
    m.touched = static_cast<int>(touched_.size());
    touched_.push_back({&m, m.rec.total_emails(), m.rec.unread_emails(), m.rec.total_threads(),
                        m.rec.unread_threads()});
    changed_ = true;
  }
  return touched_[static_cast<std::size_t>(m.touched)];
}

Txn::Touched* Txn::touch(std::uint32_t mailbox) {
  if (latest_ && latest_->m->rec.id() == mailbox) return latest_;
  auto it = account_.mailboxes.find(mailbox);
  return it == account_.mailboxes.end() ? nullptr : latest_ = &touch(it->second);
}

MailboxState& Txn::create_mailbox(records::Mailbox rec) {
  std::uint32_t id = std::max<std::uint32_t>(account_.rec.next_mailbox(), 1);
  account_.rec.set_next_mailbox(id + 1);
  std::uint32_t validity = std::max(account_.rec.last_uidvalidity() + 1, static_cast<std::uint32_t>(now_));
  account_.rec.set_last_uidvalidity(validity);
  rec.set_id(id);
  rec.set_uidvalidity(validity);
  rec.set_uidnext(1);
  rec.set_recent_from(1);
  rec.set_modseq(modseq_);
  rec.set_created_modseq(modseq_);
  rec.set_updated_modseq(modseq_);
  rec.set_created(static_cast<std::uint64_t>(now_));
  MailboxState& m = account_.mailboxes[id];
  m.rec = std::move(rec);
  m.hot = std::make_unique<HotRows>(modseq_);
  account_.index(m);
  touch(m).created = true;
  return m;
}

void Txn::change_mailbox(MailboxState& m) {
  Touched& t = touch(m);
  if (!t.properties) account_.unindex(m);
  t.properties = true;
}

void Txn::reindex(MailboxState& m) { account_.index(m); }

void Txn::destroy_mailbox(MailboxState& m) {
  touch(m).destroyed = true;
  bool was_trash = m.rec.role() == "trash";
  account_.unindex(m);
  m.rec.set_destroyed(static_cast<std::uint64_t>(std::max<std::int64_t>(now_, 1)));
  // Until its emails have left it:
  if (was_trash) account_.trash.push_back(m.rec.id());
  if (m.rec.all()) account_.all.push_back(m.rec.id());
}

Result<EmailEdit*> Txn::email(std::uint64_t id) {
  if (auto it = by_id_.find(id); it != by_id_.end()) return it->second;
  auto rec = account_.email(engine_, id);
  if (!rec) return pass(rec);
  if (!*rec || (*rec)->destroyed()) return nullptr;
  return &edit(std::move(**rec));
}

EmailEdit& Txn::edit(records::Email rec) {
  EmailEdit& e = emails_.emplace_back();
  e.rec = std::move(rec);
  e.old_flags = e.flags();
  e.old_places.reserve(static_cast<std::size_t>(e.rec.places_size()));
  for (const auto& p : e.rec.places()) e.old_places.push_back({p.mailbox(), p.uid(), p.deleted()});
  by_id_[e.rec.id()] = &e;
  learn_places(e.rec);
  return e;
}

Result<EmailEdit*> Txn::revive(std::uint64_t id) {
  if (auto it = by_id_.find(id); it != by_id_.end()) return it->second;
  auto rec = account_.email(engine_, id);
  if (!rec) return pass(rec);
  if (!*rec) return nullptr;
  std::uint64_t destroyed = (*rec)->destroyed();
  if (destroyed) {
    batch_.del(keys::queue(destroyed, id));
    (*rec)->clear_destroyed();
    (*rec)->clear_lost_places();
  }
  EmailEdit& e = edit(std::move(**rec));
  e.revived = destroyed != 0;
  return &e;
}

void Txn::learn_places(const records::Email& e) {
  for (const auto& p : e.places())
    if (auto it = account_.mailboxes.find(p.mailbox()); it != account_.mailboxes.end() && it->second.hot)
      it->second.hot->set_alone(p.uid(), e.places_size() == 1);
}

bool Txn::flag_alone(MailboxState& m, const model::SheetRow& row, model::Flags flags) {
  if (!m.hot->alone(row.uid) || by_id_.contains(row.email)) return false;
  flag_edits_.push_back({&m, row, flags});
  return true;
}

EmailEdit& Txn::add_email(records::Email rec) {
  std::uint64_t id = std::max<std::uint64_t>(account_.rec.next_email(), 1);
  account_.rec.set_next_email(id + 1);
  changed_ = true;
  rec.set_id(id);
  if (rec.thread() == 0) rec.set_thread(id);  // ids of threads and emails come from one counter
  rec.set_created_modseq(modseq_);
  EmailEdit& e = emails_.emplace_back();
  e.rec = std::move(rec);
  e.is_new = true;
  by_id_[id] = &e;
  return e;
}

Result<std::uint32_t> Txn::add_place(EmailEdit& e, MailboxState& m, bool deleted) {
  if (!m.rec.all() && account_.ordinary_places(e.rec) >= kMaxPlaces)
    return fail(Fault::limit, "an email stands in too many places", "LIMIT");
  if (m.rec.uidnext() == UINT32_MAX) return fail(Fault::limit, "the mailbox has no more UIDs", "LIMIT");
  touch(m);
  std::uint32_t uid = m.rec.uidnext();
  m.rec.set_uidnext(uid + 1);
  auto& p = *e.rec.add_places();
  p.set_mailbox(m.rec.id());
  p.set_uid(uid);
  p.set_deleted(deleted);
  return uid;
}

void Txn::remove_place(EmailEdit& e, int index) { e.rec.mutable_places()->DeleteSubrange(index, 1); }

Result<Txn::ThreadEdit*> Txn::thread(std::uint64_t id) {
  auto it = threads_.find(id);
  if (it != threads_.end()) return &it->second;
  auto rec = account_.thread(engine_, id);
  if (!rec) return pass(rec);
  ThreadEdit& t = threads_[id];
  if (*rec) {
    t.rec = std::move(**rec);
    t.old_shares = shares(t.rec);
    for (const auto& m : t.rec.members())
      if (m.mailboxes_size()) t.old_emails.push_back(m.email());
  }
  return &t;
}

Result<bool> Txn::thread_takes(std::uint64_t id) {
  for (const EmailEdit& e : emails_)
    if (e.is_new && e.rec.thread() == id) return true;
  auto rec = account_.thread(engine_, id);
  if (!rec) return pass(rec);
  return *rec && static_cast<std::size_t>((*rec)->members_size()) < kMaxThreadMembers;
}

Result<model::Flags> Txn::flag_bits(const google::protobuf::RepeatedPtrField<std::string>& names, bool grow,
                                    bool* denied) {
  model::Flags out;
  auto& table = *account_.rec.mutable_keywords();
  for (const std::string& name : names) {
    if (auto bit = model::system_flag(name)) {
      out = out | model::Flags::bit(*bit);
      continue;
    }
    if (!model::valid_keyword(name)) return fail(Fault::permanent, "not a flag", "INVALID");
    int at = 0;
    while (at < table.size() && !base::iequals(table.Get(at), name)) ++at;
    if (at == table.size()) {
      if (!grow) continue;
      if (at >= model::kMaxKeywords) {
        if (denied) *denied = true;
        continue;
      }
      changed_ = keywords_grew_ = true;
      table.Add(std::string(name));
    }
    out = out | model::Flags::bit(model::kFirstKeywordBit + at);
  }
  return out;
}

const Txn::Touched* Txn::touched(std::uint32_t mailbox) const {
  for (const Touched& t : touched_)
    if (t.m->rec.id() == mailbox) return &t;
  return nullptr;
}

std::span<const std::uint32_t> Txn::expunged(std::uint32_t mailbox) const {
  const Touched* t = touched(mailbox);
  return t ? std::span(t->expunged) : std::span<const std::uint32_t>();
}

std::span<const std::uint32_t> Txn::flagged(std::uint32_t mailbox) const {
  const Touched* t = touched(mailbox);
  return t ? std::span(t->flagged) : std::span<const std::uint32_t>();
}

void Txn::put(const std::string& key, const google::protobuf::MessageLite& m) {
  scratch_.clear();
  m.AppendToString(&scratch_);
  batch_.put(key, scratch_);
}

void Txn::store_result(ResultSlots::Key key, const ResultSlots::Acknowledged& acknowledged,
                       const std::string& reply) {
  records::StoredResult r;
  r.set_reply(reply);
  r.set_time(now_);
  r.set_client(key.client);
  r.set_sequence(key.sequence);
  changed_ = true;
  put(keys::result(account_.results.take(key, now_, acknowledged)), r);
}

void Txn::committed(kv::Receipt receipt) {
  committed_ = true;
  account_.last = receipt;
}

}  // namespace postern::store
