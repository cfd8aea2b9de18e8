#include "model/flag_block.h"

#include <algorithm>
#include <bit>

#include "base/codec.h"

namespace postern::model {

template <class Fn>
void FlagBlock::each(Fn&& fn) const {
  for (std::uint64_t rest = used_; rest; rest &= rest - 1) fn(slots_[static_cast<std::size_t>(std::countr_zero(rest))]);
}

void FlagBlock::set(std::uint32_t uid, const RowFlags& value) {
  slots_[uid % kBlockSlots] = value;
  used_ |= bit(uid);
}

std::string FlagBlock::encode() const {
  std::array<Flags, kBlockSlots> sets;
  std::size_t n = 0;
  std::string indexes;
  std::uint64_t lowest = UINT64_MAX;
  each([&](const RowFlags& s) {
    auto at = static_cast<std::size_t>(std::find(sets.begin(), sets.begin() + n, s.flags) - sets.begin());
    if (at == n) sets[n++] = s.flags;
    base::put_u8(indexes, static_cast<std::uint8_t>(at));
    lowest = std::min(lowest, s.modseq);
  });
  std::string out;
  out.reserve(256);
  base::put_u8(out, kFlagBlockVersion);
  base::put_u64(out, used_);
  base::put_varint(out, lowest);
  base::put_varint(out, n);
  for (std::size_t i = 0; i < n; ++i) {
    base::put_varint(out, sets[i].lo);
    base::put_varint(out, sets[i].hi);
  }
  if (n > 1) out += indexes;
  each([&](const RowFlags& s) { base::put_varint(out, s.modseq - lowest); });
  return out;
}

std::optional<FlagBlock> FlagBlock::decode(std::string_view bytes) {
  base::Reader in(bytes);
  if (in.u8() != kFlagBlockVersion) return std::nullopt;
  FlagBlock b;
  b.used_ = in.u64();
  std::uint64_t lowest = in.varint(), n = in.varint();
  auto slots = static_cast<std::size_t>(std::popcount(b.used_));
  if (!in.ok() || n == 0 || n > slots) return std::nullopt;
  std::array<Flags, kBlockSlots> sets;
  for (std::size_t i = 0; i < n; ++i) {
    sets[i].lo = in.varint();
    sets[i].hi = in.varint();
  }
  std::string_view indexes = n > 1 ? in.take(slots) : std::string_view();
  if (!in.ok()) return std::nullopt;
  std::size_t at = 0;
  for (std::uint64_t rest = b.used_; rest; rest &= rest - 1, ++at) {
    auto set = indexes.empty() ? 0u : static_cast<unsigned char>(indexes[at]);
    std::uint64_t above = in.varint();
    if (set >= n || above > UINT64_MAX - lowest) return std::nullopt;
    b.slots_[static_cast<std::size_t>(std::countr_zero(rest))] = {sets[set], lowest + above};
  }
  if (!in.at_end()) return std::nullopt;
  return b;
}

}  // namespace postern::model
