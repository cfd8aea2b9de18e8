// UpdateMailbox and DeleteMailbox.
#include "base/system.h"
#include "base/text.h"
#include "store/mailbox_tree.h"
#include "store/metadata.h"
#include "store/names.h"
#include "store/verb_util.h"

namespace postern::store {

using base::fail;
using base::Fault;

namespace {

bool is_inbox(const MailboxState& m) { return m.rec.parent() == 0 && m.rec.name() == "INBOX"; }

// Where the mailbox shall be.
struct Destination {
  TreePlace place;      // the last missing component, if any, is the parent's
  std::string name;
};

Result<Destination> destination(AccountState& a, MailboxState& m, const stored::UpdateMailbox& r) {
  Destination d;
  d.name = r.has_name() ? r.name() : m.rec.name();
  if (auto ok = check_name(d.name); !ok) return pass(ok);
  std::uint32_t parent = m.rec.parent();
  if (r.has_parent())
    parent = r.parent();
  else if (r.new_parent_path_size() || r.inbox_rename())
    parent = 0;
  auto place = find_place(a, parent, r.new_parent_path());
  if (!place) return pass(place);
  d.place = std::move(*place);
  if (auto ok = may_hold(a, d.place.parent); !ok) return pass(ok);
  if (d.place.parent && !r.inbox_rename() && is_below(a, d.place.parent, m.rec.id()))
    return fail(Fault::permanent, "a mailbox can't be below itself", "INVALID");
  if (depth_of(a, d.place.parent) + d.place.missing.size() + height_of(a, m.rec.id()) > kMaxDepth)
    return fail(Fault::limit, "mailboxes nested too deeply", "LIMIT");
  MailboxState* other = d.place.missing.empty() ? a.child(d.place.parent, d.name) : nullptr;
  bool inbox_name = d.place.parent == 0 && d.place.missing.empty() && base::iequals(d.name, "INBOX");
  if ((other && other != &m) || (inbox_name && !is_inbox(m)))
    return fail(Fault::permanent, "the mailbox exists", "EXISTS");
  return d;
}

Result<> check_properties(Store& store, AccountState& a, MailboxState& m, const stored::UpdateMailbox& r) {
  bool moves = (r.has_name() && r.name() != m.rec.name()) ||
               (r.has_parent() && r.parent() != m.rec.parent()) || r.new_parent_path_size();
  bool changes_role = r.has_role() && r.role() != m.rec.role();
  if (m.rec.all() && (moves || changes_role))
    return fail(Fault::permanent, std::string(model::kNotInAllMailText), "CANNOT");
  if (changes_role) {
    if (auto ok = check_role(r.role()); !ok) return ok;
    if (r.role() == "all" && !store.options().all_mail.empty())
      return fail(Fault::permanent, "the mailbox that shows all mail is made by the server", "INVALID");
    if (is_inbox(m) || r.role() == "inbox") return fail(Fault::permanent, "INBOX keeps its role", "INVALID");
    if (!r.role().empty() && a.by_role(r.role()))
      return fail(Fault::permanent, "another mailbox has this role", "INVALID");
  }
  if (is_inbox(m) && moves && !r.inbox_rename())
    return fail(Fault::permanent, "INBOX can't be renamed", "INVALID");
  if (r.inbox_rename() && !is_inbox(m)) return fail(Fault::permanent, "not INBOX", "INVALID");
  return {};
}

// A sharer renames and moves with `x` on the mailbox and `k` where it goes; the rest is the owner's.
Result<> may_update(const Call& call, AccountState& a, const MailboxState& m, const Destination& d) {
  if (is_owner(call.who, a.id)) return {};
  const auto& r = call.request.update_mailbox();
  Rights have = rights_in(call.who, a.id, m.rec);
  if (r.has_role() || r.has_sort_order() || r.has_subscribed() || r.has_private_seen() || r.inbox_rename())
    if (auto ok = permit(have, kOwnerOnly); !ok) return ok;
  bool moves = d.place.parent != m.rec.parent() || !d.place.missing.empty();
  if (!moves && d.name == m.rec.name()) return {};
  if (auto ok = permit(have, call.verb->needs); !ok) return ok;
  auto above = open_mailbox(call.who, a, d.place.parent, model::kCreate);
  if (!above) return pass(above);
  return {};
}

std::uint32_t make_parent(Txn& txn, const Destination& d) {
  if (d.place.missing.empty()) return d.place.parent;
  return make_missing(txn, d.place, {}).rec.id();
}

// RFC 9051 6.3.6: INBOX stays, its messages go to a new mailbox; in slices.
Result<> rename_inbox(Store& store, Call& call, AccountState& a, MailboxState& inbox) {
  const auto& r = call.request.update_mailbox();
  Txn txn(store.engine(), a, store.now());
  if (!call.started) {
    if (!r.has_name()) return fail(Fault::permanent, "a mailbox without a name", "INVALID");
    auto d = destination(a, inbox, r);
    if (!d) return pass(d);
    if (auto ok = admit_mailboxes(a, d->place.missing.size() + 1); !ok) return ok;
    records::Mailbox rec;
    rec.set_name(d->name);
    rec.set_parent(make_parent(txn, *d));
    rec.set_subscribed(inbox.rec.subscribed());
    call.target = txn.create_mailbox(std::move(rec)).rec.id();
    // RFC 5464 4.1: its annotations stay and are copied.
    if (auto done = copy_metadata(store, a, txn, inbox.rec.id(), call.target); !done) return done;
    call.ranges = {{1, inbox.rec.uidnext()}};
    if (inbox.rec.uidnext() > 1) call.ranges[0].second = inbox.rec.uidnext() - 1;
  }
  auto to = open_mailbox(a, call.target);
  if (!to) return pass(to);
  auto rows = a.rows(store.engine(), inbox);
  if (!rows) return pass(rows);
  std::vector<std::pair<std::uint32_t, model::SheetRow>> moving;
  std::uint32_t rest =
      each_row(**rows, call.ranges, static_cast<std::uint32_t>(call.cursor), [&](const model::SheetRow& row) {
        if (moving.size() >= kMaxEmailsPerCommit) return false;
        moving.emplace_back(row.uid, row);
        return true;
      });
  for (const auto& [uid, row] : moving) {
    auto e = txn.email(row.email);
    if (!e && e.error().fault != Fault::corrupt) return pass(e);
    if (!e || !*e) continue;
    int at = find_place((*e)->rec, inbox.rec.id(), uid);
    if (at < 0) continue;
    txn.remove_place(**e, at);
    if (auto placed = txn.add_place(**e, **to, row.flags.has(model::kDeleted)); !placed) return pass(placed);
  }
  if (auto done = txn.apply(); !done) return done;
  call.reply.mutable_done()->set_modseq(a.rec.modseq());
  base::kill_point("rename");
  if (auto done = store.commit(txn, call); !done) return done;
  if (!rest) return {};
  call.cursor = rest;
  call.state = Call::State::again;
  return {};
}

}  // namespace

Result<> update_mailbox(Store& store, Call& call) {
  auto opened = open_account(store, call);
  if (!opened) return pass(opened);
  AccountState& a = **opened;
  const auto& r = call.request.update_mailbox();
  auto found = open_mailbox(call.who, a, r.id(), model::kLookup);
  if (!found) return pass(found);
  MailboxState& m = **found;
  bool owner = is_owner(call.who, a.id);
  if (owner)
    if (auto ok = check_properties(store, a, m, r); !ok) return ok;
  if (owner && r.inbox_rename()) return rename_inbox(store, call, a, m);
  auto d = destination(a, m, r);
  // To a sharer a place that he may not see is no different from one that is not there.
  if (!d) return owner || d.error().code != "EXISTS" ? pass(d) : fail(Fault::permanent, "no right to do this here", "DENIED");
  if (auto ok = may_update(call, a, m, *d); !ok) return ok;
  if (!owner)
    if (auto ok = check_properties(store, a, m, r); !ok) return ok;
  if (auto ok = admit_mailboxes(a, d->place.missing.size()); !ok) return ok;
  auto& rec = m.rec;
  bool changes = d->name != rec.name() || d->place.parent != rec.parent() || !d->place.missing.empty() ||
                 (r.has_role() && r.role() != rec.role()) ||
                 (r.has_sort_order() && r.sort_order() != rec.sort_order()) ||
                 (r.has_subscribed() && r.subscribed() != rec.subscribed()) ||
                 (r.has_private_seen() && r.private_seen() != rec.private_seen());
  if (!changes) {
    call.reply.mutable_done()->set_modseq(a.rec.modseq());
    return {};
  }
  Txn txn(store.engine(), a, store.now());
  std::uint32_t parent = make_parent(txn, *d);
  std::string old_name = rec.name();
  txn.change_mailbox(m);
  bool trash_changes = r.has_role() && (r.role() == "trash") != (rec.role() == "trash");
  rec.set_name(d->name);
  rec.set_parent(parent);
  if (r.has_role()) rec.set_role(r.role());
  if (r.has_sort_order()) rec.set_sort_order(r.sort_order());
  if (r.has_subscribed()) rec.set_subscribed(r.subscribed());
  if (r.has_private_seen()) rec.set_private_seen(r.private_seen());
  txn.reindex(m);
  if (trash_changes && rec.rows())
    if (auto done = txn.recount_threads(); !done) return done;
  if (auto done = txn.apply(); !done) return done;
  call.reply.mutable_done()->set_modseq(txn.modseq());
  base::kill_point("rename");
  if (auto done = store.commit(txn, call); !done) return done;
  store.name_is_free(a.id, old_name);
  return {};
}

Result<> delete_mailbox(Store& store, Call& call) {
  auto opened = open_account(store, call);
  if (!opened) return pass(opened);
  AccountState& a = **opened;
  const auto& r = call.request.delete_mailbox();
  auto found = open_mailbox(call, a, r.id());
  if (!found) return pass(found);
  MailboxState& m = **found;
  if (is_inbox(m)) return fail(Fault::permanent, "INBOX can't be deleted", "INVALID");
  if (m.children) return fail(Fault::permanent, "the mailbox has children", "HAS_CHILDREN");
  if (r.keep_if_emails() && m.rec.total_emails())
    return fail(Fault::permanent, "the mailbox has emails", "HAS_EMAILS");
  Txn txn(store.engine(), a, store.now());
  bool small = m.rec.rows() <= kMaxEmailsPerCommit;
  if (small && m.rec.rows()) {
    auto rows = a.rows(store.engine(), m);
    if (!rows) return pass(rows);
    for (const model::SheetRow* row = (*rows)->from(1); row; row = (*rows)->next(row)) {
      auto e = txn.email(row->email);
      if (!e && e.error().fault != Fault::corrupt) return pass(e);
      if (!e || !*e) continue;
      if (int at = find_place((*e)->rec, r.id(), row->uid); at >= 0) txn.remove_place(**e, at);
    }
  }
  std::string what = "mailbox " + std::to_string(r.id()) + " " + base::printable(m.rec.name(), 100) + " with " +
                     std::to_string(m.rec.rows()) + " messages";
  // RFC 4314 4: its list goes with it.
  auto shared_with = grantees(m.rec);
  m.rec.clear_acl();
  txn.destroy_mailbox(m);
  a.grants_changed();
  kv::Batch hints;
  put_hints(a, shared_with, hints);
  if (auto done = txn.apply(); !done) return done;
  call.reply.mutable_done()->set_modseq(txn.modseq());
  if (auto done = store.commit(txn, call, &hints); !done) return done;
  call.audited = std::move(what);
  if (m.rec.rows()) store.queue_work(a.id);
  store.name_is_free(a.id, m.rec.name());
  m.hot.reset();
  return {};
}

}  // namespace postern::store
