// The reading of flags.  What is primary: a message's flags and modseq are those in its slot of a block ("F", 64
// neighbouring UIDs; model/flag_block.h); where there is none, those that its uid row ("U") was born with.  An email's
// keywords are those of whichever of its record ("E") and its rows' slots has the highest modseq: a record is written
// when its email gains or loses a place, a slot whenever flags change.  A place's \Deleted in the record yields to its
// slot in the same way.  A destroyed email has no slots: its record tells all.
// Runs in: stored.  Input: the disk, checked.  Tests: t/unit/store_flag_rows.cc, store_model.cc
#pragma once
#include <cstdint>
#include <optional>

#include "base/result.h"
#include "model/flag_block.h"
#include "model/sheet.h"
#include "proto/records.pb.h"

namespace postern::store {

// A uid row as it is now.  `slot` may be nothing.
inline void take_flags(model::SheetRow& row, const model::RowFlags* slot) {
  if (!slot) return;
  row.flags = slot->flags;
  row.modseq = slot->modseq;
}

// One of an email's places; to be called for each.  REQUIRES: the email lives.
inline void take_flags(records::Email& e, records::Place& place, const model::RowFlags& slot) {
  place.set_deleted(slot.flags.has(model::kDeleted));
  if (slot.modseq <= e.modseq()) return;
  e.set_modseq(slot.modseq);
  e.set_flags_lo(slot.flags.without(model::kDeletedBit).lo);
  e.set_flags_hi(slot.flags.hi);
}

// An email as it is now.  `find(mailbox, uid)` answers Result<std::optional<model::RowFlags>>: its slot.
template <class Find>
base::Result<> take_flags(records::Email& e, Find&& find) {
  if (e.destroyed()) return {};
  for (auto& place : *e.mutable_places()) {
    auto slot = find(place.mailbox(), place.uid());
    if (!slot) return base::pass(slot);
    if (*slot) take_flags(e, place, **slot);
  }
  return {};
}

}  // namespace postern::store
