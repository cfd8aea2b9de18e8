#include "model/ids.h"

#include <gtest/gtest.h>

namespace postern::model {
namespace {

TEST(ModelIds, ThereAndBack) {
  for (auto kind : {IdKind::mailbox, IdKind::email, IdKind::thread})
    for (std::uint64_t account : {std::uint64_t{1}, std::uint64_t{31}, std::uint64_t{32}, UINT64_MAX >> 1})
      for (std::uint64_t number : {std::uint64_t{1}, std::uint64_t{33}, std::uint64_t{1} << 40}) {
        std::string text = format_id(kind, account, number);
        auto id = parse_id(kind, text);
        ASSERT_TRUE(id) << text;
        EXPECT_EQ(id->account, account);
        EXPECT_EQ(id->number, number);
        EXPECT_LE(text.size(), 255u);
      }
  EXPECT_EQ(parse_account(format_account(77)), 77u);
}

TEST(ModelIds, OnlyTheCanonicalFormOfTheRightKind) {
  std::string e = format_id(IdKind::email, 5, 9);
  EXPECT_FALSE(parse_id(IdKind::mailbox, e));
  std::string upper = e;
  for (char& c : upper)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  EXPECT_FALSE(parse_id(IdKind::email, upper));
  for (std::string bad : {"", "e", "e-", "e5", "e5-", "e-5", "e05-9", "e5-09", "e5-9 ", " e5-9", "e5-9-1",
                          "e5-!", "ezzzzzzzzzzzzzzzzzzzz-1", "__proto__"})
    EXPECT_FALSE(parse_id(IdKind::email, bad)) << bad;
}

TEST(ModelIds, BlobsAndStates) {
  std::string sha(32, '\xfe');
  EXPECT_EQ(parse_blob(format_blob(sha)), sha);
  EXPECT_FALSE(parse_blob("b"));
  EXPECT_FALSE(parse_blob(format_blob(sha) + "A"));
  EXPECT_FALSE(parse_blob("x" + format_blob(sha).substr(1)));
  auto s = parse_state(format_state({1, 42, 0}));
  ASSERT_TRUE(s);
  EXPECT_EQ(s->modseq, 42u);
  EXPECT_EQ(s->offset, 0u);
  auto cut = parse_state(format_state({3, 42, 7}));
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->offset, 7u);
  EXPECT_EQ(cut->epoch, 3u);
  for (std::string bad : {"", "1", "1.", ".1", "1.2.", "1.2.3.4", "-1.2", "1.99999999999999999999", "a.b"})
    EXPECT_FALSE(parse_state(bad)) << bad;
}

}  // namespace
}  // namespace postern::model
