// What the verbs share.  Private to lib/store.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "model/rows.h"
#include "model/sheet.h"
#include "store/limits.h"
#include "store/store.h"

namespace postern::store {

using UidRanges = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

inline Result<AccountState*> open_account(Store& store, Call& call) {
  return store.account(call.request.account(), call.who, call);
}

// For verbs of the owner alone, and what stored does by itself.
inline Result<MailboxState*> open_mailbox(AccountState& a, std::uint32_t id) {
  if (MailboxState* m = a.mailbox(id)) return m;
  return base::fail(base::Fault::permanent, "no such mailbox", "NOT_FOUND");
}
// For everybody: the mailbox if the caller has these rights there.  NOT_FOUND, DENIED; CANNOT where nobody has them, in
// the mailbox that shows all mail.
inline Result<MailboxState*> open_mailbox(const Principal& who, AccountState& a, std::uint32_t id, Rights need) {
  auto m = open_mailbox(a, id);
  if (!m) return m;
  Rights have = rights_in(who, a.id, (*m)->rec);
  if ((*m)->rec.all() && (need & model::kNotInAllMail) && (have & model::kLookup))
    return base::fail(base::Fault::permanent, std::string(model::kNotInAllMailText), "CANNOT");
  if (auto ok = permit(have, need); !ok) return pass(ok);
  return m;
}
// The same with what the verb needs.
inline Result<MailboxState*> open_mailbox(const Call& call, AccountState& a, std::uint32_t id) {
  return open_mailbox(call.who, a, id, call.verb->needs & model::kAllRights);
}
// Flags that somebody with these rights may set and take away (RFC 4314 4, STORE).
inline model::Flags flags_allowed(Rights r) {
  model::Flags out;
  if (r & model::kWriteFlags) out = model::Flags{~0ull, ~0ull}.without(model::kSeenBit | model::kDeletedBit);
  if (r & model::kKeepSeen) out = out | model::kSeenBit;
  if (r & model::kDeleteMessages) out = out | model::kDeletedBit;
  return out;
}

// Room in the account's quota, whether the owner adds or a sharer, when at the same time some goes.  OVER_QUOTA.
Result<> admit_emails(const AccountState& a, std::uint64_t bytes, std::uint64_t emails, std::uint64_t freed_bytes = 0,
                      std::uint64_t freed_emails = 0);
Result<> admit_mailboxes(const AccountState& a, std::size_t mailboxes);

// The hints "shared with" of account 0, after the list of a mailbox of `a` changed: for each of `principals`, whether
// anything is still granted.  They go into the same commit.
void put_hints(AccountState& a, const std::vector<std::uint64_t>& principals, kv::Batch& extra);
std::vector<std::uint64_t> grantees(const records::Mailbox& m);
// Those of the whole account, which comes into being or comes back.
void put_all_hints(AccountState& a, kv::Batch& extra);

// first, last, first, last ... as the request has them: sorted, merged, 0 left out.  INVALID when one is
// missing.
Result<UidRanges> uid_ranges(const google::protobuf::RepeatedField<std::uint32_t>& flat);

// Calls fn(row) for each row of the ranges with uid >= from, in order, until it answers false.  The UID at
// which it did, or 0 when all are done.  fn must not change the rows.
template <class Fn>
std::uint32_t each_row(const HotRows& rows, const UidRanges& ranges, std::uint32_t from, Fn&& fn) {
  for (auto [first, last] : ranges) {
    if (last < from) continue;
    for (const model::SheetRow* r = rows.from(std::max(first, from)); r && r->uid <= last; r = rows.next(r))
      if (!fn(*r)) return r->uid;
  }
  return 0;
}

// A mailbox's sheet as the caller may see it (m null: all emails of the account), or only that it is unchanged.  A large one
// adds a descriptor to the call's.  verb_sheet.cc
Result<> fill_sheet(Store& store, Call& call, AccountState& a, MailboxState* m, bool unchanged, stored::Sheet& out);

// PutBlob of an admin.  verb_load.cc
Result<> put_loaded_blob(Store& store, Call& call);

// What a flag change makes new of a row, behind those of lower UIDs.
inline void add_flags(stored::FlagsStored& out, const model::SheetRow& r) {
  if (int n = out.runs_size(); n > 0) {
    auto& last = *out.mutable_runs(n - 1);
    if (last.last() + 1 == r.uid && last.modseq() == r.modseq && last.flags_lo() == r.flags.lo &&
        last.flags_hi() == r.flags.hi)
      return last.set_last(r.uid);
  }
  auto& run = *out.add_runs();
  run.set_first(r.uid);
  run.set_last(r.uid);
  run.set_modseq(r.modseq);
  run.set_flags_lo(r.flags.lo);
  run.set_flags_hi(r.flags.hi);
}

inline void fill_row(stored::Row& out, const model::SheetRow& r) {
  out.set_uid(r.uid);
  out.set_email(r.email);
  out.set_modseq(r.modseq);
  out.set_flags_lo(r.flags.lo);
  out.set_flags_hi(r.flags.hi);
  out.set_size(r.size);
  out.set_received(r.received);
  out.set_saved(r.saved);
  out.set_thread(r.thread);
}

// A write's reply as it is kept.  That of StoreFlags names its rows by UID only, and complete_result() reads them again: the
// client is told of their flags as they are then.  The reply is left as it was.
std::string kept_result(stored::Reply& reply);
Result<> complete_result(Store& store, AccountState& a, std::uint32_t mailbox, const Principal& who,
                         stored::FlagsStored& out);

inline int find_place(const records::Email& e, std::uint32_t mailbox, std::uint32_t uid) {
  for (int i = 0; i < e.places_size(); ++i)
    if (e.places(i).mailbox() == mailbox && e.places(i).uid() == uid) return i;
  return -1;
}

}  // namespace postern::store
