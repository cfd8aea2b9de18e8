#include "model/flag_block.h"

#include <gtest/gtest.h>

#include "base/codec.h"

namespace postern::model {
namespace {

TEST(FlagBlock, ThereAndBack) {
  FlagBlock b;
  b.set(64 + 3, {{1, 2}, 10});
  b.set(64 + 63, {{UINT64_MAX, UINT64_MAX}, UINT64_MAX});
  b.set(64, {{1, 2}, 7});
  b.set(70, {{}, 9});
  b.clear(70);
  auto back = FlagBlock::decode(b.encode());
  ASSERT_TRUE(back);
  for (std::uint32_t uid = 64; uid < 128; ++uid) {
    const RowFlags *mine = b.find(uid), *theirs = back->find(uid);
    ASSERT_EQ(mine == nullptr, theirs == nullptr) << uid;
    if (mine) EXPECT_EQ(*mine, *theirs) << uid;
  }
  EXPECT_EQ(back->find(70), nullptr);
  EXPECT_EQ(*back->find(64), (RowFlags{{1, 2}, 7}));
}

TEST(FlagBlock, UsualOnesAreSmall) {
  FlagBlock b;
  for (std::uint32_t uid = 0; uid < kBlockSlots; ++uid)
    b.set(uid, {uid % 3 ? kSeenBit : Flags{}, 1'000'000 + 40 * uid});
  EXPECT_LT(b.encode().size(), 220u);
  for (std::uint32_t uid = 0; uid < kBlockSlots; ++uid) b.set(uid, {kSeenBit, 2'000'000});
  EXPECT_LT(b.encode().size(), 90u);
  for (std::uint32_t uid = 0; uid < kBlockSlots; ++uid) b.set(uid, {{~0ull - uid, ~0ull}, uid ? ~0ull : 0});
  EXPECT_LT(b.encode().size(), 2'500u);
}

TEST(FlagBlock, CutLongerOrOfAnotherVersionIsNoBlock) {
  FlagBlock b;
  for (std::uint32_t uid : {1, 2, 40}) b.set(uid, {{uid, 0}, uid});
  std::string bytes = b.encode();
  for (std::size_t n = 0; n < bytes.size(); ++n)
    EXPECT_FALSE(FlagBlock::decode(std::string_view(bytes).substr(0, n))) << n;
  EXPECT_FALSE(FlagBlock::decode(bytes + '\0'));
  bytes[0] = kFlagBlockVersion + 1;
  EXPECT_FALSE(FlagBlock::decode(bytes));
}

// What the fields say must fit together.
TEST(FlagBlock, OutOfBoundsIsNoBlock) {
  auto block = [](std::uint64_t used, std::uint64_t lowest, std::uint64_t sets, std::string_view indexes,
                  std::initializer_list<std::uint64_t> above) {
    std::string out;
    base::put_u8(out, kFlagBlockVersion);
    base::put_u64(out, used);
    base::put_varint(out, lowest);
    base::put_varint(out, sets);
    for (std::uint64_t i = 0; i < 2 * sets; ++i) base::put_varint(out, i);
    out += indexes;
    for (auto a : above) base::put_varint(out, a);
    return FlagBlock::decode(out).has_value();
  };
  using namespace std::string_view_literals;
  EXPECT_TRUE(block(3, 5, 2, "\0\1"sv, {0, 1}));
  EXPECT_FALSE(block(3, 5, 2, "\0\2"sv, {0, 1}));   // no such set
  EXPECT_FALSE(block(3, 5, 3, "\0\1"sv, {0, 1}));   // more sets than slots
  EXPECT_FALSE(block(3, 5, 0, ""sv, {0, 1}));       // no set
  EXPECT_FALSE(block(0, 5, 1, ""sv, {}));           // no slots
  EXPECT_TRUE(block(1, 5, 1, ""sv, {UINT64_MAX - 5}));
  EXPECT_FALSE(block(1, 5, 1, ""sv, {UINT64_MAX - 4}));  // past the last modseq
}

}  // namespace
}  // namespace postern::model
