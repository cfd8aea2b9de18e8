// service/sieve_events.h: rows of imap.sieve_event, right and wrong.
#include "service/sieve_events.h"

#include <gtest/gtest.h>

#include "service/config.h"

namespace postern::service {
namespace {

std::string error_of(std::string_view row) {
  auto r = parse_sieve_event(row);
  return r ? "" : r.error().what;
}

TEST(SieveEvents, ARowSaysAll) {
  auto r = parse_sieve_event(" to=Archive/* from=\\Junk\tcause=copy  after /etc/x.sieve ");
  ASSERT_TRUE(r) << r.error().what;
  EXPECT_EQ(r->to, "Archive/*");
  EXPECT_EQ(r->from, "\\Junk");
  EXPECT_EQ(r->causes, SieveEventRule::copy);
  EXPECT_TRUE(r->after);
  EXPECT_EQ(r->script, "/etc/x.sieve");
}

TEST(SieveEvents, WhatIsNotSaidIsEverything) {
  auto r = parse_sieve_event("x.sieve");
  ASSERT_TRUE(r);
  EXPECT_EQ(r->causes, SieveEventRule::append | SieveEventRule::copy | SieveEventRule::flag);
  EXPECT_EQ(r->to + r->from, "");
  EXPECT_FALSE(r->after);
  EXPECT_EQ(parse_sieve_event("cause=APPEND,FLAG x")->causes, SieveEventRule::append | SieveEventRule::flag);
  // What comes from somewhere was copied or moved.
  EXPECT_EQ(parse_sieve_event("from=Junk x")->causes, SieveEventRule::copy);
}

TEST(SieveEvents, ErrorsSayWhatWasExpected) {
  for (const char* row : {"", "to=Junk", "x.sieve after"}) EXPECT_EQ(error_of(row), "expected the file of a script as the last word") << row;
  EXPECT_EQ(error_of("cause=MOVE x"), "cause=MOVE: expected APPEND, COPY and FLAG, with commas between them");
  EXPECT_EQ(error_of("cause= x"), "cause=: expected APPEND, COPY and FLAG, with commas between them");
  EXPECT_EQ(error_of("from=Junk cause=FLAG x"), "from= needs cause=COPY");
  EXPECT_NE(error_of("in=Junk x").find("in=Junk: expected to=MAILBOX"), std::string::npos);
  EXPECT_NE(error_of("to= x").find("expected to=MAILBOX"), std::string::npos);
}

TEST(SieveEvents, RowsAddUpInTheConfiguration) {
  Config c;
  ASSERT_TRUE(c.set("imap.sieve_event", "to=Junk a.sieve", "x:1"));
  ASSERT_TRUE(c.set("imap.sieve_event", "from=Junk b.sieve", "x:2"));
  auto rules = parse_sieve_events(c.text("imap.sieve_event"));
  ASSERT_TRUE(rules);
  ASSERT_EQ(rules->size(), 2u);
  EXPECT_EQ((*rules)[1].script, "b.sieve");
  EXPECT_FALSE(c.set("imap.sieve_event", "cause=x c.sieve", "x:3"));
}

TEST(SieveEvents, AtMost64) {
  std::string rows;
  for (std::size_t i = 0; i < kMaxSieveEvents; ++i) rows += "x.sieve\n";
  EXPECT_TRUE(parse_sieve_events(rows));
  EXPECT_FALSE(parse_sieve_events(rows + "x.sieve\n"));
}

}  // namespace
}  // namespace postern::service
