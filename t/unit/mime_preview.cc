#include <gtest/gtest.h>

#include "mime/limits.h"
#include "mime/preview.h"

namespace {

using namespace postern::mime;

TEST(MimePreview, Plain) {
  EXPECT_EQ(make_preview("Hello,\r\n\r\n  this\tis  text.\r\n", false), "Hello, this is text.");
  EXPECT_EQ(make_preview("", false), "");
  EXPECT_EQ(make_preview("a\xc2\xa0\xe2\x80\x8b"
                         "b",
                         false),
            "a b");
}

TEST(MimePreview, QuotesAreLeftOutWhereOtherTextIs) {
  EXPECT_EQ(
      make_preview("On Monday Ann wrote:\r\n> old\r\n>> older\r\n\r\nNew text.\r\n-- \r\nsig\r\n", false),
      "New text.");
  EXPECT_EQ(make_preview("> only\n> quoted\n", false), "> only > quoted");
  EXPECT_EQ(make_preview("Items:\nfirst\n", false), "Items: first");
}

TEST(MimePreview, LengthIsInCharacters) {
  EXPECT_EQ(make_preview(std::string(kMaxPreview, 'x'), false).size(), kMaxPreview);
  EXPECT_EQ(make_preview(std::string(kMaxPreview + 1, 'x'), false).size(), kMaxPreview);
  std::string wide;
  for (int i = 0; i < 1000; ++i) wide += "\xe2\x82\xac";
  EXPECT_EQ(make_preview(wide, false).size(), kMaxPreview * 3);
  std::string words;
  for (int i = 0; i < 1000; ++i) words += "ab ";
  EXPECT_EQ(make_preview(words, false).size(), kMaxPreview);
  EXPECT_EQ(make_preview("x" + words, false).size(), kMaxPreview - 1);  // it does not end in a blank
}

TEST(MimePreview, Html) {
  EXPECT_EQ(make_preview("<style>x</style><p>Hi <b>there</b></p><p>two &lt;x&gt;", true), "Hi there two <x>");
}

TEST(MimePreview, RawIsDecodedAndMayBeCut) {
  EXPECT_EQ(make_preview_raw("caf=C3=A9 =E2=82=AC =E2=8", "quoted-printable", "utf-8", false),
            "caf\xc3\xa9 \xe2\x82\xac");
  EXPECT_EQ(make_preview_raw("SGVsbG8gd29ybGQhIQ", "base64", "utf-8", false), "Hello world!");
  EXPECT_EQ(make_preview_raw("caf\xe9", "8bit", "iso-8859-1", false), "caf\xc3\xa9");
  EXPECT_EQ(make_preview_raw("\x1b$B$K", "7bit", "iso-2022-jp", false), "\xe3\x81\xab");
}

}  // namespace
