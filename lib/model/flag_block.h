// The flags and modseqs of up to 64 messages with neighbouring UIDs in one mailbox, as stored under key "F" mailbox
// block: what a flag change rewrites, whether it is of one message or of all 64.  A slot that is absent says nothing: the
// message's flags are those that its uid row was born with (rows.h).
// Runs in: stored.  Input: the disk, checked.  Tests: t/unit/model_flag_block.cc, t/fuzz/model_flag_block.cc
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/flags.h"

namespace postern::model {

inline constexpr std::uint8_t kFlagBlockVersion = 1;
inline constexpr std::uint32_t kBlockSlots = 64;

struct RowFlags {
  Flags flags;               // \Deleted included: it belongs to the row
  std::uint64_t modseq = 0;
  friend bool operator==(const RowFlags&, const RowFlags&) = default;
};

class FlagBlock {
 public:
  // The block that a UID stands in.  The functions below look only at its place within the block.
  static constexpr std::uint32_t number(std::uint32_t uid) { return uid / kBlockSlots; }
  static constexpr std::uint32_t first_uid(std::uint32_t number) { return number * kBlockSlots; }

  void set(std::uint32_t uid, const RowFlags& value);
  void clear(std::uint32_t uid) { used_ &= ~bit(uid); }
  // Nothing when the slot is absent.  The pointer lives as long as the block.
  const RowFlags* find(std::uint32_t uid) const { return used_ & bit(uid) ? &slots_[uid % kBlockSlots] : nullptr; }
  bool empty() const { return used_ == 0; }

  // A few hundred bytes at most as mailboxes are, 2.5 KB at worst:
  //   u8 version, u64 slots in use (bit i: UID 64 * block + i), varint lowest modseq,
  //   varint n, n distinct flag sets (varint bits 0-63, varint bits 64-127),
  //   for each slot in use: u8 index of its set (left out when n is 1); then for each: varint modseq above the lowest.
  // REQUIRES: not empty.
  std::string encode() const;
  // Nothing for another version, for no slots, and for what is cut, too long or out of bounds.
  static std::optional<FlagBlock> decode(std::string_view bytes);

 private:
  static constexpr std::uint64_t bit(std::uint32_t uid) { return 1ull << uid % kBlockSlots; }
  template <class Fn>
  void each(Fn&& fn) const;

  std::array<RowFlags, kBlockSlots> slots_{};
  std::uint64_t used_ = 0;
};

}  // namespace postern::model
