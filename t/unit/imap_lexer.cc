#include <gtest/gtest.h>

#include "imap/lexer.h"

namespace {

using postern::imap::kMaxNodes;
using postern::imap::Lexer;

TEST(Lexer, Strings) {
  Lexer in(R"(abc] "a \"b\" \\" {3})"
           "\r\nx\"y NIL nil \"NIL\"");
  EXPECT_EQ(in.astring(), "abc]");
  in.space();
  EXPECT_EQ(in.astring(), "a \"b\" \\");
  in.space();
  EXPECT_EQ(in.string(), "x\"y");
  in.space();
  bool nil = false;
  in.nstring(nil);
  EXPECT_TRUE(nil);
  in.space();
  in.nstring(nil);
  EXPECT_TRUE(nil);
  in.space();
  EXPECT_EQ(in.nstring(nil), "NIL");
  EXPECT_FALSE(nil);
  in.end();
  EXPECT_TRUE(in.ok());
}

TEST(Lexer, BadStrings) {
  for (std::string_view bad :
       {std::string_view("\"abc"), std::string_view("\"a\\b\""), std::string_view("\"a\rb\""),
        std::string_view("\"a\0b\"", 5), std::string_view("{3}abc"), std::string_view("{3}\r\nab"),
        std::string_view("{3*}\r\nabc"), std::string_view(""), std::string_view("("),
        std::string_view("{3}\r\na\0b", 8)}) {
    Lexer in(bad);
    in.astring();
    EXPECT_FALSE(in.ok()) << bad;
    // After an error nothing more comes out.
    EXPECT_TRUE(in.at_end());
    EXPECT_EQ(in.astring(), "");
  }
}

TEST(Lexer, Literal8) {
  Lexer in(std::string_view("~{3}\r\na\0b ~{70000*}\r\n", 21));
  auto a = in.literal();
  EXPECT_TRUE(a.binary);
  EXPECT_EQ(a.bytes, std::string_view("a\0b", 3));
  in.space();
  auto b = in.literal();
  EXPECT_TRUE(b.streamed);
  EXPECT_EQ(b.size, 70000u);
  EXPECT_TRUE(in.at_end());
}

TEST(Lexer, Numbers) {
  Lexer in("4294967295 4294967296");
  EXPECT_EQ(in.number(), 4294967295u);
  in.space();
  in.number();
  EXPECT_FALSE(in.ok());
  Lexer big("9223372036854775807 9223372036854775808");
  EXPECT_EQ(big.number64(), 9223372036854775807u);
  big.space();
  big.number64();
  EXPECT_FALSE(big.ok());
  Lexer zero("0");
  zero.nz_number();
  EXPECT_FALSE(zero.ok());
}

TEST(Lexer, WordsEndWhereNamesEnd) {
  Lexer in("BODYSTRUCTURE body[x]");
  EXPECT_FALSE(in.eat_word("BODY"));
  EXPECT_TRUE(in.eat_word("bodystructure"));
  in.space();
  EXPECT_TRUE(in.eat_word("BODY"));
  EXPECT_EQ(in.rest(), "[x]");
}

TEST(Lexer, NodeBudget) {
  std::string past_limit(kMaxNodes + 1, '(');
  Lexer in(past_limit);
  for (std::size_t i = 0; i < kMaxNodes; ++i) ASSERT_TRUE(in.eat('('));
  EXPECT_TRUE(in.ok());
  EXPECT_FALSE(in.eat('('));
  EXPECT_FALSE(in.ok());
  EXPECT_TRUE(in.too_big());
}

}  // namespace
