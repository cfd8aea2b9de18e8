// \Seen of a sharer where the mailbox keeps one for each (records.Mailbox.private_seen): rows "G" mailbox principal block, a
// bit for each of 64 UIDs.  What others see, and what is counted in the mailbox's row, is the owner's.  Read from the disk for
// each call: a row is worth 64 messages.  Private to lib/store.  Tests: t/unit/store_own_seen.cc
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>

#include "store/store.h"

namespace postern::store {

// Has this caller a \Seen of his own there?
inline bool keeps_own_seen(const Principal& who, std::uint64_t account, const records::Mailbox& m) {
  return m.private_seen() && !is_owner(who, account);
}

class OwnSeen {
 public:
  // Nothing where the caller has none of his own.
  static Result<std::optional<OwnSeen>> load(kv::Engine& engine, std::uint64_t account, const records::Mailbox& m,
                                             const Principal& who);
  bool has(std::uint32_t uid) const;
  // False: it was so already.
  bool set(std::uint32_t uid, bool seen);
  // What set() has changed.
  void put(kv::Batch& batch) const;
  // The row's flags as he sees them.
  model::Flags flags(std::uint32_t uid, model::Flags shared) const {
    model::Flags out = shared.without(model::kSeenBit);
    return has(uid) ? out | model::kSeenBit : out;
  }
  void show(stored::Row& row) const;
  std::uint32_t unseen(const HotRows& rows) const;
  std::uint32_t first_unseen(const HotRows& rows) const;

 private:
  std::uint32_t mailbox_ = 0;
  std::uint64_t principal_ = 0;
  std::map<std::uint32_t, std::uint64_t> blocks_;
  std::set<std::uint32_t> changed_;
};

}  // namespace postern::store
