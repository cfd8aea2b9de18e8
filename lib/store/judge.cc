#include "store/judge.h"

#include <algorithm>

#include "store/flag_rows.h"
#include "store/keys.h"
#include "store/upgrade.h"

namespace postern::store {

void Judge::find(const char* kind, std::string key, std::string what, bool visible) {
  v_.visible |= visible;
  stored::Finding f;
  f.set_kind(kind);
  f.set_key(std::move(key));
  f.set_what(std::move(what));
  v_.findings.push_back(std::move(f));
}

// Rows that can't be read.  Wire and Content stay where they are until they are made again; what is worked out from
// other rows goes, and comes back below where it is missed.
void Judge::damaged() {
  for (const auto& d : p_.damaged) {
    char kind = d.key[0];
    find("corrupt", key_words(d.key), d.checksum ? "its checksum does not fit" : "it can't be read", true);
    bool known = std::string_view("AMEUFXTLRBDHQPSCVKONGYo").find(kind) != std::string_view::npos;
    if (known) drop(d.key);
  }
  if (p_.damaged_more)
    find("corrupt", "more rows", std::to_string(p_.damaged_more) + " more damaged rows: repair, then check again", true);
}

void Judge::account() {
  if (p_.account) {
    was_ = *p_.account;
    if (was_.version() != kStoreVersion) {
      find("account", "account", "of version " + std::to_string(was_.version()) + " in a store of another", false);
      p_.account->set_version(kStoreVersion);
    }
    return;
  }
  find("account", "account", "its row is lost: counters are made anew, names of keywords are not known any more", true);
  auto& a = p_.account.emplace();
  a.set_version(kStoreVersion);
  a.set_epoch(static_cast<std::uint64_t>(now_));
  a.set_created(static_cast<std::uint64_t>(now_));
  a.set_modseq(p_.highest_modseq);
  for (auto modseq : p_.log) a.set_modseq(std::max(a.modseq(), modseq));
  a.set_log_floor(a.modseq());
  was_ = a;
}

// What only grows must be ahead of everything that was ever made by it.
void Judge::counters() {
  auto& a = *p_.account;
  std::uint64_t email = 0, modseq = std::max(p_.highest_modseq, p_.log.empty() ? 0 : p_.log.back());
  std::uint32_t mailbox = 0, validity = 0;
  model::Flags used;
  for (const auto& [id, e] : p_.emails) {
    email = std::max({email, id, e.rec.thread()});
    used = used | model::Flags{e.rec.flags_lo(), e.rec.flags_hi()};
  }
  for (const auto& [id, m] : p_.mailboxes) {
    mailbox = std::max(mailbox, id);
    validity = std::max(validity, m.uidvalidity());
  }
  bool sound = a.next_email() > email && a.next_mailbox() > mailbox && a.last_uidvalidity() >= validity &&
               a.modseq() >= modseq && a.log_floor() <= a.modseq() && a.email_modseq() <= a.modseq() &&
               a.mailbox_modseq() <= a.modseq() && a.thread_modseq() <= a.modseq() && a.script_modseq() <= a.modseq() &&
               a.vacation_modseq() <= a.modseq() && a.metadata_modseq() <= a.modseq();
  if (!sound) find("account", "account", "its counters are behind what was made by them", true);
  a.set_next_email(std::max(a.next_email(), email + 1));
  a.set_next_mailbox(std::max(a.next_mailbox(), mailbox + 1));
  a.set_last_uidvalidity(std::max(a.last_uidvalidity(), validity));
  a.set_modseq(std::max(a.modseq(), modseq));
  for (int i = a.keywords_size(); i < model::kMaxKeywords; ++i) {
    bool more = false;
    for (int k = i; k < model::kMaxKeywords && !more; ++k) more = used.has(model::kFirstKeywordBit + k);
    if (!more) break;
    if (i == a.keywords_size()) find("account", "keyword " + std::to_string(i), "in use, but without a name", true);
    a.add_keywords("lost-keyword-" + std::to_string(i + 1));
  }
}

// From the floor on, every commit has its record.
void Judge::log() {
  const auto& a = *p_.account;
  std::uint64_t next = a.log_floor() + 1;
  for (std::uint64_t modseq : p_.log) {
    if (modseq < next) continue;
    if (modseq != next) break;
    ++next;
  }
  if (next > a.modseq()) return;
  find("change-log", "change " + std::to_string(next), "missing: clients that ask for changes look at everything anew",
       true);
}

Verdict Judge::run() {
  account();
  modseq_ = std::max({p_.account->modseq(), p_.highest_modseq, p_.log.empty() ? 0 : p_.log.back()}) + 1;
  damaged();
  mailboxes();
  lost_emails();
  places();
  strays();
  threads();
  counts();
  quota();
  queue();
  blobs();
  ties();
  scripts();
  marks();
  unowned();
  counters();
  log();
  auto& a = *p_.account;
  if (v_.visible) {
    // No client may go on from what it knows: states of another epoch are unknown, and what happened before the floor
    // of the log is answered with the whole.
    a.set_epoch(a.epoch() + 1);
    a.set_modseq(modseq_);
    a.set_email_modseq(modseq_);
    a.set_mailbox_modseq(modseq_);
    a.set_thread_modseq(modseq_);
    a.set_script_modseq(modseq_);
    if (a.vacation_modseq()) a.set_vacation_modseq(modseq_);
    a.set_log_floor(modseq_);
    for (auto& [id, m] : p_.mailboxes)
      if (!m.destroyed()) {
        m.set_modseq(modseq_);
        m.set_updated_modseq(modseq_);
      }
  }
  for (const auto& at : blocks_changed_) {
    const auto& block = p_.blocks[at];
    std::string key = keys::flag_block(at.first, at.second);
    if (block.empty())
      drop(key);
    else
      v_.rows[key] = block.encode();
  }
  for (const auto& [id, m] : p_.mailboxes)
    if (auto bytes = m.SerializeAsString(); bytes != mailboxes_were_[id]) v_.rows[keys::mailbox(id)] = std::move(bytes);
  if (a.SerializeAsString() != was_.SerializeAsString() || v_.rows.contains(keys::account())) put(keys::account(), a);
  return std::move(v_);
}

}  // namespace postern::store
