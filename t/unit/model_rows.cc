#include "model/rows.h"

#include <gtest/gtest.h>

namespace postern::model {
namespace {

SheetRow sample() { return {7, {1, 2}, 3, 4, 5, 6'000'000'000, -1, 8, INT64_MIN}; }

TEST(ModelRows, ThereAndBack) {
  std::string bytes = encode_uid_row(sample());
  auto r = decode_uid_row(7, bytes);
  ASSERT_TRUE(r);
  EXPECT_EQ(r->uid, 7u);
  EXPECT_EQ(r->flags, (Flags{1, 2}));
  EXPECT_EQ(r->modseq, 3u);
  EXPECT_EQ(r->email, 4u);
  EXPECT_EQ(r->thread, 5u);
  EXPECT_EQ(r->size, 6'000'000'000u);
  EXPECT_EQ(r->received, -1);
  EXPECT_EQ(r->saved, 8);
  EXPECT_EQ(r->sent, INT64_MIN);
}

TEST(ModelRows, CutLongerOrOfAnotherVersionIsNoRow) {
  std::string bytes = encode_uid_row(sample());
  for (std::size_t n = 0; n < bytes.size(); ++n)
    EXPECT_FALSE(decode_uid_row(7, std::string_view(bytes).substr(0, n)));
  EXPECT_FALSE(decode_uid_row(7, bytes + "x"));
  bytes[0] = static_cast<char>(kUidRowVersion + 1);
  EXPECT_FALSE(decode_uid_row(7, bytes));
}

}  // namespace
}  // namespace postern::model
