#include <gtest/gtest.h>

#include "imap/list_args.h"
#include "imap/sharing_args.h"
#include "model/metadata.h"
#include "model/rights.h"

namespace {

using namespace postern;
using namespace postern::imap;
using V = std::vector<std::string>;

template <class F>
auto parse(F f, std::string_view text) {
  Lexer in(text);
  auto args = f(in);
  EXPECT_TRUE(in.ok()) << text << ": " << in.error();
  return args;
}
template <class F>
bool good(F f, std::string_view text) {
  Lexer in(text);
  f(in);
  return in.ok();
}

TEST(SharingArgs, GetMetadata) {
  auto a = parse(parse_getmetadata, "\"\" /Shared/Comment");
  EXPECT_EQ(a.mailbox, "");
  EXPECT_EQ(a.entries, V{"/shared/comment"});
  a = parse(parse_getmetadata, "INBOX (/shared/comment /private/comment)");
  EXPECT_EQ(a.entries, (V{"/shared/comment", "/private/comment"}));
  // Options before the mailbox, as the grammar says, and behind it, as the examples have them.
  for (auto text : {"(MAXSIZE 1024 DEPTH infinity) INBOX /private", "INBOX (MAXSIZE 1024 DEPTH infinity) /private"}) {
    a = parse(parse_getmetadata, text);
    EXPECT_EQ(a.mailbox, "INBOX");
    EXPECT_EQ(a.max_size, 1024u);
    EXPECT_EQ(a.depth, 2u);
  }
  EXPECT_EQ(parse(parse_getmetadata, "INBOX /private/comment /shared/comment").entries.size(), 2u);
  EXPECT_EQ(parse(parse_getmetadata, "(DEPTH 1) INBOX /private").depth, 1u);
  for (auto bad : {"INBOX", "INBOX ()", "INBOX /x", "INBOX /private/a*", "INBOX /internal/x", "(DEPTH 2) INBOX /private",
                   "(FOO) INBOX /private", "INBOX (/private /shared"})
    EXPECT_FALSE(good(parse_getmetadata, bad)) << bad;
}

TEST(SharingArgs, SetMetadata) {
  auto a = parse(parse_setmetadata, "INBOX (/private/comment \"x\" /shared/comment NIL)");
  ASSERT_EQ(a.entries.size(), 2u);
  EXPECT_EQ(a.entries[0].value, "x");
  EXPECT_FALSE(a.entries[0].nil);
  EXPECT_TRUE(a.entries[1].nil);
  std::string literal("INBOX (/private/comment ~{3}\r\na\0b)", 34);
  Lexer in(literal);
  EXPECT_EQ(parse_setmetadata(in).entries[0].value, std::string_view("a\0b", 3));
  EXPECT_TRUE(in.ok()) << in.error();
  for (auto bad : {"INBOX /private/comment \"x\"", "INBOX (/private/comment)", "INBOX (/private \"x\")",
                   "INBOX (/internal/x \"y\")", "INBOX ()"})
    EXPECT_FALSE(good(parse_setmetadata, bad)) << bad;
  std::string many = "INBOX (", more;
  for (std::size_t i = 0; i < model::kMaxEntries; ++i) many += "/private/e" + std::to_string(i) + " NIL ";
  many.back() = ')';
  EXPECT_TRUE(good(parse_setmetadata, many));
  more = many;
  more.back() = ' ';
  EXPECT_FALSE(good(parse_setmetadata, more + "/private/x NIL)"));
}

TEST(SharingArgs, Quota) {
  auto a = parse(parse_setquota, "\"#user/alice\" (storage 510 MESSAGE 3)");
  EXPECT_EQ(a.root, "#user/alice");
  ASSERT_EQ(a.limits.size(), 2u);
  EXPECT_EQ(a.limits[0].first, "STORAGE");
  EXPECT_EQ(a.limits[0].second, 510u);
  EXPECT_TRUE(parse(parse_setquota, "\"\" ()").limits.empty());
  for (auto bad : {"\"\"", "\"\" (STORAGE)", "\"\" (STORAGE -1)", "\"\" (STORAGE 1", "\"\" (STORAGE 9223372036854775808)"})
    EXPECT_FALSE(good(parse_setquota, bad)) << bad;
}

TEST(SharingArgs, Acl) {
  auto a = parse(parse_setacl, "INBOX/Drafts Chris +cda");
  EXPECT_EQ(a.mode, SetAclArgs::Mode::add);
  EXPECT_EQ(a.rights, *model::parse_rights("kxtea"));
  EXPECT_EQ(parse(parse_setacl, "x y \"\"").rights, 0u);
  EXPECT_EQ(parse(parse_setacl, "x -y -w").mode, SetAclArgs::Mode::remove);
  // RFC 4314 3.1: unknown rights are refused, never ignored.
  for (auto bad : {"INBOX/Drafts John lrQswicda", "INBOX/Drafts John lrqswicda", "x y", "x", "x y lr z"})
    EXPECT_FALSE(good(parse_setacl, bad)) << bad;
}

TEST(SharingArgs, ListReturnOptions) {
  auto a = parse(parse_list, "\"\" % RETURN (MYRIGHTS METADATA (\"/shared/vendor/cmu/cyrus-imapd/color\") STATUS (DELETED-STORAGE))");
  EXPECT_TRUE(a.return_myrights);
  EXPECT_EQ(a.return_metadata, V{"/shared/vendor/cmu/cyrus-imapd/color"});
  EXPECT_EQ(a.return_status, std::vector{StatusItem::deleted_storage});
  EXPECT_FALSE(good(parse_list, "\"\" % RETURN (METADATA ())"));
  EXPECT_FALSE(good(parse_list, "\"\" % RETURN (METADATA (/internal/x))"));
}

}  // namespace
