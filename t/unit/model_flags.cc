#include "model/flags.h"

#include <gtest/gtest.h>

namespace postern::model {
namespace {

TEST(ModelFlags, BitsOfBothHalves) {
  for (int i = 0; i < 128; ++i) {
    Flags f = Flags::bit(i);
    for (int j = 0; j < 128; ++j) EXPECT_EQ(f.has(j), i == j);
    EXPECT_TRUE((f.without(f)).empty());
    EXPECT_EQ((f | Flags::bit(0)).without(Flags::bit(0)) == f, i != 0);
  }
}

TEST(ModelFlags, SystemFlagsInBothSpellings) {
  EXPECT_EQ(system_flag("\\seen"), kSeen);
  EXPECT_EQ(system_flag("$SEEN"), kSeen);
  EXPECT_EQ(system_flag("\\Deleted"), kDeleted);
  EXPECT_EQ(system_flag("$deleted"), std::nullopt);
  EXPECT_EQ(system_flag("\\Recent"), std::nullopt);
  EXPECT_EQ(system_flag("Seen"), std::nullopt);
  EXPECT_EQ(system_flag(""), std::nullopt);
}

TEST(ModelFlags, KeywordSyntax) {
  EXPECT_TRUE(valid_keyword("$Forwarded"));
  EXPECT_TRUE(valid_keyword(std::string(kMaxKeywordLength, 'k')));
  EXPECT_FALSE(valid_keyword(std::string(kMaxKeywordLength + 1, 'k')));
  for (const char* bad :
       {"", "a b", "a(b", "a)b", "a{b", "a]b", "a%b", "a*b", "a\"b", "a\\b", "\\x", "a\x7f", "\xc3\xa4"})
    EXPECT_FALSE(valid_keyword(bad)) << bad;
}

TEST(ModelFlags, NamesOfBits) {
  std::vector<std::string> table = {"Work", "$MDNSent"};
  EXPECT_EQ(find_keyword(table, "WORK"), 0);
  EXPECT_EQ(find_keyword(table, "wor"), -1);
  Flags f = kSeenBit | kDeletedBit | Flags::bit(kFirstKeywordBit) | Flags::bit(kFirstKeywordBit + 1);
  EXPECT_EQ(imap_names(f, table), (std::vector<std::string>{"\\Seen", "\\Deleted", "Work", "$MDNSent"}));
  EXPECT_EQ(jmap_names(f, table), (std::vector<std::string>{"$seen", "work", "$mdnsent"}));
  // A bit beyond the table has no name.
  EXPECT_TRUE(imap_names(Flags::bit(100), table).empty());
}

}  // namespace
}  // namespace postern::model
