// The end of DATA (RELIABILITY S01) and the grammar of LMTP's commands.
#include "smtp/data.h"

#include <gtest/gtest.h>

#include "smtp/command.h"

namespace postern::smtp {
namespace {

struct Read {
  std::string body;
  std::string rest;
  bool done = false;
};

Read read(std::string_view in, std::size_t piece) {
  DataReader r;
  Read out;
  std::size_t at = 0;
  while (at < in.size() && !r.done()) {
    auto part = in.substr(at, piece);
    auto used = r.feed(part, [&](std::string_view s) { out.body += s; });
    at += used;
    EXPECT_TRUE(used == part.size() || r.done());
  }
  out.done = r.done();
  out.rest = in.substr(at);
  return out;
}

TEST(Data, EndsOnlyAtCrlfDotCrlfHoweverItIsCut) {
  struct Case {
    std::string in, body;
    bool done;
  } cases[] = {
      {"a\r\n.\r\n", "a\r\n", true},
      {".\r\n", "", true},
      {"..a\r\n.\r\n", ".a\r\n", true},
      {"a\n.\n", "a\n.\n", false},
      {"a\n.\r\n.\r\n", "a\n.\r\n", true},
      {"a\r\n.\n.\r\n.\r\n", "a\r\n\n.\r\n", true},
      {"a\r.\r\r\n.\r\n", "a\r.\r\r\n", true},
      {"a\r\n.\rb\r\n.\r\n", "a\r\n\rb\r\n", true},
      {"a\r\n.\r\r\n.\r\n", "a\r\n\r\r\n", true},
      {std::string("a\0\r\n.\r\n", 7), std::string("a\0\r\n", 4), true},
  };
  for (const auto& c : cases)
    for (std::size_t piece = 1; piece <= c.in.size(); ++piece) {
      auto r = read(c.in, piece);
      EXPECT_EQ(r.done, c.done) << c.in << " by " << piece;
      EXPECT_EQ(r.body, c.body) << c.in << " by " << piece;
    }
}

TEST(Data, LeavesWhatFollowsTheEnd) {
  auto r = read("a\r\n.\r\nQUIT\r\n", 100);
  EXPECT_TRUE(r.done);
  EXPECT_EQ(r.rest, "QUIT\r\n");
}

TEST(Command, MailTakesItsParameters) {
  auto m = parse_mail("FROM:<a@b.example> SIZE=100 BODY=8BITMIME SMTPUTF8");
  ASSERT_TRUE(m) << m.error().what;
  EXPECT_EQ(m->from, "a@b.example");
  EXPECT_EQ(m->size, 100u);
  EXPECT_TRUE(m->utf8);
  EXPECT_EQ(parse_mail("FROM:<>")->from, "");
  EXPECT_EQ(parse_mail("from: <@x,@y:a@b>")->from, "a@b");
}

TEST(Command, OddAddresses) {
  EXPECT_EQ(parse_rcpt("TO:<\"a b\"@c.example>", false)->to, "a b@c.example");
  EXPECT_EQ(parse_rcpt("TO:<\"a\\\"b\"@c.example>", false)->to, "a\"b@c.example");
  EXPECT_EQ(parse_rcpt("TO:<\"\"@c.example>", false)->to, "@c.example");
  EXPECT_EQ(parse_rcpt("TO:<user+detail@[127.0.0.1]>", false)->to, "user+detail@[127.0.0.1]");
  EXPECT_TRUE(parse_rcpt("TO:<\xc3\xa9@c.example>", true));
  for (const char* bad : {"TO:<\xc3\xa9@c.example>", "TO:<a@b", "TO:a@b", "TO:<a..b@c>", "TO:<a@-..b>", "TO:<>", "TO:<a@b>x",
                          "TO:<a\x01@b>", "TO:<\"a@b>", "TO:<a b@c>", "FROM:<a@b>", "TO:<a@b> NOTIFY=NEVER"})
    EXPECT_FALSE(parse_rcpt(bad, false)) << bad;
}

TEST(Command, S13WrongParameters) {
  EXPECT_TRUE(parse_mail("FROM:<> SIZE=-1").error().what.starts_with("501"));
  EXPECT_TRUE(parse_mail("FROM:<> SIZE=18446744073709551616").error().what.starts_with("501"));
  EXPECT_TRUE(parse_mail("FROM:<> BODY=7BIT BODY=7BIT").error().what.starts_with("501"));
  EXPECT_TRUE(parse_mail("FROM:<> FOO=1").error().what.starts_with("555"));
  std::string many = "FROM:<>";
  for (int i = 0; i < 1000; ++i) many += " P" + std::to_string(i) + "=1";
  EXPECT_FALSE(parse_mail(many));
  EXPECT_TRUE(parse_mail("FROM:<" + std::string(2000, 'a') + "@b>").error().what.starts_with("553"));
}

TEST(Command, Bdat) {
  EXPECT_EQ(parse_bdat("100 LAST")->size, 100u);
  EXPECT_TRUE(parse_bdat("0 last")->last);
  for (const char* bad : {"", "x", "-1", "1 FIRST", "18446744073709551616", "1 LAST x"}) EXPECT_FALSE(parse_bdat(bad)) << bad;
}

}  // namespace
}  // namespace postern::smtp
