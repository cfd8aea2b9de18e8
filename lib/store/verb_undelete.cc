// Undelete: a mailbox with its emails, single emails, or the whole account.  Each step is one commit, legal alone: what
// a crash leaves undone is still there to be restored.
#include <algorithm>
#include <unordered_set>

#include "base/text.h"
#include "store/deleted.h"
#include "store/keys.h"
#include "store/mailbox_tree.h"
#include "store/verb_util.h"

namespace postern::store {

using base::fail;
using base::Fault;

namespace {

struct Restoring {
  bool counted = false;
  std::uint32_t next_uid = 1;
  std::unordered_set<std::uint64_t> seen;   // emails counted already
  std::uint64_t bytes = 0;                  // that will count in the quota again
  std::uint64_t emails = 0;
  std::uint32_t to = 0;                     // the mailbox that was made
  std::string name;
};

Result<> check_quota(const Call& call, const AccountState& a, std::uint64_t bytes) {
  std::uint64_t quota = call.who.kind == Kind::user ? call.who.quota_bytes : 0;
  if (!quota || a.rec.used_bytes() + bytes <= quota) return {};
  return fail(Fault::permanent,
              "what shall come back needs " + std::to_string(bytes) + " bytes, and the quota leaves " +
                  std::to_string(quota - std::min(quota, a.rec.used_bytes())),
              "OVER_QUOTA");
}

// NAME, or beside what has that name now, "NAME (restored)", "NAME (restored 2)" ...
std::string free_name(AccountState& a, std::uint32_t parent, const std::string& name) {
  std::string out = name;
  for (int n = 1; a.child(parent, out) || (parent == 0 && base::iequals(out, "INBOX")); ++n) {
    std::string suffix = n == 1 ? " (restored)" : " (restored " + std::to_string(n) + ")";
    std::string stem = name.substr(0, kMaxNameBytes - suffix.size());
    while (!base::is_valid_utf8(stem)) stem.pop_back();
    out = stem + suffix;
  }
  return out;
}

// Where the mailbox shall be; its last component is free there.
Result<TreePlace> place_for(AccountState& a, const records::Mailbox& dead, std::uint32_t below) {
  google::protobuf::RepeatedPtrField<std::string> above;
  if (!below) {
    auto path = path_of(a, dead);
    path.pop_back();
    for (auto& part : path) *above.Add() = std::move(part);
  }
  auto place = find_place(a, below, above);
  if (!place) return place;
  if (auto ok = may_hold(a, place->parent); !ok) return pass(ok);
  if (depth_of(a, place->parent) + place->missing.size() >= kMaxDepth || a.living >= kMaxMailboxes)
    return fail(Fault::limit, "too many mailboxes, or nested too deeply", "LIMIT");
  bool new_parent = !place->missing.empty();
  place->missing.push_back(new_parent ? dead.name() : free_name(a, place->parent, dead.name()));
  return place;
}

std::string path_at(AccountState& a, const TreePlace& place) {
  std::vector<std::string> path;
  if (place.parent) path = path_of(a, a.mailboxes.at(place.parent).rec);
  path.insert(path.end(), place.missing.begin(), place.missing.end());
  return base::join(path, "/");
}

// Whom to trust with it is for the owner to say again: grants do not come back.
records::Mailbox properties_of(AccountState& a, const records::Mailbox& dead) {
  records::Mailbox m;
  if (!a.by_role(dead.role())) m.set_role(dead.role());
  m.set_sort_order(dead.sort_order());
  m.set_subscribed(dead.subscribed());
  return m;
}

// One slice of the look before anything is done; true at the end.
Result<bool> count(Store& store, AccountState& a, std::uint32_t id, Restoring& w) {
  auto rows = deleted_rows(store.engine(), a.id, id, w.next_uid, kMaxEmailsPerCommit);
  if (!rows) return pass(rows);
  for (const DeletedRow& row : rows->rows) {
    auto e = a.email(store.engine(), row.email);
    if (!e && e.error().fault != Fault::corrupt) return pass(e);
    if (!e || !*e) continue;
    ++w.emails;
    if ((*e)->destroyed() && w.seen.insert(row.email).second) w.bytes += (*e)->size();
  }
  w.next_uid = rows->next_uid;
  return w.next_uid == 0;
}

// The next emails leave the dead mailbox, its rows with them, and go to the new one.  True at the end.
Result<bool> move_rows(Store& store, Txn& txn, MailboxState& dead, MailboxState& to, Restoring& w) {
  std::uint32_t id = dead.rec.id();
  auto rows = deleted_rows(store.engine(), txn.account().id, id, w.next_uid, kMaxEmailsPerCommit);
  if (!rows) return pass(rows);
  for (const DeletedRow& row : rows->rows) {
    auto e = txn.revive(row.email);
    if (!e && e.error().fault != Fault::corrupt) return pass(e);
    if (!e) continue;  // unreadable: the row stays, for fsck
    txn.batch().del(keys::uid_row(id, row.uid));
    if (!*e) continue;
    // The work behind may not have come to it yet.
    if (int at = find_place((*e)->rec, id, row.uid); at >= 0) txn.remove_place(**e, at);
    auto uid = txn.add_place(**e, to, false);
    if (!uid) return pass(uid);
    ++w.emails;
  }
  w.next_uid = rows->next_uid;
  return w.next_uid == 0;
}

Result<> restore_mailbox(Store& store, Call& call, AccountState& a) {
  const auto& r = call.request.undelete();
  auto found = deleted_mailbox(store, a, r.mailbox());
  if (!found) return pass(found);
  MailboxState& dead = **found;
  if (!call.work) call.work = std::make_shared<Restoring>();
  auto& w = *std::static_pointer_cast<Restoring>(call.work);
  auto& out = *call.reply.mutable_undeleted();
  call.state = Call::State::again;
  if (!w.counted) {
    auto done = count(store, a, r.mailbox(), w);
    if (!done) return pass(done);
    if (!*done) return {};
    w.counted = true;
    if (auto ok = check_quota(call, a, w.bytes); !ok) return ok;
    if (!r.dry_run()) {
      w.next_uid = 1;
      w.emails = 0;
      return {};
    }
  }
  Txn txn(store.engine(), a, store.now());
  if (!w.to) {
    auto place = place_for(a, dead.rec, r.to());
    if (!place) return pass(place);
    w.name = path_at(a, *place);
    out.set_name(w.name);
    out.set_emails(w.emails);
    if (r.dry_run()) {
      out.set_end(true);
      call.state = Call::State::done;
      return {};
    }
    w.to = make_missing(txn, *place, properties_of(a, dead.rec)).rec.id();
  }
  auto to = open_mailbox(a, w.to);
  if (!to) return pass(to);
  auto last = move_rows(store, txn, dead, **to, w);
  if (!last) return pass(last);
  if (*last) {  // nothing is left of it: forgotten at once
    txn.rewrite(dead);
    dead.rec.set_destroyed(1);
    dead.rec.set_rows(0);
  }
  if (auto done = txn.apply(); !done) return done;
  out.set_mailbox(w.to);
  out.set_name(w.name);
  out.set_emails(w.emails);
  out.set_end(*last);
  if (auto done = store.commit(txn, call); !done) return done;
  if (*last) store.queue_work(a.id);
  call.state = *last ? Call::State::done : Call::State::item;
  return {};
}

// The living mailboxes that it was in last, or INBOX.
std::vector<MailboxState*> homes(AccountState& a, const records::Email& e, MailboxState* to) {
  if (to) return {to};
  std::vector<MailboxState*> out;
  for (const auto& p : e.lost_places())
    if (auto* m = a.mailbox(p.mailbox()); m && !m->rec.all() && std::ranges::find(out, m) == out.end()) out.push_back(m);
  if (out.empty())
    if (auto* inbox = a.child(0, "INBOX")) out.push_back(inbox);
  return out;
}

struct Coming {
  std::uint64_t email;
  std::vector<MailboxState*> homes;
};

// What of the emails asked for is there; `out` gets a place for each, empty for those that are not.
Result<std::vector<Coming>> look_for(Store& store, Call& call, AccountState& a, stored::Undeleted& out) {
  const auto& r = call.request.undelete();
  MailboxState* to = nullptr;
  if (r.to()) {
    auto m = open_mailbox(call.who, a, r.to(), model::kInsert);
    if (!m) return pass(m);
    to = *m;
  }
  std::vector<Coming> coming;
  std::unordered_set<std::uint64_t> seen;
  std::uint64_t bytes = 0;
  for (std::uint64_t id : r.emails()) {
    auto e = a.email(store.engine(), id);
    if (!e && e.error().fault != Fault::corrupt) return pass(e);
    coming.push_back({id, {}});
    out.add_places();
    if (!e || !*e || !(*e)->destroyed() || !store.restorable((*e)->destroyed()) || !seen.insert(id).second) continue;
    coming.back().homes = homes(a, **e, to);
    if (coming.back().homes.empty()) continue;
    bytes += (*e)->size();
    out.set_emails(out.emails() + 1);
  }
  if (auto ok = check_quota(call, a, bytes); !ok) return pass(ok);
  return coming;
}

Result<> restore_emails(Store& store, Call& call, AccountState& a) {
  const auto& r = call.request.undelete();
  if (static_cast<std::size_t>(r.emails_size()) > kMaxUndeleted)
    return fail(Fault::limit, "more than 1,000 emails in one call", "LIMIT");
  auto& out = *call.reply.mutable_undeleted();
  auto coming = look_for(store, call, a, out);
  if (!coming) return pass(coming);
  out.set_end(true);
  if (r.dry_run()) return {};
  Txn txn(store.engine(), a, store.now());
  for (std::size_t i = 0; i < coming->size(); ++i) {
    const Coming& c = (*coming)[i];
    if (c.homes.empty()) continue;
    auto e = txn.revive(c.email);
    if (!e) return pass(e);
    for (MailboxState* m : c.homes)
      if (auto uid = txn.add_place(**e, *m, false); !uid) return pass(uid);
    *out.mutable_places(static_cast<int>(i)) = (*e)->rec.places(0);
  }
  if (auto done = txn.apply(); !done) return done;
  return store.commit(txn, call);
}

}  // namespace

Result<> undelete(Store& store, Call& call) {
  const auto& r = call.request.undelete();
  if (r.mailbox() || r.emails_size()) {
    auto opened = open_account(store, call);
    if (!opened) return pass(opened);
    return r.mailbox() ? restore_mailbox(store, call, **opened) : restore_emails(store, call, **opened);
  }
  if (call.who.kind != Kind::admin) return fail(Fault::permanent, "an admin restores accounts", "DENIED");
  if (auto done = store.undelete_account(call.request.account(), call); !done) return done;
  call.reply.mutable_undeleted()->set_end(true);
  return {};
}

}  // namespace postern::store
