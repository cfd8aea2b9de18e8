#include "mime/charset_out.h"

#include <gtest/gtest.h>

namespace {

using namespace postern::mime;

TEST(CharsetOut, IntoCharsets) {
  EXPECT_EQ(from_utf8("caf\xc3\xa9", "iso-8859-1"), "caf\xe9");
  EXPECT_EQ(from_utf8("caf\xc3\xa9", "UTF-8"), "caf\xc3\xa9");
  EXPECT_EQ(from_utf8("\xe2\x82\xac", "iso-8859-15"), "\xa4");
  EXPECT_EQ(from_utf8("", "us-ascii"), "");
  EXPECT_EQ(from_utf8("caf\xc3\xa9", "us-ascii"), std::nullopt);
  EXPECT_EQ(from_utf8("caf\xc3\xa9 \xe2\x82\xac", "us-ascii", "?"), "caf? ?");
  EXPECT_EQ(from_utf8("caf\xc3\xa9", "us-ascii", "(?)"), "caf(?)");
  EXPECT_EQ(from_utf8("caf\xc3\xa9", "us-ascii", ""), "caf");
  EXPECT_EQ(from_utf8("caf\xc3\xa9", "us-ascii", "\xc3\xa8"), std::nullopt);
  EXPECT_EQ(from_utf8("x", "no-such-charset"), std::nullopt);
  EXPECT_EQ(from_utf8("x", "utf-7"), std::nullopt);
  std::string many;
  for (int i = 0; i < 5000; ++i) many += "\xc3\xa9";
  EXPECT_EQ(from_utf8(many, "iso-8859-1"), std::string(5000, '\xe9'));
}

TEST(CharsetOut, WordsOfAHeader) {
  EXPECT_EQ(words_to_utf8("Subject: =?iso-8859-1?Q?caf=E9?= x\r\n"), "Subject: =?UTF-8?B?Y2Fmw6k=?= x\r\n");
  // Words beside each other are one text, wherever they were cut.
  EXPECT_EQ(words_to_utf8("S: =?utf-8?Q?caf=C3?=\r\n =?utf-8?Q?=A9?=\r\n"), "S: =?UTF-8?B?Y2Fmw6k=?=\r\n");
  // What is not understood, or no word at all, stays.
  for (std::string_view same : {"S: =?x-unknown?Q?a?=\r\n", "S: =? ?=\r\n", "S: =?utf-8?Q?", "=?", "", "S: a =?b c?Q?d?=\r\n"})
    EXPECT_EQ(words_to_utf8(same), same);
  // Long texts are cut between characters into words that a line can hold.
  std::string long_word = words_to_utf8("S: =?utf-8?Q?" + std::string(60, 'a') + "=C3=A9?=\r\n");
  EXPECT_NE(long_word.find("?=\r\n =?UTF-8?B?"), std::string::npos);
}

}  // namespace
