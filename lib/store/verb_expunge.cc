// Expunge: rows with \Deleted go, and with its last row an email.
#include "base/system.h"
#include "store/verb_util.h"

namespace postern::store {

Result<> expunge(Store& store, Call& call) {
  auto opened = open_account(store, call);
  if (!opened) return pass(opened);
  AccountState& a = **opened;
  const auto& r = call.request.expunge();
  auto found = open_mailbox(call, a, r.mailbox());
  if (!found) return pass(found);
  MailboxState& m = **found;
  auto& out = *call.reply.mutable_expunged();
  if (!call.started) {
    auto ranges = uid_ranges(r.uid_ranges());
    if (!ranges) return pass(ranges);
    call.ranges = r.all_deleted() ? UidRanges{{1, UINT32_MAX}} : std::move(*ranges);
    out.set_previous_modseq(m.rec.modseq());
  }
  out.set_modseq(m.rec.modseq());
  if (m.rec.deleted_rows() == 0) return {};
  auto rows = a.rows(store.engine(), m);
  if (!rows) return pass(rows);
  std::vector<std::pair<std::uint32_t, std::uint64_t>> going;
  auto answered = static_cast<std::size_t>(out.uids_size());
  std::uint32_t rest =
      each_row(**rows, call.ranges, static_cast<std::uint32_t>(call.cursor), [&](const model::SheetRow& row) {
        if (!row.flags.has(model::kDeleted)) return true;
        if (going.size() >= kMaxEmailsPerCommit || answered + going.size() >= kMaxRowsPerAnswer) return false;
        going.emplace_back(row.uid, row.email);
        return true;
      });
  Txn txn(store.engine(), a, store.now());
  for (auto [uid, email] : going) {
    auto e = txn.email(email);
    if (!e && e.error().fault != base::Fault::corrupt) return pass(e);
    if (!e || !*e) continue;
    if (int at = find_place((*e)->rec, r.mailbox(), uid); at >= 0) txn.remove_place(**e, at);
  }
  if (auto done = txn.apply(); !done) return done;
  auto gone = txn.expunged(r.mailbox());
  for (std::uint32_t uid : gone) out.add_uids(uid);
  out.set_modseq(m.rec.modseq());
  out.set_next_uid(rest);
  base::kill_point("expunge");
  if (auto done = store.commit(txn, call); !done) return done;
  if (!rest || static_cast<std::size_t>(out.uids_size()) >= kMaxRowsPerAnswer) return {};
  call.cursor = rest;
  call.state = Call::State::again;
  return {};
}

}  // namespace postern::store
