// smtp/submission.h: what a host says, and what it is told.
#include "smtp/submission.h"

#include <gtest/gtest.h>

#include "smtp/data.h"

namespace postern::smtp {
namespace {

Host everything() {
  Host h;
  for (auto line : {"size 1000", "8BITMIME", "SMTPUTF8", "dsn", "DELIVERBY 60", "X-OTHER", ""}) take_extension(h, line);
  return h;
}

TEST(Submission, RepliesLineByLine) {
  auto r = parse_reply_line("250-first of two");
  ASSERT_TRUE(r);
  EXPECT_EQ(r->code, 250);
  EXPECT_FALSE(r->last);
  EXPECT_EQ(r->text, "first of two");
  EXPECT_TRUE(parse_reply_line("354")->last);
  EXPECT_TRUE(parse_reply_line("550 no")->last);
  for (auto bad : {"", "25", "25x ok", "150 x", "650 x", "250ok", " 250 x"}) EXPECT_FALSE(parse_reply_line(bad)) << bad;
}

TEST(Submission, WhatAHostAnnounces) {
  Host h = everything();
  EXPECT_TRUE(h.eight_bit && h.utf8 && h.dsn && h.size && h.deliver_by);
  EXPECT_EQ(h.max_size, 1000u);
  EXPECT_EQ(h.min_by, 60u);
  Host none;
  take_extension(none, "SIZE");
  EXPECT_TRUE(none.size);
  EXPECT_EQ(none.max_size, 0u);
}

TEST(Submission, TimeLimits) {
  auto by = parse_deliver_by("600;RT");
  ASSERT_TRUE(by);
  EXPECT_EQ(by->seconds, 600);
  EXPECT_TRUE(by->back && by->trace);
  EXPECT_EQ(parse_deliver_by("-5;N")->seconds, -5);
  EXPECT_EQ(parse_deliver_by("999999999;N")->seconds, 999'999'999);
  for (auto bad : {"", "5", ";R", "5;", "5;X", "5;RN", "1000000000;R", "--5;N", "5;R ", "5;r"}) EXPECT_FALSE(parse_deliver_by(bad)) << bad;
}

TEST(Submission, ParametersOnlyForWhoKnowsThem) {
  Submission s{"a@example.org", {"b@example.net"}, "SUCCESS,FAILURE", "HDRS", DeliverBy{600, true, true}, 900, true, false};
  EXPECT_EQ(*mail_line(s, everything()), "MAIL FROM:<a@example.org> SIZE=900 BODY=8BITMIME RET=HDRS BY=600;RT");
  EXPECT_EQ(*rcpt_line(s, "b@example.net", everything()), "RCPT TO:<b@example.net> NOTIFY=SUCCESS,FAILURE");
  s.by.reset();
  EXPECT_EQ(*mail_line(s, Host()), "MAIL FROM:<a@example.org>");
  EXPECT_EQ(*rcpt_line(s, "b@example.net", Host()), "RCPT TO:<b@example.net>");
  s.sender.clear();
  EXPECT_EQ(*mail_line(s, Host()), "MAIL FROM:<>");
}

TEST(Submission, WhatIsNotToBeLateGoesToNobodyWhoKeepsNoTime) {
  Submission s{"a@example.org", {"b@example.net"}, "", "", DeliverBy{600, true, false}};
  EXPECT_EQ(mail_line(s, Host()).error().fault, base::Fault::permanent);
  EXPECT_TRUE(mail_line(s, everything()));
  s.by->seconds = 59;   // below the host's least
  EXPECT_FALSE(mail_line(s, everything()));
  // Who only wants to be told may be late; he is told of delays (RFC 2852 4.1.4.2).
  s.by = DeliverBy{-5, false, false};
  Host dsn;
  dsn.dsn = true;
  EXPECT_EQ(*mail_line(s, dsn), "MAIL FROM:<a@example.org>");
  EXPECT_EQ(*rcpt_line(s, "b@example.net", dsn), "RCPT TO:<b@example.net> NOTIFY=FAILURE,DELAY");
  s.notify = "SUCCESS";
  EXPECT_EQ(*rcpt_line(s, "b@example.net", dsn), "RCPT TO:<b@example.net> NOTIFY=SUCCESS,DELAY");
  s.notify = "NEVER";
  EXPECT_EQ(*rcpt_line(s, "b@example.net", dsn), "RCPT TO:<b@example.net> NOTIFY=NEVER");
}

TEST(Submission, AddressesThatCannotBeSaid) {
  Submission s{"a@example.org", {"b@example.net"}};
  for (const std::string& bad : std::vector<std::string>{"", "a>b@x", "a<b@x", "a\r\nRSET@x", std::string("a\0b@x", 5), std::string(321, 'a'), std::string("\xff@x")})
    EXPECT_FALSE(rcpt_line(s, bad, everything())) << bad;
  EXPECT_TRUE(rcpt_line(s, std::string(320, 'a'), everything()));
  EXPECT_FALSE(rcpt_line(s, "gr\xc3\xbc\xc3\x9f@x", Host()));
  s.recipients = {"gr\xc3\xbc\xc3\x9f@x"};
  EXPECT_EQ(*mail_line(s, everything()), "MAIL FROM:<a@example.org> SIZE=0 BODY=8BITMIME SMTPUTF8");
}

TEST(Submission, AMessageLargerThanTheHostTakes) {
  Submission s{"a@example.org", {"b@example.net"}};
  s.size = 1000;
  EXPECT_TRUE(mail_line(s, everything()));
  s.size = 1001;
  EXPECT_FALSE(mail_line(s, everything()));
}

std::string written(std::string_view in, std::size_t piece) {
  DataWriter w;
  std::string out;
  for (std::size_t at = 0; at < in.size(); at += piece) w.feed(in.substr(at, piece), out);
  w.finish(out);
  return out;
}

TEST(DataWriter, DotsAndLineEndsHoweverItIsCut) {
  struct Case {
    std::string in, out;
  } cases[] = {
      {"", ".\r\n"},
      {"a", "a\r\n.\r\n"},
      {"a\r\n", "a\r\n.\r\n"},
      {".\r\n..b", "..\r\n...b\r\n.\r\n"},
      {"a\n.\nb\r.\rc\n\n", "a\r\n..\r\nb\r\n..\r\nc\r\n\r\n.\r\n"},
      {"\r\r\n\n", "\r\n\r\n\r\n.\r\n"},
  };
  for (const auto& c : cases)
    for (std::size_t piece : {1, 2, 3, 100}) EXPECT_EQ(written(c.in, piece), c.out) << c.in << " by " << piece;
}

// What is written is what a server reads: the message, with CRLF.
TEST(DataWriter, ReadBack) {
  std::string body;
  DataReader r;
  std::string wire = written("a\n.\n..\nend", 1);
  r.feed(wire, [&](std::string_view s) { body += s; });
  EXPECT_TRUE(r.done());
  EXPECT_EQ(body, "a\r\n.\r\n..\r\nend\r\n");
}

}  // namespace
}  // namespace postern::smtp
