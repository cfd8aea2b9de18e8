// Any bytes as a block of flags: what decodes must encode to something that decodes to the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/flag_block.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using postern::model::FlagBlock;
  auto first = FlagBlock::decode({reinterpret_cast<const char*>(data), size});
  if (!first) return 0;
  if (first->empty()) std::abort();
  auto second = FlagBlock::decode(first->encode());
  if (!second) std::abort();
  for (std::uint32_t uid = 0; uid < postern::model::kBlockSlots; ++uid) {
    auto *a = first->find(uid), *b = second->find(uid);
    if ((a == nullptr) != (b == nullptr) || (a && *a != *b)) std::abort();
  }
  return 0;
}
