// StoreAnnotations (RFC 5257 4.5): like StoreFlags, but that nothing follows from an annotation.
#include <algorithm>
#include <unordered_set>

#include "store/annotations.h"
#include "store/verb_util.h"

namespace postern::store {

using base::fail;
using base::Fault;

namespace {

constexpr std::size_t kCommitBytes = 4u << 20;  // of annotations in one commit

std::size_t emails_a_commit(const Annotations& wanted) {
  std::size_t bytes = 1;
  for (const auto& one : wanted) bytes += one.entry().size() + one.value().size() + 64;
  return std::clamp<std::size_t>(kCommitBytes / bytes, 1, kMaxEmailsPerCommit);
}

// The rows of this commit; what the condition spares is noted.  The UID at which the next one begins, or 0.
std::uint32_t pick(Call& call, const HotRows& rows, std::size_t most, std::vector<model::SheetRow>& picked) {
  const auto& r = call.request.store_annotations();
  auto& out = *call.reply.mutable_annotations_stored();
  return each_row(rows, call.ranges, static_cast<std::uint32_t>(call.cursor), [&](const model::SheetRow& row) {
    auto answered = static_cast<std::size_t>(out.rows_size() + out.modified_size()) + picked.size();
    if (picked.size() >= most || answered >= kMaxRowsPerAnswer) return false;
    // A row that an earlier commit of this very call has touched is not somebody else's change.
    if (row.modseq > r.unchanged_since() && row.modseq <= call.began)
      out.add_modified(row.uid);
    else
      picked.push_back(row);
    return true;
  });
}

}  // namespace

Result<> store_annotations(Store& store, Call& call) {
  auto opened = open_account(store, call);
  if (!opened) return pass(opened);
  AccountState& a = **opened;
  const auto& r = call.request.store_annotations();
  auto found = open_mailbox(call, a, r.mailbox());
  if (!found) return pass(found);
  MailboxState& m = **found;
  if (auto ok = check_annotations(r.annotations()); !ok) return ok;
  bool shared = std::ranges::any_of(r.annotations(), [](const auto& one) { return one.shared(); });
  if (shared)
    if (auto ok = permit(rights_in(call.who, a.id, m.rec), model::kAnnotate); !ok) return ok;
  auto& out = *call.reply.mutable_annotations_stored();
  if (!call.started) {
    auto ranges = uid_ranges(r.uid_ranges());
    if (!ranges) return pass(ranges);
    call.ranges = std::move(*ranges);
    call.began = a.rec.modseq();
    out.set_previous_modseq(m.rec.modseq());
  }
  auto rows = a.rows(store.engine(), m);
  if (!rows) return pass(rows);
  std::vector<model::SheetRow> picked;
  std::uint32_t rest = pick(call, **rows, emails_a_commit(r.annotations()), picked);
  Txn txn(store.engine(), a, store.now());
  std::unordered_set<std::uint64_t> done_emails;
  for (const model::SheetRow& row : picked) {
    if (done_emails.insert(row.email).second)
      if (auto done = annotate(store.engine(), txn, row.email, call.who, r.annotations(), shared); !done) return done;
    txn.touch_row(m, row);
  }
  if (auto done = txn.apply(); !done) return done;
  for (const model::SheetRow& row : picked)
    if (const model::SheetRow* now = (*rows)->find(row.uid)) fill_row(*out.add_rows(), *now);
  out.set_modseq(m.rec.modseq());
  out.set_next_uid(rest);
  if (auto done = store.commit(txn, call); !done) return done;
  if (!rest || static_cast<std::size_t>(out.rows_size() + out.modified_size()) >= kMaxRowsPerAnswer) return {};
  call.cursor = rest;
  call.state = Call::State::again;
  return {};
}

}  // namespace postern::store
