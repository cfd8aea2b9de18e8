#include <gtest/gtest.h>

#include "base/system.h"
#include "imap/limits.h"
#include "imap/list_args.h"
#include "imap/mailbox_name.h"
#include "imap/utf7.h"
#include "imap/writer.h"

namespace {

using namespace postern::imap;

std::string name(std::string_view wire, bool utf8 = false) {
  auto r = parse_mailbox_name(wire, utf8);
  return r ? *r : "!";
}

TEST(Utf7, BothWays) {
  const std::pair<const char*, const char*> cases[] = {
      {"abc", "abc"},
      {"a&-b", "a&b"},
      {"Entw&APw-rfe", "Entwürfe"},
      {"~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語"},
      {"&2D3eAA-", "\xf0\x9f\x98\x80"},
  };
  for (auto [wire, utf8] : cases) {
    ASSERT_TRUE(utf7_to_utf8(wire)) << wire;
    EXPECT_EQ(*utf7_to_utf8(wire), utf8);
    EXPECT_EQ(utf8_to_utf7(utf8), wire);
  }
}

TEST(Utf7, Refused) {
  for (const char* bad : {"&", "&Jjo", "&Jjo!", "&Jjo!-", "&U,BTFw-&ZeVnLIqe-", "\xc3\xa9", "a\tb", "&AGE-",
                          "&AP-", "&APx-", "&2D0-", "&3gA-", "&2D3YPQ-", "&AP=-"})
    EXPECT_FALSE(utf7_to_utf8(bad)) << bad;
}

TEST(MailboxName, Canonical) {
  EXPECT_EQ(name("inbox"), "INBOX");
  EXPECT_EQ(name("iNbOx/X"), "INBOX/X");
  EXPECT_EQ(name("inboxes"), "inboxes");
  EXPECT_EQ(name("a/b"), "a/b");
  EXPECT_EQ(name("Entw&APw-rfe"), "Entwürfe");
  EXPECT_EQ(name("Entwürfe", true), "Entwürfe");
  EXPECT_EQ(name("Entwu\xcc\x88rfe", true), "Entwürfe");
  EXPECT_EQ(name("a&b", true), "a&b");
  EXPECT_EQ(*parse_mailbox_name("a/", false, true), "a");
}

TEST(MailboxName, Refused) {
  for (std::string_view bad :
       {std::string_view(""), std::string_view("../x"), std::string_view("a/../b"), std::string_view("/etc"),
        std::string_view("~root"), std::string_view("~/x"), std::string_view("a//b"), std::string_view("a/"),
        std::string_view("a\r\nb"), std::string_view("a\0b", 3), std::string_view("."),
        std::string_view("\x7f")}) {
    EXPECT_EQ(name(bad), "!") << bad;
    EXPECT_EQ(name(bad, true), "!") << bad;
  }
  EXPECT_EQ(name("\xff", true), "!");
  EXPECT_EQ(name("a\xc2\x85", true), "!");
  EXPECT_EQ(name("Entwürfe", false), "!");
}

TEST(MailboxName, Limits) {
  EXPECT_NE(name(std::string(kMaxMailboxComponent, 'x')), "!");
  EXPECT_EQ(name(std::string(kMaxMailboxComponent + 1, 'x')), "!");
  std::string deep = "a";
  for (std::size_t i = 1; i < kMaxMailboxLevels; ++i) deep += "/a";
  EXPECT_NE(name(deep), "!");
  EXPECT_EQ(name(deep + "/a"), "!");
  EXPECT_EQ(name(std::string(64 * 1024, 'x')), "!");
}

TEST(ListPattern, Wildcards) {
  auto m = [](const char* p, const char* n) { return ListPattern(p).match(n); };
  EXPECT_TRUE(m("*", "a/b/c"));
  EXPECT_TRUE(m("%", "abc"));
  EXPECT_FALSE(m("%", "a/b"));
  EXPECT_TRUE(m("%/%", "a/b"));
  EXPECT_TRUE(m("a*c", "abbc"));
  EXPECT_TRUE(m("a*c", "a/x/c"));
  EXPECT_FALSE(m("a%c", "a/c"));
  EXPECT_TRUE(m("a%", "a"));
  EXPECT_FALSE(m("a/%", "a"));
  EXPECT_TRUE(m("inbox", "INBOX"));
  EXPECT_TRUE(m("iNb*", "INBOX"));
  EXPECT_TRUE(m("inbox/%", "INBOX/x"));
  EXPECT_FALSE(m("inb*", "INBUX"));
  EXPECT_FALSE(m("A", "a"));
  EXPECT_TRUE(m("%*%*%", "x/y"));
  EXPECT_TRUE(ListPattern("a/b").literal());
  EXPECT_FALSE(ListPattern("a/%").literal());
}

TEST(ListPattern, ManyWildcardsOverManyNames) {
  std::string p;
  for (int i = 0; i < 2500; ++i) p += "%*";
  std::string q;
  for (int i = 0; i < 2500; ++i) q += "*a";
  ListPattern all(p), none(q);
  int hits = 0;
  for (int i = 0; i < 10000; ++i) {
    std::string n = "folder/aaaaaaaaaaaaaaaaaaa" + std::to_string(i);
    hits += all.match(n) + none.match(n);
  }
  EXPECT_EQ(hits, 10000);
}

TEST(Writer, StringsAreAlwaysLegal) {
  auto s = [](std::string_view v, bool utf8 = false) {
    std::string out;
    append_string(out, v, utf8);
    return out;
  };
  EXPECT_EQ(s("a\"b\\"), "\"a\\\"b\\\\\"");
  EXPECT_EQ(s("a\r\nb"), "{4}\r\na\r\nb");
  EXPECT_EQ(s(std::string_view("a\0b", 3)), "{3}\r\na b");
  EXPECT_EQ(s("é"), "{2}\r\né");
  EXPECT_EQ(s("é", true), "\"é\"");
  EXPECT_EQ(s("\xff", true), "{1}\r\n\xff");
  std::string out;
  append_astring(out, "a]b");
  out += ' ';
  append_astring(out, "");
  out += ' ';
  append_astring(out, "nil");
  out += ' ';
  append_mailbox(out, "Entwürfe", false);
  out += ' ';
  append_mailbox(out, "Entwürfe", true);
  out += ' ';
  append_mailbox(out, "a b&", false);
  EXPECT_EQ(out, "a]b \"\" \"nil\" Entw&APw-rfe \"Entwürfe\" \"a b&-\"");
  out.clear();
  append_text(out, "[x]\r\n* BYE é");
  EXPECT_EQ(out, "- [x]  * BYE ??");
}

}  // namespace
