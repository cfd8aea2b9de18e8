// Message numbers and UIDs of one selected mailbox as one session sees them: runs of consecutive UIDs.
// Runs in: imapd, one a selected session; a mailbox without gaps costs 8 bytes whatever its size.
// Lookups take O(log runs), removing a set O(runs).  Tests: t/unit/imap_uid_map.cc
#pragma once
#include <cstdint>
#include <vector>

#include "imap/set.h"

namespace postern::imap {

class UidRuns {
 public:
  std::uint32_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  // 0 when the mailbox is empty.
  std::uint32_t last_uid() const;
  // REQUIRES: uid > last_uid().
  void append(std::uint32_t uid);
  // REQUIRES: lo > last_uid(), lo <= hi.
  void append_run(std::uint32_t lo, std::uint32_t hi);
  // The UID of message number `seq`; 0 when there is none.
  std::uint32_t uid_of(std::uint32_t seq) const;
  // The message number of `uid`; 0 when it is not here.
  std::uint32_t seq_of(std::uint32_t uid) const;
  bool contains(std::uint32_t uid) const { return seq_of(uid) != 0; }
  void erase(const UidSet& uids);
  void clear();

  // The UIDs of these message numbers.
  UidSet uids_of(const UidSet& seqs) const;
  // Those of `uids` that are here.
  UidSet existing(const UidSet& uids) const;
  UidSet all() const;

 private:
  struct Start {
    std::uint32_t uid;
    std::uint32_t seq;  // of the run's first message
  };
  std::uint32_t length(std::size_t i) const;
  void assign(const UidSet& uids);

  std::vector<Start> runs_;
  std::uint32_t count_ = 0;
};

}  // namespace postern::imap
