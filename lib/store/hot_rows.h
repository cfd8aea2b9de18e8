// The uid rows of one mailbox in memory, and which of them changed lately: what makes STORE, SELECT, sheets
// and deltas of a mailbox in use cost no read.  Runs in: stored, on the store thread.  Tests:
// t/unit/store_hot_rows.cc
#pragma once
#include <cstdint>
#include <deque>
#include <vector>

#include "model/flag_block.h"
#include "model/sheet.h"

namespace postern::store {

class HotRows {
 public:
  // `modseq` is the mailbox's at the time its rows were read.
  explicit HotRows(std::uint64_t modseq) : recent_floor_(modseq) {}

  // While loading: in ascending order of UID.
  void load(const model::SheetRow& row) {
    rows_.push_back(row);
    alone_.push_back(0);
  }
  void reserve(std::size_t n) {
    rows_.reserve(n);
    alone_.reserve(n);
  }
  // While loading, after the rows: what the disk has of their flags.
  void load_flags(std::uint32_t number, const model::FlagBlock& block);

  // Nothing when there is no such row.  The pointer lives until the next put, erase or compact.
  const model::SheetRow* find(std::uint32_t uid) const;
  // The first living row with this UID or a higher one; nothing at the end.
  const model::SheetRow* from(std::uint32_t uid) const;
  const model::SheetRow* next(const model::SheetRow* row) const;
  // Changes or adds a row; row.modseq is the commit's.
  void put(const model::SheetRow& row);
  // Changes flags and modseq; false when there is no such row.
  bool set_flags(std::uint32_t uid, const model::RowFlags& value);
  // Notes whether the row's email is known to stand in no other; of a row that was just put or loaded it is not.
  void set_alone(std::uint32_t uid, bool alone);
  bool alone(std::uint32_t uid) const;
  void erase(std::uint32_t uid, std::uint64_t modseq);
  // The living rows of 64 UIDs, as their block is to stand on the disk.
  model::FlagBlock block(std::uint32_t number) const;
  std::size_t size() const { return rows_.size() - dead_; }
  std::size_t bytes() const {
    return rows_.capacity() * (sizeof(model::SheetRow) + 1) + recent_.size() * sizeof(Touch) + 200;
  }
  // 0 when every row is seen.
  std::uint32_t first_unseen();

  // What changed after `since`: UIDs ascending, each once; false when it is too long ago to know without a
  // scan.
  bool recent(std::uint64_t since, std::vector<std::uint32_t>& changed,
              std::vector<std::uint32_t>& expunged) const;

 private:
  struct Touch {
    std::uint64_t modseq;
    std::uint32_t uid;
    bool expunged;
  };
  std::size_t lower(std::uint32_t uid) const;
  void changed(const model::SheetRow& row);
  void touch(std::uint64_t modseq, std::uint32_t uid, bool expunged);
  void compact();

  std::vector<model::SheetRow> rows_;  // by UID; email 0: expunged, kept until compact()
  std::vector<std::uint8_t> alone_;    // of each of rows_
  std::size_t dead_ = 0;
  std::uint32_t unseen_from_ = 0;      // no row below this UID is unseen
  std::deque<Touch> recent_;           // in order of modseq, all after recent_floor_
  std::uint64_t recent_floor_;
};

}  // namespace postern::store
