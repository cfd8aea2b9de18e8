#include "imap/append_args.h"

#include <gtest/gtest.h>

#include "imap/lexer.h"
#include "imap/limits.h"

namespace {

using namespace postern::imap;
using Next = AppendArgs::Next;

// What the text is up to a literal; nullopt when no literal may stand there.
std::optional<AppendArgs> prefix(std::string_view text, bool replace = false) {
  Lexer in(text);
  auto args = parse_append_prefix(in, replace);
  if (!in.ok()) return std::nullopt;
  return args;
}
bool whole(std::string_view text, bool replace = false) {
  Lexer in(text);
  replace ? parse_replace(in) : parse_append(in);
  return in.ok();
}

TEST(AppendArgs, WhatALiteralWouldBe) {
  EXPECT_EQ(prefix("")->next, Next::word);
  EXPECT_EQ(prefix("4 ", true)->next, Next::word);
  auto p = prefix("{5}\r\nINBOX (\\Seen) ");
  ASSERT_TRUE(p);
  EXPECT_EQ(p->next, Next::data);
  EXPECT_EQ(p->mailbox, "INBOX");
  EXPECT_EQ(p->messages.size(), 1u);
  EXPECT_EQ(p->messages[0].parts.size(), 1u);
  p = prefix("INBOX {310*}\r\n (\\Seen) \"17-Jul-1996 02:44:25 -0700\" ");
  ASSERT_TRUE(p);
  ASSERT_EQ(p->messages.size(), 2u);
  EXPECT_TRUE(p->messages[1].date_given);
  EXPECT_EQ(prefix("INBOX CATENATE (URL ")->next, Next::word);
  p = prefix("INBOX CATENATE (URL /a/;UID=1 TEXT ");
  ASSERT_TRUE(p);
  EXPECT_EQ(p->next, Next::data);
  ASSERT_EQ(p->messages[0].parts.size(), 2u);
  EXPECT_EQ(p->messages[0].parts[0].url, "/a/;UID=1");
  EXPECT_TRUE(prefix("INBOX UTF8 (")->messages[0].parts[0].utf8);
  for (std::string_view bad : {"INBOX", "INBOX (", "INBOX (\\Seen", "INBOX CATENATE", "INBOX CATENATE (", "INBOX CATENATE (TEXT",
                               "INBOX UTF8", "INBOX \"1-Jan-2020 00:00:00 +0000", "INBOX X ", "INBOX {3*}\r\n"})
    EXPECT_FALSE(prefix(bad)) << bad;
  EXPECT_FALSE(prefix("INBOX {3*}\r\n "  "{4}\r\nabcd "));
}

TEST(AppendArgs, Whole) {
  EXPECT_TRUE(whole("INBOX {3*}\r\n"));
  EXPECT_TRUE(whole("INBOX {3*}\r\n  "));
  EXPECT_TRUE(whole("INBOX {3*}\r\n (x) ~{4*}\r\n"));
  EXPECT_TRUE(whole("INBOX UTF8 (~{4*}\r\n)"));
  EXPECT_TRUE(whole("INBOX CATENATE (TEXT {3*}\r\n URL \"/a/;UID=1\" URL {9}\r\n/a/;UID=2)"));
  EXPECT_TRUE(whole("INBOX CATENATE (URL /a/;UID=1) {3*}\r\n"));
  EXPECT_FALSE(whole("INBOX"));
  EXPECT_FALSE(whole("INBOX ()"));
  EXPECT_FALSE(whole("INBOX \"text\""));
  EXPECT_FALSE(whole("INBOX {3}\r\nabc"));
  EXPECT_FALSE(whole("INBOX UTF8 (~{4*}\r\n"));
  EXPECT_FALSE(whole("INBOX CATENATE ()"));
  EXPECT_FALSE(whole("INBOX CATENATE (URL \"\")"));
  EXPECT_FALSE(whole("INBOX CATENATE (TEXT \"abc\")"));
  EXPECT_TRUE(whole("4 Drafts (\\Seen \\Draft) {312*}\r\n", true));
  EXPECT_TRUE(whole("* Drafts {312*}\r\n", true));
  EXPECT_FALSE(whole("4:5 Drafts {312*}\r\n", true));
  EXPECT_FALSE(whole("$ Drafts {312*}\r\n", true));
  EXPECT_FALSE(whole("4 Drafts {312*}\r\n {3*}\r\n", true));
}

TEST(AppendArgs, Limits) {
  std::string many = "INBOX";
  for (std::size_t i = 0; i < kMaxAppendMessages; ++i) many += " {1*}\r\n";
  EXPECT_TRUE(whole(many));
  EXPECT_FALSE(whole(many + " {1*}\r\n"));
  std::string parts = "INBOX CATENATE (URL a";
  for (std::size_t i = 1; i < kMaxAppendParts; ++i) parts += " URL a";
  EXPECT_TRUE(whole(parts + ")"));
  EXPECT_FALSE(whole(parts + " URL a)"));
}

}  // namespace
