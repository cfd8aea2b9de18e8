// StoreFlags: IMAP STORE, conditional or not (RFC 9051 6.4.6, RFC 7162 3.1.3).
#include <algorithm>

#include "base/system.h"
#include "store/own_seen.h"
#include "store/verb_util.h"

namespace postern::store {

using base::fail;
using base::Fault;

namespace {

struct Change {
  std::uint32_t uid;
  std::uint64_t email;
  model::Flags flags;
};

// `allowed`: flags that the caller may change; the others stay.
struct Wish {
  model::Flags bits, allowed;
  stored::StoreFlags::Mode mode;
};

model::Flags combine(model::Flags now, const Wish& w) {
  model::Flags bits = w.bits & w.allowed;
  switch (w.mode) {
    case stored::StoreFlags::ADD: return now | bits;
    case stored::StoreFlags::REMOVE: return now.without(bits);
    default: return now.without(w.allowed) | bits;
  }
}

// RFC 4314 4: STORE succeeds when one of the flags may be changed; FLAGS names them all.
Result<> permit_flags(Rights have, const Wish& w, const stored::StoreFlags& r) {
  if (r.mode() == stored::StoreFlags::REPLACE ? !w.allowed.empty() : r.flags().empty()) return {};
  for (const std::string& name : r.flags()) {
    auto bit = model::system_flag(name);
    if (bit ? w.allowed.has(*bit) : (have & model::kWriteFlags) != 0) return {};
  }
  return permit(have, kOwnerOnly);
}

std::size_t answered(const stored::FlagsStored& out) {
  auto n = static_cast<std::size_t>(out.modified_size());
  for (const auto& run : out.runs()) n += run.last() - run.first() + 1;
  return n;
}

// \Seen where the caller has one of his own.
struct Own {
  std::optional<OwnSeen> seen;
  Wish wish;

  bool change(const model::SheetRow& row) {
    if (!seen) return false;
    model::Flags now = seen->has(row.uid) ? model::kSeenBit : model::Flags{};
    return seen->set(row.uid, combine(now, wish).has(model::kSeen));
  }
  model::SheetRow show(model::SheetRow row) const {
    if (seen) row.flags = seen->flags(row.uid, row.flags);
    return row;
  }
};

// One slice: rows that change, and the UIDs of those that are as they are wanted.
struct Picked {
  std::vector<Change> changes;
  std::vector<model::SheetRow> touched;   // that change in nothing but what the caller has seen
  std::vector<std::uint32_t> as_wanted;
  std::uint32_t rest = 0;   // where the next slice begins
};

Picked pick(Call& call, const HotRows& rows, const Wish& wish, Own& own, stored::FlagsStored& out) {
  const auto& r = call.request.store_flags();
  Picked p;
  std::size_t room = kMaxRowsPerAnswer - std::min(answered(out), kMaxRowsPerAnswer);
  p.rest =
      each_row(rows, call.ranges, static_cast<std::uint32_t>(call.cursor), [&](const model::SheetRow& row) {
        if (p.changes.size() + p.touched.size() >= kMaxEmailsPerCommit || room == 0) return false;
        --room;
        if (row.modseq > r.unchanged_since()) {
          out.add_modified(row.uid);
          return true;
        }
        model::Flags flags = combine(row.flags, wish);
        bool seen_changes = own.change(row);
        if (!(flags == row.flags))
          p.changes.push_back({row.uid, row.email, flags});
        else if (seen_changes)
          p.touched.push_back(row);
        else
          p.as_wanted.push_back(row.uid);
        return true;
      });
  return p;
}

Result<> edit(Txn& txn, MailboxState& m, const std::vector<Change>& changes) {
  for (const Change& c : changes) {
    if (const model::SheetRow* row = m.hot->find(c.uid); row && txn.flag_alone(m, *row, c.flags)) continue;
    auto e = txn.email(c.email);
    if (!e && e.error().fault != Fault::corrupt) return pass(e);
    if (!e || !*e) continue;  // its record is damaged: the others are served
    int at = find_place((*e)->rec, m.rec.id(), c.uid);
    if (at < 0) continue;
    (*e)->rec.mutable_places(at)->set_deleted(c.flags.has(model::kDeleted));
    (*e)->set_flags(c.flags);
  }
  return {};
}

}  // namespace

Result<> store_flags(Store& store, Call& call) {
  auto opened = open_account(store, call);
  if (!opened) return pass(opened);
  AccountState& a = **opened;
  const auto& r = call.request.store_flags();
  auto found = open_mailbox(call, a, r.mailbox());
  if (!found) return pass(found);
  MailboxState& m = **found;
  Rights have = rights_in(call.who, a.id, m.rec);
  auto& out = *call.reply.mutable_flags_stored();
  if (!call.started) {
    auto ranges = uid_ranges(r.uid_ranges());
    if (!ranges) return pass(ranges);
    call.ranges = std::move(*ranges);
    out.set_previous_modseq(m.rec.modseq());
  }
  auto rows = a.rows(store.engine(), m);
  if (!rows) return pass(rows);

  Txn txn(store.engine(), a, store.now());
  bool denied = false;
  bool grow = r.mode() != stored::StoreFlags::REMOVE && (have & model::kWriteFlags);
  auto bits = txn.flag_bits(r.flags(), grow, &denied);
  if (!bits) return pass(bits);
  Wish wish{*bits, flags_allowed(have), r.mode()};
  if (auto ok = permit_flags(have, wish, r); !ok) return ok;
  Own own;
  auto loaded = OwnSeen::load(store.engine(), a.id, m.rec, call.who);
  if (!loaded) return pass(loaded);
  own.seen = std::move(*loaded);
  if (own.seen) {
    own.wish = {wish.bits, wish.allowed & model::kSeenBit, wish.mode};
    wish.allowed = wish.allowed.without(model::kSeenBit);
  }
  Picked picked = pick(call, **rows, wish, own, out);
  if (auto done = edit(txn, m, picked.changes); !done) return done;
  for (const model::SheetRow& row : picked.touched) txn.touch_row(m, row);
  if (own.seen) own.seen->put(txn.batch());
  if (auto done = txn.apply(); !done) return done;
  // Another copy of an email may stand anywhere in the mailbox.
  std::vector<std::uint32_t>& told = picked.as_wanted;
  for (std::uint32_t uid : txn.flagged(r.mailbox())) told.push_back(uid);
  std::ranges::sort(told);
  for (std::uint32_t uid : told)
    if (const model::SheetRow* row = (*rows)->find(uid)) add_flags(out, own.show(*row));
  if (denied) out.set_denied_keywords(true);
  if (txn.keywords_grew()) *out.mutable_new_keywords() = a.rec.keywords();
  out.set_modseq(m.rec.modseq());
  out.set_next_uid(picked.rest);
  if (auto done = store.commit(txn, call); !done) return done;
  if (!picked.rest || answered(out) >= kMaxRowsPerAnswer) return {};
  call.cursor = picked.rest;
  call.state = Call::State::again;
  return {};
}

std::string kept_result(stored::Reply& reply) {
  if (!reply.has_flags_stored()) return reply.SerializeAsString();
  auto& f = *reply.mutable_flags_stored();
  google::protobuf::RepeatedPtrField<stored::FlagRun> runs;
  runs.Swap(f.mutable_runs());
  for (const auto& run : runs) {
    f.add_stored_ranges(run.first());
    f.add_stored_ranges(run.last());
  }
  std::string bytes = reply.SerializeAsString();
  f.clear_stored_ranges();
  runs.Swap(f.mutable_runs());
  return bytes;
}

Result<> complete_result(Store& store, AccountState& a, std::uint32_t mailbox, const Principal& who,
                         stored::FlagsStored& out) {
  auto ranges = uid_ranges(out.stored_ranges());
  if (!ranges) return pass(ranges);
  out.clear_stored_ranges();
  MailboxState* m = a.mailbox(mailbox);
  if (!m || ranges->empty()) return {};
  auto rows = a.rows(store.engine(), *m);
  if (!rows) return pass(rows);
  Own own;
  auto loaded = OwnSeen::load(store.engine(), a.id, m->rec, who);
  if (!loaded) return pass(loaded);
  own.seen = std::move(*loaded);
  each_row(**rows, *ranges, 0, [&](const model::SheetRow& row) {
    add_flags(out, own.show(row));
    return true;
  });
  return {};
}

}  // namespace postern::store
