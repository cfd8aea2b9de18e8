// ListMailboxes, SelectMailbox, CreateMailbox.
#include <algorithm>

#include "base/system.h"
#include "base/text.h"
#include "store/keys.h"
#include "store/mailbox_tree.h"
#include "store/names.h"
#include "store/verb_util.h"

namespace postern::store {

using base::fail;
using base::Fault;

Result<> list_mailboxes(Store& store, Call& call) {
  auto opened = open_account(store, call);
  if (!opened) return pass(opened);
  AccountState& a = **opened;
  const auto& r = call.request.list_mailboxes();
  auto& out = *call.reply.mutable_mailboxes();
  out.set_mailbox_modseq(a.rec.mailbox_modseq());
  out.set_epoch(a.rec.epoch());
  out.set_modseq(a.rec.modseq());
  std::vector<std::uint32_t> ids(r.ids().begin(), r.ids().end());
  if (ids.empty()) {
    ids.reserve(a.mailboxes.size());
    for (const auto& [id, m] : a.mailboxes)
      if (m.alive() && id >= r.from_id()) ids.push_back(id);
    std::ranges::sort(ids);
  }
  std::size_t bytes = 0;
  for (std::uint32_t id : ids) {
    const MailboxState* m = a.mailbox(id);
    if (!m) {
      out.add_not_found(id);
      continue;
    }
    bytes += m->rec.ByteSizeLong() + 4;
    if (bytes > kMaxAnswerBytes) {
      out.set_next_id(id);
      break;
    }
    *out.add_mailboxes() = m->rec;
  }
  return {};
}

Result<> select_mailbox(Store& store, Call& call) {
  auto opened = open_account(store, call);
  if (!opened) return pass(opened);
  AccountState& a = **opened;
  const auto& r = call.request.select_mailbox();
  auto found = open_mailbox(a, r.mailbox());
  if (!found) return pass(found);
  MailboxState& m = **found;
  auto& out = *call.reply.mutable_selected();
  *out.mutable_mailbox() = m.rec;
  *out.mutable_keywords() = a.rec.keywords();
  out.set_account_modseq(a.rec.modseq());
  if (m.rec.unseen_rows()) {
    auto rows = a.rows(store.engine(), m);
    if (!rows) return pass(rows);
    out.set_first_unseen_uid((*rows)->first_unseen());
  }
  if (r.read_only() || m.rec.recent_from() == m.rec.uidnext() || store.stopped()) return {};
  m.rec.set_recent_from(m.rec.uidnext());
  kv::Batch batch;
  batch.put(keys::mailbox(m.rec.id()), m.rec.SerializeAsString());
  if (auto done = store.commit_quiet(a, batch, call); !done) {
    a.broken = true;
    return done;
  }
  return {};
}

Result<> create_mailbox(Store& store, Call& call) {
  auto opened = open_account(store, call);
  if (!opened) return pass(opened);
  AccountState& a = **opened;
  const auto& r = call.request.create_mailbox();
  if (r.path().empty()) return fail(Fault::permanent, "a mailbox without a name", "INVALID");
  if (auto ok = check_role(r.role()); !ok) return ok;
  auto place = find_place(a, r.parent(), r.path());
  if (!place) return pass(place);
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
