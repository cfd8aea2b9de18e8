// CopyEmails: IMAP COPY and MOVE (RFC 9051 6.4.7, 6.4.8).  A moved message is in one commit taken and given.
#include "base/system.h"
#include "store/verb_util.h"

namespace postern::store {

namespace {

struct Source {
  std::uint32_t uid;
  std::uint64_t email;
  bool deleted;
};

std::vector<Source> pick(Call& call, const HotRows& rows, std::size_t answered, std::uint32_t& rest) {
  std::vector<Source> out;
  rest =
      each_row(rows, call.ranges, static_cast<std::uint32_t>(call.cursor), [&](const model::SheetRow& row) {
        if (out.size() >= kMaxEmailsPerCommit || answered + out.size() >= kMaxRowsPerAnswer) return false;
        out.push_back({row.uid, row.email, row.flags.has(model::kDeleted)});
        return true;
      });
  return out;
}

Result<> edit(Txn& txn, const std::vector<Source>& sources, std::uint32_t from, MailboxState& to, bool move,
              bool may_delete, stored::Copied& out) {
  for (const Source& s : sources) {
    auto e = txn.email(s.email);
    if (!e && e.error().fault != base::Fault::corrupt) return pass(e);
    if (!e || !*e) continue;
    int at = find_place((*e)->rec, from, s.uid);
    if (at < 0) continue;
    if (move) txn.remove_place(**e, at);
    auto uid = txn.add_place(**e, to, s.deleted && may_delete);
    if (!uid) return pass(uid);
    out.add_from_uids(s.uid);
    out.add_to_uids(*uid);
  }
  return {};
}

}  // namespace

Result<> copy_emails(Store& store, Call& call) {
  auto opened = open_account(store, call);
  if (!opened) return pass(opened);
  AccountState& a = **opened;
  const auto& r = call.request.copy_emails();
  // RFC 6851 4.2: a move needs what STORE, COPY and EXPUNGE need.
  auto from = open_mailbox(call.who, a, r.from(),
                           model::kRead | (r.move() ? model::kDeleteMessages | model::kExpunge : 0));
  if (!from) return pass(from);
  if (r.move() && (*from)->rec.all())
    return base::fail(base::Fault::permanent, std::string(model::kStaysInAllMailText), "CANNOT");
  // The copy shares its flags with the original: who may not set them there makes a message of its own instead
  // (AddEmails), which has those that he may set.
  auto to = open_mailbox(call.who, a, r.to(), model::kInsert | model::kKeepSeen | model::kWriteFlags);
  if (!to) return pass(to);
  bool may_delete = rights_in(call.who, a.id, (*to)->rec) & model::kDeleteMessages;
  auto& out = *call.reply.mutable_copied();
  out.set_uidvalidity((*to)->rec.uidvalidity());
  auto rows = a.rows(store.engine(), **from);
  if (!rows) return pass(rows);
  if (!call.started) {
    auto ranges = uid_ranges(r.uid_ranges());
    if (!ranges) return pass(ranges);
    call.ranges = std::move(*ranges);
    // What is copied into its own mailbox is not copied again by the next slice.
    if (!call.ranges.empty() && (*from)->rec.uidnext() > 1)
      for (auto& range : call.ranges) range.second = std::min(range.second, (*from)->rec.uidnext() - 1);
  }
  std::uint32_t rest = 0;
  auto sources = pick(call, **rows, static_cast<std::size_t>(out.from_uids_size()), rest);
  Txn txn(store.engine(), a, store.now());
  if (auto done = edit(txn, sources, r.from(), **to, r.move(), may_delete, out); !done) return done;
  if (auto done = txn.apply(); !done) return done;
  out.set_modseq(a.rec.modseq());
  out.set_next_uid(rest);
  base::kill_point(r.move() ? "move" : "copy");
  if (auto done = store.commit(txn, call); !done) return done;
  if (!rest || static_cast<std::size_t>(out.from_uids_size()) >= kMaxRowsPerAnswer) return {};
  call.cursor = rest;
  call.state = Call::State::again;
  return {};
}

}  // namespace postern::store
