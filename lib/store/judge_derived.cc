// What is worked out from mailboxes and emails: threads, counts, quota, the queue of deleted mail, bodies, identities.
#include <algorithm>
#include <set>

#include "store/judge.h"
#include "store/keys.h"
#include "store/thread_shares.h"

namespace postern::store {

namespace {

model::Flags flags_of(const records::Email& e) { return {e.flags_lo(), e.flags_hi()}; }

std::set<std::uint32_t> memberships(const records::Email& e) {
  std::set<std::uint32_t> out;
  for (const auto& p : e.places())
    if (!p.deleted()) out.insert(p.mailbox());
  return out;
}

records::Thread::Member member_of(const records::Email& e) {
  records::Thread::Member m;
  m.set_email(e.id());
  m.set_seen(flags_of(e).has(model::kSeen));
  m.set_draft(flags_of(e).has(model::kDraft));
  m.set_received(e.received());
  for (std::uint32_t id : memberships(e)) m.add_mailboxes(id);
  return m;
}

// Members and their mailboxes in whatever order, but by time.
bool same(const records::Thread& a, const records::Thread& b) {
  if (a.members_size() != b.members_size()) return false;
  auto by_id = [](const records::Thread& t) {
    std::map<std::uint64_t, std::string> out;
    for (auto m : t.members()) {
      std::ranges::sort(*m.mutable_mailboxes());
      out[m.email()] = m.SerializeAsString();
    }
    return out;
  };
  for (int i = 1; i < a.members_size(); ++i)
    if (a.members(i).received() < a.members(i - 1).received()) return false;
  return by_id(a) == by_id(b);
}

}  // namespace

void Judge::threads() {
  std::map<std::uint64_t, records::Thread> wanted;
  for (const auto& [_, e] : p_.emails)
    if (!e.rec.destroyed()) *wanted[e.rec.thread()].add_members() = member_of(e.rec);
  for (auto& [id, t] : wanted) {
    auto old = p_.threads.find(id);
    if (old != p_.threads.end() && same(old->second, t)) continue;
    find("thread", "thread " + std::to_string(id),
         old == p_.threads.end() ? "missing" : "its emails are not those that belong to it", true);
    std::ranges::sort(*t.mutable_members(), {}, [](const auto& m) { return std::pair(m.received(), m.email()); });
    t.set_modseq(modseq_);
    t.set_created_modseq(old == p_.threads.end() ? modseq_ : old->second.created_modseq());
    put(keys::thread(id), t);
  }
  for (const auto& [id, _] : p_.threads) {
    if (wanted.contains(id)) continue;
    find("thread", "thread " + std::to_string(id), "without emails", true);
    drop(keys::thread(id));
  }
  p_.threads = std::move(wanted);
}

void Judge::counts() {
  std::map<std::uint32_t, Counts> counted;
  for (const auto& [_, e] : p_.emails) {
    if (e.rec.destroyed()) continue;
    model::Flags flags = flags_of(e.rec);
    for (const auto& p : e.rec.places()) {
      Counts& c = counted[p.mailbox()];
      ++c.rows;
      c.bytes += e.rec.size();
      c.unseen_rows += !flags.has(model::kSeen);
      c.deleted_rows += p.deleted();
    }
    for (std::uint32_t id : memberships(e.rec)) {
      ++counted[id].total_emails;
      counted[id].unread_emails += !flags.has(model::kSeen) && !flags.has(model::kDraft);
    }
  }
  auto is_trash = [&](std::uint32_t id) {
    auto it = p_.mailboxes.find(id);
    return it != p_.mailboxes.end() && it->second.role() == "trash";
  };
  auto is_all = [this](std::uint32_t id) { return shows_all(id); };
  for (const auto& [_, t] : p_.threads)
    for (const auto& share : thread_shares(t, is_trash, is_all)) {
      ++counted[share.mailbox].total_threads;
      counted[share.mailbox].unread_threads += share.unread;
    }
  for (auto& [id, m] : p_.mailboxes) {
    const Counts& c = counted[id];
    std::string words = "mailbox " + std::to_string(id);
    if (m.destroyed()) {
      if (m.rows() == c.rows) continue;
      find("counts", words, "deleted, and not as empty as it says", true);
      m.set_rows(c.rows);
      continue;
    }
    std::string wrong;
    auto check = [&](const char* what, auto has, auto is, auto set) {
      if (has == is) return;
      wrong += (wrong.empty() ? "" : ", ") + std::string(what) + " " + std::to_string(has) + " instead of " +
               std::to_string(is);
      (m.*set)(is);
    };
    using M = records::Mailbox;
    check("rows", m.rows(), c.rows, &M::set_rows);
    check("unseen rows", m.unseen_rows(), c.unseen_rows, &M::set_unseen_rows);
    check("deleted rows", m.deleted_rows(), c.deleted_rows, &M::set_deleted_rows);
    check("bytes", m.bytes(), c.bytes, &M::set_bytes);
    check("emails", m.total_emails(), c.total_emails, &M::set_total_emails);
    check("unread emails", m.unread_emails(), c.unread_emails, &M::set_unread_emails);
    check("threads", m.total_threads(), c.total_threads, &M::set_total_threads);
    check("unread threads", m.unread_threads(), c.unread_threads, &M::set_unread_threads);
    if (!wrong.empty()) find("counts", words, wrong, true);
  }
}

void Judge::quota() {
  auto& a = *p_.account;
  std::uint64_t bytes = 0, emails = 0, deleted = 0;
  for (const auto& [_, e] : p_.emails) {
    (e.rec.destroyed() ? deleted : bytes) += e.rec.size();
    emails += !e.rec.destroyed();
  }
  auto check = [&](const char* what, std::uint64_t has, std::uint64_t is) {
    if (has == is) return;
    find("quota", "account", std::string(what) + " " + std::to_string(has) + " instead of " + std::to_string(is), false);
  };
  check("bytes used", a.used_bytes(), bytes);
  check("emails", a.used_emails(), emails);
  check("bytes of deleted mail", a.deleted_bytes(), deleted);
  a.set_used_bytes(bytes);
  a.set_used_emails(emails);
  a.set_deleted_bytes(deleted);
}

// Each destroyed email waits in the queue once, under the time at which it went.
void Judge::queue() {
  std::set<std::pair<std::uint64_t, std::uint64_t>> wanted;
  for (const auto& [id, e] : p_.emails)
    if (e.rec.destroyed()) wanted.emplace(e.rec.destroyed(), id);
  for (const auto& at : wanted)
    if (!p_.queue.contains(at)) {
      find("deleted", "email " + std::to_string(at.second), "deleted, but never to be forgotten", false);
      v_.rows[keys::queue(at.first, at.second)] = "";
    }
  for (const auto& at : p_.queue)
    if (!wanted.contains(at)) {
      find("deleted", "email " + std::to_string(at.second), "to be forgotten, though it is not deleted", false);
      drop(keys::queue(at.first, at.second));
    }
}

void Judge::blobs() {
  std::map<std::string, std::pair<std::uint32_t, std::uint64_t>> named;   // emails, size
  for (const auto& [_, e] : p_.emails) {
    auto& n = named[e.rec.blob()];
    ++n.first;
    n.second = e.rec.size();
  }
  for (const auto& [sha, n] : named) {
    auto it = p_.blobs.find(sha);
    if (it != p_.blobs.end() && it->second.emails() == n.first) continue;
    find("blob", "body " + base::hex(sha),
         it == p_.blobs.end() ? "named by emails, but not the account's"
                              : "named by " + std::to_string(n.first) + " emails, not by " +
                                    std::to_string(it->second.emails()),
         false);
    auto& b = p_.blobs[sha];
    b.set_emails(n.first);
    b.set_size(n.second);
    put(keys::blob(sha), b);
  }
  for (auto& [sha, b] : p_.blobs) {
    if (named.contains(sha) || (b.emails() == 0 && p_.uploads.contains(sha))) continue;
    find("blob", "body " + base::hex(sha),
         b.emails() ? "said to be an email's, but none names it" : "kept for nobody, and for ever", false);
    if (b.emails()) v_.unnamed.push_back(sha);
    // As if it had been uploaded just now: an hour to name it.
    b.set_emails(0);
    b.set_uploaded(now_);
    put(keys::blob(sha), b);
    v_.rows[keys::upload(static_cast<std::uint64_t>(now_), sha)] = "";
  }
}

// Annotations and keys of what is not there, as the mailboxes and emails now are.
void Judge::unowned() {
  for (const std::string& key : p_.unowned) {
    bool there = key[0] == 'o' ? p_.emails.contains(keys::u64_at(key, 1)) : p_.mailboxes.contains(keys::u32_at(key, 1));
    if (there) continue;
    find("metadata", key_words(key), "of something that is not there", false);
    drop(key);
  }
  if (!p_.annotations || p_.account->annotations()) return;
  find("account", "account", "it is said to have no annotations of emails", false);
  p_.account->set_annotations(true);
}

// Rows that lead from a hash to a thread or an email.  A missing tie only costs a thread its next email; so they are made
// again where some were damaged, and not looked for elsewhere.
void Judge::ties() {
  auto lost = [&](char kind) {
    return std::ranges::any_of(p_.damaged, [&](const auto& d) { return d.key[0] == kind; });
  };
  auto number = [](std::uint64_t n) {
    std::string value;
    base::put_u64(value, n);
    return value;
  };
  if (lost('H'))
    for (const auto& [hash, thread] : p_.untied) v_.rows[keys::thread_hash(hash)] = number(thread);
  if (lost('D'))
    for (const auto& [id, e] : p_.emails)
      if (!e.rec.identity().empty() && !p_.identities.contains(e.rec.identity()))
        v_.rows[keys::identity(e.rec.identity())] = number(id);
  for (const auto& [hash, email] : p_.identities) {
    if (p_.emails.contains(email)) continue;
    find("identity", "email " + std::to_string(email), "an identity leads to it, and it is not there", false);
    drop(keys::identity(hash));
  }
}

}  // namespace postern::store
