#include "imap/convert_args.h"

#include <gtest/gtest.h>

#include "imap/lexer.h"
#include "imap/limits.h"

namespace {

using namespace postern::imap;

bool good(std::string_view text) {
  Lexer in(text);
  parse_convert(in);
  return in.ok();
}

TEST(ConvertArgs, OfTheRfc) {
  Lexer in("2 (\"TEXT/PLAIN\" (\"CHARSET\" \"us-ascii\")) (UID BINARY[4]<2001.1000> BODYPARTSTRUCTURE[4] BINARY.SIZE[] BODY[3.MIME])");
  auto a = parse_convert(in);
  ASSERT_TRUE(in.ok()) << in.error();
  EXPECT_EQ(a.type, "text/plain");
  ASSERT_EQ(a.params.size(), 1u);
  EXPECT_EQ(a.params[0].first, "charset");
  ASSERT_EQ(a.items.size(), 4u);
  EXPECT_EQ(a.items[0].label, "BODYPARTSTRUCTURE[4]");  // before the bytes
  EXPECT_EQ(a.items[1].label, "BINARY[4]<2001>");
  EXPECT_EQ(a.items[1].length, 1000u);
  EXPECT_EQ(a.items[3].label, "BODY[3.MIME]");
  EXPECT_TRUE(good("1 (NIL) BINARY[]"));
  EXPECT_TRUE(good("1 (NIL (\"a\" b)) AVAILABLECONVERSIONS[1]"));
  for (std::string_view bad : {"", "1", "1 ()", "1 (NIL)", "1 (\"text\") BINARY[]", "1 (\"a/b/c\") BINARY[]", "1 (\"a\r/b\") BINARY[]",
                               "1 (NIL ()) BINARY[]", "1 (NIL (\"a\")) BINARY[]", "1 (NIL) BODY[]", "1 (NIL) BODY[TEXT]",
                               "1 (NIL) BINARY[1.MIME]", "1 (NIL) (UID)", "1 (NIL) FLAGS", "1 (NIL) BINARY[]<0>", "1 (NIL) BINARY[] x"})
    EXPECT_FALSE(good(bad)) << bad;
}

TEST(ConvertArgs, Limits) {
  std::string params = "1 (NIL (a b";
  for (std::size_t i = 1; i < kMaxConvertParams; ++i) params += " a b";
  EXPECT_TRUE(good(params + ")) BINARY[]"));
  EXPECT_FALSE(good(params + " a b)) BINARY[]"));
  std::string items = "1 (NIL) (BINARY[]";
  for (std::size_t i = 1; i < kMaxFetchItems; ++i) items += " BINARY[]";
  EXPECT_TRUE(good(items + ")"));
  EXPECT_FALSE(good(items + " BINARY[])"));
}

}  // namespace
