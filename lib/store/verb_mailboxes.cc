// ListMailboxes, SelectMailbox, CreateMailbox.
#include <algorithm>
#include <unordered_map>

#include "base/system.h"
#include "base/text.h"
#include "store/keys.h"
#include "store/mailbox_tree.h"
#include "store/names.h"
#include "store/own_seen.h"
#include "store/verb_util.h"

namespace postern::store {

using base::fail;
using base::Fault;

namespace {

// What a sharer is told of a mailbox; without any right of his, as much as the paths of others below it need.
records::Mailbox as_shared(const records::Mailbox& m, Rights have) {
  records::Mailbox out;
  if (have & model::kRead) {
    out = m;
    out.clear_role();
    out.clear_subscribed();
    out.set_recent_from(m.uidnext());  // \Recent is the owner's
    if (!(have & model::kAdminister)) out.clear_acl();
    return out;
  }
  out.set_id(m.id());
  out.set_parent(m.parent());
  out.set_name(m.name());
  if (have & model::kVisible) {
    out.set_uidvalidity(m.uidvalidity());
    out.set_created_modseq(m.created_modseq());
    if (have & model::kAdminister) *out.mutable_acl() = m.acl();
  }
  return out;
}

// What the caller may do in each mailbox of the account; those above one that he sees are in it with 0.
std::unordered_map<std::uint32_t, Rights> all_rights(const Principal& who, AccountState& a) {
  std::unordered_map<std::uint32_t, Rights> out;
  bool owner = is_owner(who, a.id);
  for (const auto& [id, m] : a.mailboxes) {
    if (!m.alive()) continue;
    Rights have = rights_in(who, a.id, m.rec);
    if (!(have & model::kVisible)) continue;
    out[id] = have;
    if (owner) continue;
    for (MailboxState* up = a.mailbox(m.rec.parent()); up; up = a.mailbox(up->rec.parent()))
      if (!out.try_emplace(up->rec.id(), 0).second) break;
  }
  return out;
}

// How much the caller has not seen, where he has a \Seen of his own; the first of it.
Result<std::uint32_t> own_unseen(Store& store, Call& call, AccountState& a, MailboxState& m, records::Mailbox& shown) {
  auto own = OwnSeen::load(store.engine(), a.id, m.rec, call.who);
  if (!own) return pass(own);
  if (!*own) return 0;
  auto rows = a.rows(store.engine(), m);
  if (!rows) return pass(rows);
  shown.set_unseen_rows((*own)->unseen(**rows));
  return (*own)->first_unseen(**rows);
}

}  // namespace

Result<> list_mailboxes(Store& store, Call& call) {
  auto opened = open_account(store, call);
  if (!opened) return pass(opened);
  AccountState& a = **opened;
  const auto& r = call.request.list_mailboxes();
  auto& out = *call.reply.mutable_mailboxes();
  out.set_mailbox_modseq(a.rec.mailbox_modseq());
  out.set_epoch(a.rec.epoch());
  out.set_modseq(a.rec.modseq());
  out.set_metadata_modseq(a.rec.metadata_modseq());
  bool owner = is_owner(call.who, a.id);
  std::unordered_map<std::uint32_t, Rights> visible;
  if (!owner || r.ids().empty()) visible = all_rights(call.who, a);
  std::vector<std::uint32_t> ids(r.ids().begin(), r.ids().end());
  if (ids.empty()) {
    ids.reserve(visible.size());
    for (const auto& [id, _] : visible)
      if (id >= r.from_id()) ids.push_back(id);
    std::ranges::sort(ids);
  }
  std::size_t bytes = 0;
  for (std::uint32_t id : ids) {
    const MailboxState* m = a.mailbox(id);
    auto have = visible.find(id);
    if (!m || (!owner && have == visible.end())) {
      out.add_not_found(id);
      continue;
    }
    bytes += m->rec.ByteSizeLong() + 8;
    if (bytes > kMaxAnswerBytes) {
      out.set_next_id(id);
      break;
    }
    Rights rights = owner ? rights_in(call.who, a.id, m->rec) : have->second;
    records::Mailbox& one = *out.add_mailboxes();
    one = owner ? m->rec : as_shared(m->rec, rights);
    out.add_rights(rights);
    if (rights & model::kRead)
      if (auto first = own_unseen(store, call, a, *a.mailbox(id), one); !first) return pass(first);
  }
  return {};
}

namespace {

Result<MailboxState*> mailbox_to_select(const Call& call, AccountState& a) {
  const auto& r = call.request.select_mailbox();
  if (r.path().empty()) return open_mailbox(call, a, r.mailbox());
  MailboxState* m = is_owner(call.who, a.id) ? at_path(a, r.path()) : nullptr;
  if (!m) return fail(Fault::permanent, "no such mailbox", "NOT_FOUND");
  return m;
}

}  // namespace

Result<> select_mailbox(Store& store, Call& call) {
  auto opened = open_account(store, call);
  if (!opened) return pass(opened);
  AccountState& a = **opened;
  const auto& r = call.request.select_mailbox();
  auto found = mailbox_to_select(call, a);
  if (!found) return pass(found);
  MailboxState& m = **found;
  auto& out = *call.reply.mutable_selected();
  bool owner = is_owner(call.who, a.id);
  if (r.has_sheet()) {
    bool unchanged = r.sheet().mailbox() == m.rec.id() && r.sheet().have_modseq() == m.rec.modseq();
    if (auto done = fill_sheet(store, call, a, &m, unchanged, *out.mutable_sheet()); !done) return done;
  }
  out.set_epoch(a.rec.epoch());
  out.set_rights(rights_in(call.who, a.id, m.rec));
  *out.mutable_mailbox() = owner ? m.rec : as_shared(m.rec, out.rights());
  *out.mutable_keywords() = a.rec.keywords();
  out.set_account_modseq(a.rec.modseq());
  if (keeps_own_seen(call.who, a.id, m.rec)) {
    auto first = own_unseen(store, call, a, m, *out.mutable_mailbox());
    if (!first) return pass(first);
    out.set_first_unseen_uid(*first);
  } else if (m.rec.unseen_rows()) {
    auto rows = a.rows(store.engine(), m);
    if (!rows) return pass(rows);
    out.set_first_unseen_uid((*rows)->first_unseen());
  }
  if (r.read_only() || !owner || m.rec.recent_from() == m.rec.uidnext() || store.stopped()) return {};
  m.rec.set_recent_from(m.rec.uidnext());
  kv::Batch batch;
  batch.put(keys::mailbox(m.rec.id()), m.rec.SerializeAsString());
  if (auto done = store.commit_quiet(a, batch, call); !done) {
    a.broken = true;
    return done;
  }
  return {};
}

namespace {

// RFC 4314 4: a sharer makes mailboxes where he has `k`: below what exists of the path, and never at the top.
Result<> may_create(const Call& call, AccountState& a, const TreePlace& place) {
  if (is_owner(call.who, a.id)) return {};
  std::uint32_t above = place.parent;
  if (place.missing.empty())
    if (MailboxState* there = a.mailbox(place.parent)) above = there->rec.parent();
  auto m = open_mailbox(call, a, above);
  if (!m) return pass(m);
  const auto& r = call.request.create_mailbox();
  if (r.role().empty() && !r.subscribed()) return {};
  return fail(Fault::permanent, "roles and subscriptions are the owner's", "DENIED");
}

// The mailbox that shows all mail is the server's to make, nothing is below it, and who asks for what exists wants to put
// something into it.
Result<> check_all(const Store& store, AccountState& a, const TreePlace& place, const stored::CreateMailbox& r) {
  if (r.role() == "all" && !store.options().all_mail.empty())
    return fail(Fault::permanent, "the mailbox that shows all mail is made by the server", "INVALID");
  if (!place.missing.empty()) return may_hold(a, place.parent);
  if (r.may_exist() && a.mailbox(place.parent)->rec.all())
    return fail(Fault::permanent, std::string(model::kNotInAllMailText), "CANNOT");
  return {};
}

}  // namespace

Result<> create_mailbox(Store& store, Call& call) {
  auto opened = open_account(store, call);
  if (!opened) return pass(opened);
  AccountState& a = **opened;
  const auto& r = call.request.create_mailbox();
  if (r.path().empty()) return fail(Fault::permanent, "a mailbox without a name", "INVALID");
  if (auto ok = check_role(r.role()); !ok) return ok;
  auto place = find_place(a, r.parent(), r.path());
  if (!place) return pass(place);
  if (auto ok = may_create(call, a, *place); !ok) return ok;
  if (auto ok = check_all(store, a, *place, r); !ok) return ok;
  if (auto ok = admit_mailboxes(a, place->missing.size()); !ok) return ok;
  if (place->missing.empty()) {
    if (!r.may_exist()) return fail(Fault::permanent, "the mailbox exists", "EXISTS");
    auto& out = *call.reply.mutable_created();
    out.set_id(place->parent);
    out.set_modseq(a.rec.modseq());
    out.set_existed(true);
    out.set_uidvalidity(a.mailbox(place->parent)->rec.uidvalidity());
    return {};
  }
  if (!r.role().empty() && a.by_role(r.role()))
    return fail(Fault::permanent, "another mailbox has this role", "INVALID");
  Txn txn(store.engine(), a, store.now());
  records::Mailbox last;
  last.set_role(r.role());
  last.set_sort_order(r.sort_order());
  last.set_subscribed(r.subscribed());
  MailboxState& m = make_missing(txn, *place, std::move(last));
  if (auto done = txn.apply(); !done) return done;
  auto& out = *call.reply.mutable_created();
  out.set_id(m.rec.id());
  out.set_modseq(txn.modseq());
  out.set_uidvalidity(m.rec.uidvalidity());
  return store.commit(txn, call);
}

}  // namespace postern::store
