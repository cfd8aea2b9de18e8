#include <gtest/gtest.h>

#include "imap/lexer.h"
#include "imap/limits.h"
#include "imap/set.h"
#include "imap/uid_map.h"

namespace {

using namespace postern::imap;

UidSet set(std::string_view text, std::uint32_t largest = 100) {
  SequenceSet s;
  EXPECT_TRUE(parse_sequence_set(text, s)) << text;
  return s.resolve(largest);
}

TEST(Set, Resolve) {
  EXPECT_EQ(set("1,3:5,4:7,9").text(), "1,3:7,9");
  EXPECT_EQ(set("5:2").text(), "2:5");
  EXPECT_EQ(set("*").text(), "100");
  EXPECT_EQ(set("*:98").text(), "98:100");
  EXPECT_EQ(set("559:*").text(), "100:559");
  EXPECT_EQ(set("*:*").text(), "100");
  EXPECT_EQ(set("1,2,3").text(), "1:3");
  EXPECT_EQ(set("*", 0).text(), "");
  EXPECT_EQ(set("4294967295,1:4294967294").text(), "1:4294967295");
}

TEST(Set, Bad) {
  SequenceSet s;
  for (const char* bad : {"", "0", "0:1", "1:", ":1", "1,,2", "1,", ",1", "4294967296", "1:4294967296",
                          "1:2:3", "a", "1 ", "-1", "**", "$,1", "1-3"})
    EXPECT_FALSE(parse_sequence_set(bad, s)) << bad;
  EXPECT_TRUE(parse_sequence_set("$", s));
  EXPECT_TRUE(s.saved);
}

TEST(Set, RangeLimit) {
  std::string text = "1";
  for (std::size_t i = 1; i < kMaxSetRanges; ++i) text += ",1";
  SequenceSet s;
  EXPECT_TRUE(parse_sequence_set(text, s));
  text += ",1";
  Lexer in(text);
  parse_sequence_set(in);
  EXPECT_FALSE(in.ok());
  EXPECT_TRUE(in.too_big());
}

TEST(Set, Algebra) {
  UidSet a = set("1:10,20:30"), b = set("5:22,30,40");
  EXPECT_EQ(a.intersect(b).text(), "5:10,20:22,30");
  EXPECT_EQ(a.minus(b).text(), "1:4,23:29");
  EXPECT_EQ(b.minus(a).text(), "11:19,40");
  EXPECT_EQ(a.minus(a).text(), "");
  EXPECT_EQ(a.count(), 21u);
  EXPECT_TRUE(a.contains(20));
  EXPECT_FALSE(a.contains(19));
  EXPECT_EQ(UidSet({{4294967295u, 4294967295u}}).minus(a).text(), "4294967295");
  UidSet c;
  for (std::uint32_t n : {5u, 6u, 2u, 7u, 3u, 4294967295u}) c.add(n);
  EXPECT_EQ(c.text(), "2:3,5:7,4294967295");
  c.add(4294967295u);
  EXPECT_EQ(c.count(), 6u);
}

TEST(UidRuns, NumbersBothWays) {
  UidRuns m;
  EXPECT_EQ(m.last_uid(), 0u);
  EXPECT_EQ(m.seq_of(1), 0u);
  m.append_run(10, 19);
  m.append(20);
  m.append(30);
  m.append_run(40, 44);
  EXPECT_EQ(m.size(), 17u);
  EXPECT_EQ(m.uid_of(1), 10u);
  EXPECT_EQ(m.uid_of(11), 20u);
  EXPECT_EQ(m.uid_of(12), 30u);
  EXPECT_EQ(m.uid_of(17), 44u);
  EXPECT_EQ(m.uid_of(18), 0u);
  EXPECT_EQ(m.uid_of(0), 0u);
  EXPECT_EQ(m.seq_of(30), 12u);
  EXPECT_EQ(m.seq_of(31), 0u);
  EXPECT_EQ(m.seq_of(9), 0u);
  EXPECT_EQ(m.seq_of(45), 0u);
  EXPECT_EQ(m.uids_of(set("1:3,11:13,17:99")).text(), "10:12,20,30,40,44");
  EXPECT_EQ(m.existing(set("1:10,20:41")).text(), "10,20,30,40:41");
  m.erase(set("12,30,44"));
  EXPECT_EQ(m.all().text(), "10:11,13:20,40:43");
  EXPECT_EQ(m.seq_of(13), 3u);
  EXPECT_EQ(m.last_uid(), 43u);
  for (std::uint32_t s = 1; s <= m.size(); ++s) EXPECT_EQ(m.seq_of(m.uid_of(s)), s);
}

}  // namespace
