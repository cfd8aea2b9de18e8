#include <gtest/gtest.h>

#include "imap/args.h"
#include "imap/fetch.h"
#include "imap/flag_list.h"
#include "imap/limits.h"
#include "imap/notify_args.h"

namespace {

using namespace postern::imap;

template <class F>
bool good(F f, std::string_view text) {
  Lexer in(text);
  f(in);
  return in.ok();
}
FetchArgs fetch(std::string_view text, bool uid = false) {
  Lexer in(text);
  auto args = parse_fetch(in, uid);
  EXPECT_TRUE(in.ok()) << text << ": " << in.error();
  return args;
}
bool fetch_ok(std::string_view text, bool uid = false) {
  return good([uid](Lexer& in) { parse_fetch(in, uid); }, text);
}

TEST(Args, Head) {
  Lexer in("a1 uid FETCH 1 FLAGS");
  auto h = parse_head(in);
  EXPECT_EQ(h.tag, "a1");
  EXPECT_EQ(h.name, "UID FETCH");
  EXPECT_EQ(in.rest(), " 1 FLAGS");
  for (std::string_view bad : {"", "a", "+ NOOP", "* NOOP", " NOOP", "a(b NOOP"}) {
    Lexer l(bad);
    parse_head(l);
    EXPECT_FALSE(l.ok()) << bad;
  }
  std::string longest(kMaxTag, 'x');
  EXPECT_TRUE(good([](Lexer& l) { parse_head(l); }, longest + " NOOP"));
  EXPECT_FALSE(good([](Lexer& l) { parse_head(l); }, longest + "x NOOP"));
}

TEST(Args, Authenticate) {
  Lexer in("plain AGEAYg==");
  auto a = parse_authenticate(in);
  EXPECT_EQ(a.mechanism, "PLAIN");
  EXPECT_EQ(a.initial, std::string_view("\0a\0b", 4));
  Lexer empty("PLAIN =");
  EXPECT_TRUE(parse_authenticate(empty).has_initial);
  EXPECT_TRUE(empty.ok());
  EXPECT_FALSE(good(parse_authenticate, "PLAIN !!"));
}

TEST(Args, Select) {
  Lexer in("INBOX (QRESYNC (67890007 20050715194045000 41,43:211,214:541 (1:5 2,4,6)) CONDSTORE)");
  auto a = parse_select(in);
  ASSERT_TRUE(in.ok()) << in.error();
  EXPECT_TRUE(a.qresync && a.condstore && a.known_uids_given);
  EXPECT_EQ(a.uidvalidity, 67890007u);
  EXPECT_EQ(a.modseq, 20050715194045000u);
  EXPECT_TRUE(good(parse_select, "INBOX (QRESYNC (1 2))"));
  EXPECT_TRUE(good(parse_select, "INBOX (QRESYNC (1 2 (1 2)))"));
  EXPECT_FALSE(good(parse_select, "INBOX (QRESYNC (0 2))"));
  EXPECT_FALSE(good(parse_select, "INBOX (QRESYNC (1 2 1:*))"));
  EXPECT_FALSE(good(parse_select, "INBOX ()"));
  EXPECT_FALSE(good(parse_select, "INBOX (X)"));
  EXPECT_FALSE(good(parse_select, ""));
}

TEST(Args, Store) {
  Lexer in("2,4 (UNCHANGEDSINCE 320162338) +FLAGS.SILENT (\\deleted $MDNSent)");
  auto a = parse_store(in);
  ASSERT_TRUE(in.ok()) << in.error();
  EXPECT_TRUE(a.silent && a.unchanged_since_given);
  EXPECT_EQ(a.mode, StoreArgs::Mode::add);
  ASSERT_EQ(a.flags.size(), 2u);
  EXPECT_EQ(a.flags[0], "\\Deleted");
  EXPECT_TRUE(good(parse_store, "1 FLAGS \\Seen \\Flagged x"));
  EXPECT_TRUE(good(parse_store, "1 -FLAGS ()"));
  for (const char* bad :
       {"1 FLAGS", "1 FLAGS \\Recent", "1 FLAGS \\Bogus", "1 *FLAGS x", "1 FLAGS (a", "1 FLAGS (a))",
        "1 FLAGSX x", "0 FLAGS x", "1 (UNCHANGEDSINCE) FLAGS x", "1 FLAGS (a]b)"})
    EXPECT_FALSE(good(parse_store, bad)) << bad;
}

TEST(Args, FlagLimits) {
  std::string list = "1 FLAGS (k0";
  for (std::size_t i = 1; i < kMaxFlags; ++i) list += " k" + std::to_string(i);
  EXPECT_TRUE(good(parse_store, list + ")"));
  EXPECT_FALSE(good(parse_store, list + " more)"));
  EXPECT_TRUE(good(parse_store, "1 FLAGS " + std::string(kMaxKeyword, 'k')));
  EXPECT_FALSE(good(parse_store, "1 FLAGS " + std::string(kMaxKeyword + 1, 'k')));
}

TEST(Args, Others) {
  EXPECT_TRUE(good(parse_id, "NIL"));
  EXPECT_TRUE(good(parse_id, "(\"name\" \"x\" \"version\" NIL)"));
  EXPECT_FALSE(good(parse_id, "(\"name\")"));
  EXPECT_TRUE(good(parse_create, "x (USE (\\Drafts \\Sent))"));
  EXPECT_FALSE(good(parse_create, "x (USE (Drafts))"));
  EXPECT_TRUE(good(parse_status, "x (MESSAGES UNSEEN SIZE MAILBOXID)"));
  EXPECT_FALSE(good(parse_status, "x (BOGUS)"));
  EXPECT_FALSE(good(parse_status, "x ()"));
  EXPECT_TRUE(good(parse_login, "a \"b c\""));
  EXPECT_FALSE(good(parse_login, "a"));
  EXPECT_TRUE(good(parse_none, " "));
  EXPECT_FALSE(good(parse_none, " x"));
}

TEST(Args, List) {
  Lexer in(
      "(SUBSCRIBED RECURSIVEMATCH) \"\" (\"a%\" b*) RETURN (CHILDREN STATUS (MESSAGES SIZE) SPECIAL-USE)");
  auto a = parse_list(in);
  ASSERT_TRUE(in.ok()) << in.error();
  EXPECT_TRUE(a.select_subscribed && a.select_recursive && a.return_children && a.return_special);
  EXPECT_EQ(a.patterns.size(), 2u);
  EXPECT_EQ(a.return_status.size(), 2u);
  EXPECT_TRUE(good(parse_list, "\"\" *"));
  EXPECT_TRUE(good(parse_list, "() \"\" %"));
  EXPECT_TRUE(good(parse_list, "\"\" \"\""));
  EXPECT_FALSE(good(parse_list, "(RECURSIVEMATCH) \"\" *"));
  EXPECT_FALSE(good(parse_list, "\"\" * RETURN (X)"));
  EXPECT_FALSE(good(parse_list, "\"\""));
}

TEST(Args, Notify) {
  Lexer in("SET STATUS (selected MessageNew (uid body.peek[header.fields (from to subject)]) MessageExpunge) "
           "(subtree Lists MessageNew)");
  NotifyArgs lone = parse_notify(in);
  EXPECT_FALSE(in.ok());  // RFC 5465 3.1's example has events without their parentheses, and MessageNew alone
  Lexer good("SET STATUS (selected (MessageNew (uid body.peek[header.fields (from to subject)]) MessageExpunge)) "
             "(subtree (Lists \"a b\") (MessageNew MessageExpunge FlagChange)) (personal (MailboxName SubscriptionChange)) "
             "(mailboxes x NONE)");
  NotifyArgs args = parse_notify(good);
  ASSERT_TRUE(good.ok()) << good.error();
  ASSERT_EQ(args.groups.size(), 4u);
  EXPECT_TRUE(args.set && args.status);
  EXPECT_EQ(args.groups[0].items.items.size(), 2u);
  EXPECT_EQ(args.groups[1].filter.names.size(), 2u);
  EXPECT_EQ(event_names(args.groups[2].events), "MailboxName SubscriptionChange");
  EXPECT_EQ(args.groups[3].events, 0u);
  auto parses = [](std::string_view text) {
    Lexer lexer(text);
    parse_notify(lexer);
    return lexer.ok();
  };
  for (const char* yes : {"NONE", "SET (selected NONE)", "SET (selected-delayed (messageexpunge messagenew flagchange))",
                          "SET (inboxes (MailboxName Whatever))"})
    EXPECT_TRUE(parses(yes)) << yes;
  for (const char* no :
       {"SET", "SET STATUS", "SET (selected (MessageNew))", "SET (personal (MessageExpunge))",
        "SET (selected (FlagChange))", "SET (personal (AnnotationChange MailboxName))", "SET (selected (MailboxName))",
        "SET (personal (MessageNew (uid) MessageExpunge))", "SET (selected NONE) (selected-delayed NONE)",
        "SET (subtree-one x (MailboxName))", "SET (subtree (MailboxName))", "SET (personal ())", "NONE x", "OFF"})
    EXPECT_FALSE(parses(no)) << no;
}

TEST(Args, TagsAndComparators) {
  Lexer tags("\"B01\" \"c 2\"");
  EXPECT_EQ(parse_cancelupdate(tags).tags, (std::vector<std::string>{"B01", "c 2"}));
  EXPECT_TRUE(tags.ok());
  Lexer none(""), two(" \"cz;*\" i;basic");
  EXPECT_TRUE(parse_comparator(none).orders.empty() && none.ok());
  EXPECT_EQ(parse_comparator(two).orders, (std::vector<std::string>{"cz;*", "i;basic"}));
  Lexer empty("");
  parse_cancelupdate(empty);
  EXPECT_FALSE(empty.ok());
}

TEST(Fetch, Items) {
  auto a = fetch(
      "1:* (FLAGS UID BODY.PEEK[HEADER.FIELDS (From To)]<0.20> BODYSTRUCTURE BODY BINARY[1.2]<5.7> FLAGS)");
  ASSERT_EQ(a.items.size(), 6u);
  EXPECT_EQ(a.items[2].label, "BODY[HEADER.FIELDS (From To)]<0>");
  EXPECT_EQ(a.items[2].length, 20u);
  EXPECT_EQ(a.items[3].kind, FetchItem::Kind::bodystructure);
  EXPECT_EQ(a.items[4].kind, FetchItem::Kind::body_basic);
  EXPECT_EQ(a.items[5].label, "BINARY[1.2]<5>");
  EXPECT_TRUE(a.sets_seen);
  EXPECT_EQ(fetch("1 FULL").items.size(), 5u);
  EXPECT_EQ(fetch("1 rfc822.header").sets_seen, false);
  EXPECT_EQ(fetch("1 rfc822").items[0].label, "RFC822");
  EXPECT_EQ(fetch("1 BODY[1.2.MIME]").items[0].label, "BODY[1.2.MIME]");
  EXPECT_EQ(fetch("1 FLAGS", true).items[0].kind, FetchItem::Kind::uid);
  a = fetch("1:* (FLAGS) (CHANGEDSINCE 12345 VANISHED)", true);
  EXPECT_TRUE(a.vanished);
  EXPECT_TRUE(a.wants(FetchItem::Kind::modseq));
  a = fetch("1:* (FLAGS) (PARTIAL -3:-1 CHANGEDSINCE 7)", true);
  EXPECT_TRUE(a.range.given && a.range.backwards && a.changed_since_given);
  EXPECT_EQ(a.range.lo, 1u);
  EXPECT_EQ(a.range.hi, 3u);
  for (const char* bad : {"1 (FLAGS) (PARTIAL 1:2 PARTIAL 1:2)", "1 (FLAGS) (PARTIAL 1)", "1 (FLAGS) (PARTIAL 0:1)", "1 (FLAGS) (PARTIAL -1:2)",
                          "1 (FLAGS) (PARTIAL 1:*)", "1 (FLAGS) (PARTIAL)"})
    EXPECT_FALSE(fetch_ok(bad, true)) << bad;
}

TEST(Fetch, Bad) {
  for (const char* bad : {"1",
                          "1 ",
                          "1 ()",
                          "1 X",
                          "1 (FLAGS",
                          "1 (FLAGS))",
                          "1 BODY[",
                          "1 BODY[]x",
                          "1 BODY[0]",
                          "1 BODY[1.]",
                          "1 BODY[MIME]",
                          "1 BODY[X]",
                          "1 BODY[]<0.0>",
                          "1 BODY[]<1>",
                          "1 BODY[]<4294967296>",
                          "1 BINARY[HEADER]",
                          "1 BINARY.SIZE[1]<0.1>",
                          "1 BODY[HEADER.FIELDS ()]",
                          "1 BODY[HEADER.FIELDS]",
                          "1 (ALL FLAGS)",
                          "1 (FLAGS) (CHANGEDSINCE 1 VANISHED)",
                          "1 (FLAGS) (VANISHED)",
                          "1 (FLAGS) (PARTIAL 1:2)",
                          "1 FLAGS UID",
                          "0 FLAGS",
                          "1 BODY[4294967296]"})
    EXPECT_FALSE(fetch_ok(bad)) << bad;
}

TEST(Fetch, Limits) {
  std::string deep = "1";
  for (std::size_t i = 1; i < kMaxSectionDepth; ++i) deep += ".1";
  EXPECT_TRUE(fetch_ok("1 BODY[" + deep + "]"));
  EXPECT_FALSE(fetch_ok("1 BODY[" + deep + ".1]"));
  std::string names = "x";
  for (std::size_t i = 1; i < kMaxHeaderNames; ++i) names += " x";
  EXPECT_TRUE(fetch_ok("1 BODY[HEADER.FIELDS (" + names + ")]"));
  EXPECT_FALSE(fetch_ok("1 BODY[HEADER.FIELDS (" + names + " x)]"));
  std::string items = "BODY[]";
  for (std::size_t i = 1; i < kMaxFetchItems; ++i) items += " BODY[]";
  EXPECT_TRUE(fetch_ok("1 (" + items + ")"));
  EXPECT_FALSE(fetch_ok("1 (" + items + " BODY[])"));
}

}  // namespace
