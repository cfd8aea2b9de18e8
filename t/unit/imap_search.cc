// SEARCH and its kin: what the parser makes of them, evaluated by lib/query.
#include <gtest/gtest.h>

#include "imap/lexer.h"
#include "imap/limits.h"
#include "imap/search_program.h"
#include "model/ids.h"
#include "query/body_matcher.h"
#include "query/evaluate.h"

namespace {

using namespace postern;
using namespace postern::imap;
using query::Content;
using query::Truth;

bool parses(std::string_view text) {
  Lexer in(text);
  auto a = parse_search(in);
  return in.ok() && !a.bad_charset;
}

constexpr std::int64_t kDay = 86400, kReceived = 760752000;  // 9-Feb-1994

query::Row the_row() {
  query::Row r;
  r.seq = 3;
  r.uid = 30;
  r.flags = model::Flags::bit(0) | model::Flags::bit(70);
  r.modseq = 500;
  r.size = 1000;
  r.email = 1;
  r.thread = 2;
  r.received = kReceived;
  r.saved = kReceived + kDay;
  r.sent = kReceived + 3600;
  return r;
}

query::Filter bound(std::string_view text) {
  Lexer in(text);
  auto args = parse_search(in);
  EXPECT_TRUE(in.ok()) << text << ": " << in.error();
  auto filter = args.program.resolve(10, 100, UidSet({{30, 31}}));
  std::vector<std::string> keywords(62);
  keywords.push_back("kw");
  filter.bind({7, keywords, kReceived + 1000});
  return filter;
}

Truth match(std::string_view text, const Content* content = nullptr) {
  return query::evaluate(bound(text), the_row(), content);
}

TEST(Search, Columns) {
  for (const char* yes : {"ALL",
                          "SEEN",
                          "UNDELETED",
                          "KEYWORD kw",
                          "UNKEYWORD other",
                          "3",
                          "1:*",
                          "UID 30",
                          "UID 20:40",
                          "$",
                          "UID $",
                          "NOT 4",
                          "OR 4 3",
                          "OR SEEN DELETED",
                          "(SEEN UNDELETED)",
                          "LARGER 999",
                          "SMALLER 1001",
                          "ON 9-Feb-1994",
                          "SINCE 9-Feb-1994",
                          "BEFORE 10-Feb-1994",
                          "MODSEQ 500",
                          "MODSEQ \"/flags/\\\\draft\" all 500",
                          "EMAILID e7-1",
                          "THREADID t7-2",
                          "OLDER 1000",
                          "YOUNGER 1000",
                          "SAVEDON 10-Feb-1994",
                          "OLD",
                          "BODY \"\"",
                          "SENTBEFORE 20-Feb-1994",
                          "NOT (NOT SEEN)"})
    EXPECT_EQ(match(yes), Truth::yes) << yes;
  for (const char* no :
       {"UNSEEN", "DELETED", "KEYWORD other", "4", "UID 29", "NOT 3", "LARGER 1000", "SMALLER 1000",
        "ON 8-Feb-1994", "BEFORE 9-Feb-1994", "MODSEQ 501", "EMAILID e7-2", "EMAILID e8-1", "EMAILID x", "RECENT", "NEW", "OLDER 1001",
        "YOUNGER 999", "SUBJECT x UNSEEN", "SENTON 1-Jan-1990"})
    EXPECT_EQ(match(no), Truth::no) << no;
  for (const char* open : {"SUBJECT x", "OR UNSEEN BODY x", "SEEN FROM y", "NOT TEXT x", "SENTON 9-Feb-1994"})
    EXPECT_EQ(match(open), Truth::unknown) << open;
}

TEST(Search, Header) {
  std::string header =
      "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n =?utf-8?q?_aus?= Berlin\r\nFrom: \"Joe\" "
      "<joe@example.com>\r\n"
      "Date: Wed, 9 Feb 1994 23:30:00 -0800\r\nX-Empty:\r\n\r\n";
  Content c{Content::Header::whole, header, false, nullptr};
  for (const char* yes :
       {"SUBJECT \"gr\xc3\xbc\xc3\x9f\x65 AUS\"", "CHARSET iso-8859-1 SUBJECT \"GR\xdcSSE\"",
        "FROM example.COM", "FROM joe", "FROM \"joe <joe@example.com>\"", "HEADER X-Empty \"\"",
        "HEADER subject berlin", "SENTON 9-Feb-1994", "NOT HEADER X-None \"\""})
    EXPECT_EQ(match(yes, &c), Truth::yes) << yes;
  for (const char* no :
       {"SUBJECT paris", "HEADER X-None \"\"", "TO joe", "SENTON 10-Feb-1994", "HEADER X-Empty y"})
    EXPECT_EQ(match(no, &c), Truth::no) << no;
  Content part{Content::Header::cached, header, false, nullptr};
  EXPECT_EQ(match("HEADER X-Obscure y", &part), Truth::unknown);
  EXPECT_EQ(match("SUBJECT paris", &part), Truth::no);
  EXPECT_EQ(match("HEADER Return-Path y", &part), Truth::unknown);  // delivery may have put it there
}

std::vector<bool> body_hits(std::string_view search, const std::string& message, std::size_t piece) {
  auto filter = bound(search);
  query::BodyMatcher m(filter);
  for (std::size_t i = 0; i < message.size(); i += piece) m.feed(std::string_view(message).substr(i, piece));
  for (auto r : m.finish()) m.header(std::string_view(message).substr(r.begin, r.end - r.begin));
  std::vector<bool> hits, all = m.hits();
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto op = filter.at(static_cast<std::int32_t>(i)).op;
    if (op == query::Condition::Op::body || op == query::Condition::Op::text) hits.push_back(all[i]);
  }
  return hits;
}

TEST(Search, BodyInPiecesOfAnySize) {
  std::string m =
      "Subject: outer\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\npreamble\r\n--b\r\n"
      "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
      "Hello w=\r\n=F6rld of needles\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n"
      "Content-Transfer-Encoding: base64\r\nContent-Description: attached\r\n\r\nPGI+Qk9MRDwvYj4=\r\n--b\r\n"
      "Content-Type: application/octet-stream\r\n\r\nsecretbinary\r\n--b--\r\n";
  for (std::size_t piece : {1u, 5u, 64u, 100000u}) {
    EXPECT_EQ(
        body_hits(
            "BODY \"W\xc3\x96RLD of\" BODY bold TEXT attached BODY attached BODY secretbinary BODY outer", m,
            piece),
        (std::vector<bool>{true, true, true, false, false, false}))
        << piece;
  }
}

TEST(Search, Limits) {
  std::string nots;
  for (std::size_t i = 0; i + 1 < kMaxSearchDepth; ++i) nots += "NOT ";
  EXPECT_TRUE(parses(nots + "SEEN"));
  EXPECT_FALSE(parses(nots + "NOT SEEN"));
  std::string deep;
  for (int i = 0; i < 10000; ++i) deep += "NOT ";
  EXPECT_FALSE(parses(deep + "SEEN"));
  deep.clear();
  for (int i = 0; i < 10000; ++i) deep += "OR ";
  EXPECT_FALSE(parses(deep + "SEEN"));
  // Choices side by side are no depth.
  std::string choices;
  for (std::size_t i = 0; i + 3 < kMaxSearchKeys; ++i) choices += "OR SEEN ";
  EXPECT_TRUE(parses(choices + "ALL"));
  EXPECT_FALSE(parses(choices + "OR SEEN ALL"));
  for (const char* bad : {"OR SEEN OR ALL", "OR SEEN OR", "OR SEEN ORSEEN ALL", "OR SEEN OR SEEN"}) EXPECT_FALSE(parses(bad)) << bad;
  EXPECT_FALSE(parses(std::string(5000, '(') + "SEEN" + std::string(5000, ')')));
  std::string keys = "SEEN";
  for (std::size_t i = 2; i < kMaxSearchKeys; ++i) keys += " SEEN";
  EXPECT_TRUE(parses(keys));
  EXPECT_FALSE(parses(keys + " SEEN"));
  EXPECT_TRUE(parses("BODY " + std::string(kMaxSearchText, 'x')));
  EXPECT_FALSE(parses("BODY " + std::string(kMaxSearchText + 1, 'x')));
}

TEST(Search, Syntax) {
  for (const char* good :
       {"RETURN () ALL", "RETURN (MIN MAX COUNT ALL SAVE) UNSEEN", "RETURN (PARTIAL 1:500) ALL",
        "RETURN (PARTIAL -1:-100) ALL", "RETURN (CONTEXT COUNT) ALL", "RETURN (UPDATE COUNT) ALL",
        "RETURN (UPDATE (UID BODY.PEEK[HEADER.FIELDS (TO)]) COUNT) ALL", "UID 3:9 FILTER on-the-road SEEN", "CHARSET UTF-8 TEXT x", "ALL ", "UID 1:* (SEEN)"})
    EXPECT_TRUE(parses(good)) << good;
  for (const char* bad : {"", "SEEN)", "(SEEN", "()", "NOT", "OR SEEN", "KEYWORD \\Seen x", "KEYWORD a\rb",
                          "ON x", "SMALLER -1", "RETURN (X) ALL", "RETURN (PARTIAL 0:1) ALL", "RETURN (PARTIAL 1:2 ALL) ALL",
                          "RETURN (PARTIAL 1) ALL", "RETURN (PARTIAL 1:*) ALL", "RETURN (UPDATE ()) ALL", "FILTER a/b", "FILTER",
                          "CHARSET bogus-1 ALL", "UID", "SEEN  UNSEEN", "0", "ON 31-Feb-1994"})
    EXPECT_FALSE(parses(bad)) << bad;
}

// RFC 6203: a condition a word, all of them below the key and no others.
TEST(Search, Fuzzy) {
  using Match = query::Condition::Match;
  auto f = bound("FUZZY (SUBJECT \"two words\" NOT BODY x) TEXT y FUZZY UID 30");
  std::string seen;
  for (std::size_t i = 0; i < f.size(); ++i) {
    const auto& c = f.at(static_cast<std::int32_t>(i));
    if (!c.text.empty()) seen += (c.match == Match::fuzzy ? "~" : "=") + c.text + " ";
  }
  EXPECT_EQ(seen, "~two ~words ~x =y ");
  EXPECT_TRUE(f.uses_fuzzy());
  EXPECT_FALSE(bound("SUBJECT x").uses_fuzzy());
  for (const char* good : {"RETURN (RELEVANCY ALL) FUZZY TEXT x", "RETURN (RELEVANCY) FILTER a", "FUZZY (FUZZY ALL SEEN)",
                           "FUZZY OR TEXT a TEXT b", "FUZZY HEADER x \"\""})
    EXPECT_TRUE(parses(good)) << good;
  for (const char* bad : {"FUZZY", "FUZZY ", "FUZZY()", "RETURN (RELEVANCY) ALL", "RETURN (RELEVANCY 1) FUZZY ALL"})
    EXPECT_FALSE(parses(bad)) << bad;
  auto deep = [](std::size_t n) {
    std::string s;
    for (std::size_t i = 0; i < n; ++i) s += "FUZZY ";
    return s + "ALL";
  };
  EXPECT_TRUE(parses(deep(kMaxSearchDepth - 1)));
  EXPECT_FALSE(parses(deep(kMaxSearchDepth)));
  std::string words = "FUZZY TEXT \"";
  for (std::size_t i = 0; i < kMaxSearchKeys; ++i) words += "a ";
  EXPECT_FALSE(parses(words + "\""));
}

template <class Args>
bool good(Args (*parse)(Lexer&), std::string_view text) {
  Lexer in(text);
  (void)parse(in);
  return in.ok();
}

TEST(Search, Sort) {
  Lexer in("RETURN (PARTIAL 1:9) (REVERSE SUBJECT DATE displayfrom) utf-8 UNSEEN");
  SortArgs args = parse_sort(in);
  ASSERT_TRUE(in.ok()) << in.error();
  ASSERT_EQ(args.order.by.size(), 3u);
  EXPECT_TRUE(args.order.by[0].descending && args.order.by[0].key == query::Comparator::Key::subject);
  EXPECT_TRUE(!args.order.by[1].descending && args.order.by[1].key == query::Comparator::Key::sent);
  EXPECT_TRUE(args.order.by[2].key == query::Comparator::Key::display_from);
  EXPECT_EQ(args.search.ret.partial.hi, 9u);
  for (const char* yes : {"(RELEVANCY) UTF-8 FUZZY TEXT x", "RETURN (RELEVANCY ALL) (REVERSE RELEVANCY) UTF-8 FUZZY TEXT x"})
    EXPECT_TRUE(good(parse_sort, yes)) << yes;
  for (const char* bad : {"() UTF-8 ALL", "(RELEVANCY) UTF-8 TEXT x", "RETURN (RELEVANCY) (SIZE) UTF-8 TEXT x", "(SIZE) UTF-8", "SIZE UTF-8 ALL", "(REVERSE) UTF-8 ALL", "(COLOR) UTF-8 ALL",
                          "(SIZE) ALL"})
    EXPECT_FALSE(good(parse_sort, bad)) << bad;
  auto sort_of = [](std::size_t keys) {
    std::string s = "(SIZE";
    for (std::size_t i = 1; i < keys; ++i) s += " SIZE";
    return s + ") UTF-8 ALL";
  };
  EXPECT_TRUE(good(parse_sort, sort_of(kMaxSortKeys)));
  EXPECT_FALSE(good(parse_sort, sort_of(kMaxSortKeys + 1)));
}

TEST(Search, Thread) {
  for (const char* yes : {"REFERENCES UTF-8 ALL", "orderedsubject us-ascii TEXT gewp", "REFS UTF-8 1:5"})
    EXPECT_TRUE(good(parse_thread, yes)) << yes;
  for (const char* no : {"REFERENCES UTF-8", "OTHER UTF-8 ALL", "UTF-8 ALL"}) EXPECT_FALSE(good(parse_thread, no)) << no;
}

TEST(Search, Esearch) {
  Lexer in("IN (mailboxes \"folder1\" subtree-one (a \"b c\") selected) RETURN (COUNT) UNSEEN");
  EsearchArgs args = parse_esearch(in);
  ASSERT_TRUE(in.ok()) << in.error();
  ASSERT_EQ(args.sources.size(), 3u);
  EXPECT_EQ(args.sources[1].names, (std::vector<std::string>{"a", "b c"}));
  EXPECT_TRUE(args.search.ret.count);
  EXPECT_TRUE(good(parse_esearch, "FROM frobozz 1:100"));
  for (const char* no : {"IN () ALL", "IN (mailboxes) ALL", "IN (everything) ALL", "IN (personal (x y)) ALL", "IN (personal)"})
    EXPECT_FALSE(good(parse_esearch, no)) << no;
}

// RFC 5466: the text of a filter stands for its key, and filters in it for theirs.
TEST(Search, StoredFilters) {
  auto program = [](std::string_view text) {
    Lexer in(text);
    SearchProgram p = parse_stored_filter(in);
    EXPECT_TRUE(in.ok()) << text;
    return p;
  };
  SearchProgram p = program("UNSEEN FILTER a");
  ASSERT_TRUE(insert_named(p, 0, program("OR LARGER 5000 FILTER b")));
  ASSERT_EQ(p.named.size(), 2u);
  EXPECT_EQ(p.named[1].depth, 1u);
  ASSERT_TRUE(insert_named(p, 1, program("3 SEEN")));
  auto filter = p.resolve(10, 100, {});
  std::vector<std::string> none;
  filter.bind({7, none, 0});
  query::Row row = the_row();
  EXPECT_EQ(query::evaluate(filter, row, nullptr), Truth::no);
  row.flags = {};
  row.size = 6000;
  EXPECT_EQ(query::evaluate(filter, row, nullptr), Truth::yes);
  row.size = 10;
  EXPECT_EQ(query::evaluate(filter, row, nullptr), Truth::no);
  SearchProgram big = program("SEEN"), small = program("FILTER x");
  while (insert_named(small, 0, big)) {
  }
  EXPECT_LE(small.filter.size(), kMaxSearchKeys);
}

}  // namespace
