#include "store/hot_rows.h"

#include <gtest/gtest.h>

#include "store/limits.h"

namespace postern::store {
namespace {

model::SheetRow row(std::uint32_t uid, std::uint64_t modseq, bool seen = false) {
  model::SheetRow r;
  r.uid = uid;
  r.email = uid + 100;
  r.modseq = modseq;
  if (seen) r.flags = model::kSeenBit;
  return r;
}

std::vector<std::uint32_t> uids(const HotRows& rows) {
  std::vector<std::uint32_t> out;
  for (auto* r = rows.from(1); r; r = rows.next(r)) out.push_back(r->uid);
  return out;
}

TEST(HotRows, PutEraseFindAndWalk) {
  HotRows rows(10);
  EXPECT_EQ(rows.find(1), nullptr);
  EXPECT_EQ(rows.from(1), nullptr);
  for (std::uint32_t uid : {2, 5, 9}) rows.load(row(uid, 10));
  rows.put(row(12, 11));
  rows.put(row(5, 12, true));
  EXPECT_EQ(uids(rows), (std::vector<std::uint32_t>{2, 5, 9, 12}));
  rows.erase(9, 13);
  EXPECT_EQ(rows.find(9), nullptr);
  EXPECT_EQ(uids(rows), (std::vector<std::uint32_t>{2, 5, 12}));
  EXPECT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows.from(6)->uid, 12u);
  EXPECT_EQ(rows.from(13), nullptr);
}

TEST(HotRows, ManyErasedRowsAreCompacted) {
  HotRows rows(0);
  for (std::uint32_t uid = 1; uid <= 1'000; ++uid) rows.load(row(uid, 1));
  for (std::uint32_t uid = 1; uid <= 1'000; uid += 2) rows.erase(uid, 2);
  EXPECT_EQ(rows.size(), 500u);
  EXPECT_EQ(uids(rows).size(), 500u);
  EXPECT_EQ(uids(rows).front(), 2u);
}

TEST(HotRows, RecentChangesOnceAndInOrder) {
  HotRows rows(10);
  for (std::uint32_t uid : {1, 2, 3}) rows.load(row(uid, 10));
  rows.put(row(3, 11));
  rows.put(row(1, 12));
  rows.put(row(3, 13));
  rows.erase(2, 14);
  std::vector<std::uint32_t> changed, expunged;
  ASSERT_TRUE(rows.recent(10, changed, expunged));
  EXPECT_EQ(changed, (std::vector<std::uint32_t>{1, 3}));
  EXPECT_EQ(expunged, (std::vector<std::uint32_t>{2}));
  changed.clear(), expunged.clear();
  ASSERT_TRUE(rows.recent(13, changed, expunged));
  EXPECT_TRUE(changed.empty());
  EXPECT_EQ(expunged.size(), 1u);
  EXPECT_FALSE(rows.recent(9, changed, expunged));
}

TEST(HotRows, OldTouchesAreForgottenByWholeCommits) {
  HotRows rows(1);
  rows.load(row(1, 1));
  for (std::uint64_t modseq = 2; modseq < kMaxRecentTouches + 10; ++modseq) rows.put(row(1, modseq));
  std::vector<std::uint32_t> changed, expunged;
  EXPECT_FALSE(rows.recent(2, changed, expunged));
  EXPECT_TRUE(rows.recent(kMaxRecentTouches, changed, expunged));
  EXPECT_EQ(changed.size(), 1u);
}

TEST(HotRows, WhoStandsAloneIsForgottenWithItsRow) {
  HotRows rows(1);
  for (std::uint32_t uid = 1; uid <= 100; ++uid) rows.load(row(uid, 1));
  EXPECT_FALSE(rows.alone(100));
  rows.set_alone(100, true);
  rows.set_alone(1, true);
  rows.set_alone(101, true);
  EXPECT_TRUE(rows.alone(100));
  rows.erase(1, 2);
  EXPECT_FALSE(rows.alone(1));
  for (std::uint32_t uid = 2; uid <= 90; ++uid) rows.erase(uid, 2);  // until they are compacted
  EXPECT_TRUE(rows.alone(100));
  EXPECT_FALSE(rows.alone(99));
  rows.put(row(100, 3));
  EXPECT_FALSE(rows.alone(100));
}

TEST(HotRows, BlocksOfFlagsThereAndBack) {
  HotRows rows(1);
  for (std::uint32_t uid : {1, 63, 64, 70, 127, 128}) rows.load(row(uid, 1));
  EXPECT_TRUE(rows.set_flags(70, {model::kSeenBit, 2}));
  EXPECT_FALSE(rows.set_flags(71, {model::kSeenBit, 2}));
  rows.erase(64, 3);
  EXPECT_FALSE(rows.set_flags(64, {model::kSeenBit, 3}));
  auto block = rows.block(1);
  EXPECT_EQ(block.find(64), nullptr);
  EXPECT_EQ(*block.find(70), (model::RowFlags{model::kSeenBit, 2}));
  EXPECT_EQ(*block.find(127), (model::RowFlags{{}, 1}));
  EXPECT_TRUE(rows.block(3).empty());

  HotRows again(3);
  for (std::uint32_t uid : {1, 63, 70, 127, 128}) again.load(row(uid, 1));
  again.load_flags(1, block);
  EXPECT_EQ(again.find(70)->flags, model::kSeenBit);
  EXPECT_EQ(again.find(70)->modseq, 2u);
  EXPECT_EQ(again.find(6), nullptr);
  EXPECT_EQ(again.find(63)->modseq, 1u);
  EXPECT_EQ(again.first_unseen(), 1u);
}

TEST(HotRows, FirstUnseenFollowsChanges) {
  HotRows rows(1);
  for (std::uint32_t uid = 1; uid <= 4; ++uid) rows.load(row(uid, 1, uid < 3));
  EXPECT_EQ(rows.first_unseen(), 3u);
  rows.put(row(3, 2, true));
  EXPECT_EQ(rows.first_unseen(), 4u);
  rows.put(row(1, 3, false));
  EXPECT_EQ(rows.first_unseen(), 1u);
  rows.erase(1, 4);
  rows.put(row(4, 5, true));
  EXPECT_EQ(rows.first_unseen(), 0u);
  rows.put(row(5, 6, false));
  EXPECT_EQ(rows.first_unseen(), 5u);
}

}  // namespace
}  // namespace postern::store
