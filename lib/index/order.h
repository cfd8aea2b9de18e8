// The order of a message's words, as its document's data have it.  Pure.  Private to lib/index.  Stored bytes are checked.
// Tests: t/unit/index_order.cc, t/fuzz/index_order.cc
//
//   varint N, varint bytes of the marks, the marks, the ranks
//
// Each word stands there by its mark, one byte of a hash of its term.  Marks alone tell of nearly every message in which two
// words are not neighbours that they are not, and need no list of its terms.  Where several terms of a message have one mark,
// a rank says which it is.  Marks and ranks are a frame of zstd each, N bytes and as many as it takes.
#pragma once
#include <bitset>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace postern::index {

using Mark = unsigned char;
using MarkSet = std::bitset<256>;
inline constexpr Mark kGap = 0;
// Never kGap.
Mark mark_of(std::string_view term);

// A term that the order may name, and its count.
struct OrderedTerm {
  Mark mark;
  std::uint32_t count;
};

// `order`: numbers, from 1, of `terms`, which are in the order of their bytes; 0 is a gap.  At most kMaxOrder.
std::string encode_order(std::span<const std::uint32_t> order, std::span<const OrderedTerm> terms);

// One that was stored.
class StoredOrder {
 public:
  // CORRUPT: malformed.
  static base::Result<StoredOrder> read(std::string_view bytes);
  // Of each word.
  std::string_view marks() const { return marks_; }
  // As it was encoded, when `terms` are those that it was encoded with; but 0 for words whose mark is not of `wanted`.
  // CORRUPT: it does not fit them.
  base::Result<std::vector<std::uint32_t>> numbers(std::span<const OrderedTerm> terms, const MarkSet& wanted) const;

 private:
  std::string marks_, ranks_;
};

}  // namespace postern::index
