#include <gtest/gtest.h>

#include "imap/body_matcher.h"
#include "imap/lexer.h"
#include "imap/limits.h"
#include "imap/search.h"

namespace {

using namespace postern::imap;

struct Names : SearchNames {
  int flag_bit(std::string_view f) const override {
    return f == "\\Seen" ? 0 : f == "\\Deleted" ? 4 : f == "kw" ? 70 : -1;
  }
  std::uint64_t email(std::string_view id) const override { return id == "e1" ? 1 : 0; }
  std::uint64_t thread(std::string_view id) const override { return id == "t1" ? 2 : 0; }
};

bool parses(std::string_view text) {
  Lexer in(text);
  auto a = parse_search(in);
  return in.ok() && !a.bad_charset;
}

const SearchRow kRow{.seq = 3,
                     .uid = 30,
                     .flags_lo = 1,
                     .flags_hi = 1u << 6,
                     .modseq = 500,
                     .size = 1000,
                     .email = 1,
                     .thread = 2,
                     .received = 760752000 /* 9-Feb-1994 */,
                     .saved = 760752000 + 86400,
                     .sent = 760752000 + 3600};

Match match(std::string_view text, const MessageContent* content = nullptr) {
  Lexer in(text);
  auto args = parse_search(in);
  EXPECT_TRUE(in.ok()) << text << ": " << in.error();
  Names names;
  return BoundSearch(args.program, names, 10, 100, UidSet({{30, 31}}), 760752000 + 1000).match(kRow, content);
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
                          "EMAILID e1",
                          "THREADID t1",
                          "OLDER 1000",
                          "YOUNGER 1000",
                          "SAVEDON 10-Feb-1994",
                          "OLD",
                          "BODY \"\"",
                          "SENTBEFORE 20-Feb-1994",
                          "NOT (NOT SEEN)"})
    EXPECT_EQ(match(yes), Match::yes) << yes;
  for (const char* no :
       {"UNSEEN", "DELETED", "KEYWORD other", "4", "UID 29", "NOT 3", "LARGER 1000", "SMALLER 1000",
        "ON 8-Feb-1994", "BEFORE 9-Feb-1994", "MODSEQ 501", "EMAILID e2", "RECENT", "NEW", "OLDER 1001",
        "YOUNGER 999", "SUBJECT x UNSEEN", "SENTON 1-Jan-1990"})
    EXPECT_EQ(match(no), Match::no) << no;
  for (const char* open : {"SUBJECT x", "OR UNSEEN BODY x", "SEEN FROM y", "NOT TEXT x", "SENTON 9-Feb-1994"})
    EXPECT_EQ(match(open), Match::unknown) << open;
}

TEST(Search, Header) {
  std::string header =
      "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n =?utf-8?q?_aus?= Berlin\r\nFrom: \"Joe\" "
      "<joe@example.com>\r\n"
      "Date: Wed, 9 Feb 1994 23:30:00 -0800\r\nX-Empty:\r\n\r\n";
  MessageContent c{header, true, nullptr};
  for (const char* yes :
       {"SUBJECT \"gr\xc3\xbc\xc3\x9f\x65 AUS\"", "CHARSET iso-8859-1 SUBJECT \"GR\xdcSSE\"",
        "FROM example.COM", "FROM joe", "FROM \"joe <joe@example.com>\"", "HEADER X-Empty \"\"",
        "HEADER subject berlin", "SENTON 9-Feb-1994", "NOT HEADER X-None \"\""})
    EXPECT_EQ(match(yes, &c), Match::yes) << yes;
  for (const char* no :
       {"SUBJECT paris", "HEADER X-None \"\"", "TO joe", "SENTON 10-Feb-1994", "HEADER X-Empty y"})
    EXPECT_EQ(match(no, &c), Match::no) << no;
  MessageContent part{header, false, nullptr};
  EXPECT_EQ(match("HEADER X-Obscure y", &part), Match::unknown);
  EXPECT_EQ(match("SUBJECT paris", &part), Match::no);
}

std::vector<bool> body_hits(std::string_view search, const std::string& message, std::size_t piece) {
  Lexer in(search);
  auto args = parse_search(in);
  BodyMatcher m(args.program);
  for (std::size_t i = 0; i < message.size(); i += piece) m.feed(std::string_view(message).substr(i, piece));
  for (auto r : m.finish()) m.header(std::string_view(message).substr(r.begin, r.end - r.begin));
  std::vector<bool> hits, all = m.hits();
  for (std::size_t i = 0; i < all.size(); ++i)
    if (args.program.keys[i].op == SearchKey::Op::body || args.program.keys[i].op == SearchKey::Op::text)
      hits.push_back(all[i]);
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
        "RETURN (PARTIAL -1:-100) ALL", "CHARSET UTF-8 TEXT x", "ALL ", "UID 1:* (SEEN)"})
    EXPECT_TRUE(parses(good)) << good;
  for (const char* bad : {"", "SEEN)", "(SEEN", "()", "NOT", "OR SEEN", "KEYWORD \\Seen x", "KEYWORD a\rb",
                          "ON x", "SMALLER -1", "RETURN (X) ALL", "RETURN (PARTIAL 0:1) ALL",
                          "CHARSET bogus-1 ALL", "UID", "SEEN  UNSEEN", "0", "ON 31-Feb-1994"})
    EXPECT_FALSE(parses(bad)) << bad;
}

}  // namespace
