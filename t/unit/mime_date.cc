#include <gtest/gtest.h>

#include "mime/date.h"

namespace {

using namespace postern::mime;

TEST(MimeDate, Rfc5322AndItsRelatives) {
  struct Case {
    const char *raw, *utc;
    int zone;
  };
  const Case cases[] = {
      {"Wed, 17 Jul 1996 02:44:25 -0700", "1996-07-17T09:44:25Z", -420},
      {"17 Jul 1996 02:44 +0000", "1996-07-17T02:44:00Z", 0},
      {"Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", "1997-11-21T15:55:06Z", -360},
      {"Thu,\r\n      13\r\n        Feb\r\n          1969\r\n      23:32\r\n               -0330 "
       "(Newfoundland Time)",
       "1969-02-14T03:02:00Z", -210},
      {"21 Nov 97 09:55:06 GMT", "1997-11-21T09:55:06Z", 0},
      {"21 Nov 49 09:55:06 GMT", "2049-11-21T09:55:06Z", 0},
      {"21 Nov 50 09:55:06 GMT", "1950-11-21T09:55:06Z", 0},
      {"21 Nov 102 09:55:06 GMT", "2002-11-21T09:55:06Z", 0},
      {"Tue, 4 Dec 2001 1:02:03 EST", "2001-12-04T06:02:03Z", -300},
      {"4 Dec 2001 01:02:03 PDT", "2001-12-04T08:02:03Z", -420},
      {"4 Dec 2001 01:02:03 Z", "2001-12-04T01:02:03Z", 0},
      {"4 Dec 2001 01:02:03 A", "2001-12-04T01:02:03Z", 0},
      {"4 Dec 2001 01:02:03 CET", "2001-12-04T01:02:03Z", 0},
      {"4 Dec 2001 01:02:03 GMT+0200", "2001-12-03T23:02:03Z", 120},
      {"4 Dec 2001 01:02:03", "2001-12-04T01:02:03Z", 0},
      {"4-Dec-2001 01:02:03 +02:00", "2001-12-03T23:02:03Z", 120},
      {"Tuesday, 04-Dec-01 01:02:03 UTC", "2001-12-04T01:02:03Z", 0},
      {"Tue Dec  4 01:02:03 2001", "2001-12-04T01:02:03Z", 0},
      {"Tue Dec  4 01:02:03 EST 2001", "2001-12-04T06:02:03Z", -300},
      {"December 4, 2001 01:02:03 PM", "2001-12-04T13:02:03Z", 0},
      {"2001-12-04T01:02:03+01:00", "2001-12-04T00:02:03Z", 60},
      {"2001-12-04 01:02:03", "2001-12-04T01:02:03Z", 0},
      {"29 Feb 2000 00:00:60 +0000", "2000-02-29T00:01:00Z", 0},
      {"4 Dec 2001", "2001-12-04T00:00:00Z", 0},
      {"1 Jan 0001 00:00:00 +0000", "0001-01-01T00:00:00Z", 0},
      {"31 Dec 9999 23:59:59 +0000", "9999-12-31T23:59:59Z", 0},
  };
  for (const auto& c : cases) {
    auto t = parse_date(c.raw);
    ASSERT_TRUE(t.has_value()) << c.raw;
    EXPECT_EQ(format_utc_date(t->seconds), c.utc) << c.raw;
    EXPECT_EQ(t->zone_minutes, c.zone) << c.raw;
  }
}

TEST(MimeDate, M10Hopeless) {
  for (const char* s :
       {"", " ", "garbage", "1 Jan 0 00:00 GMT", "1 Jan 0000 00:00 GMT", "1 Jan 99999 00:00 GMT",
        "31 Feb 2000 00:00 GMT", "29 Feb 1900 00:00 GMT", "0 Jan 2000 00:00 GMT", "32 Jan 2000 00:00 GMT",
        "1 Foo 2000 00:00 GMT", "1 Jan 2000 24:00 GMT", "1 Jan 2000 00:60 GMT",
        "99999999999999999999 Jan 2000 00:00", "2000-13-01", "(((", "Mon,"})
    EXPECT_FALSE(parse_date(s).has_value()) << s;
}

TEST(MimeDate, M10ImpossibleZonesAreUtc) {
  for (const char* z : {"+9999", "-9999", "+2400", "+0060", "+99999", "nonsense"}) {
    auto t = parse_date(std::string("1 Jan 2000 00:00:00 ") + z);
    ASSERT_TRUE(t.has_value()) << z;
    EXPECT_EQ(t->zone_minutes, 0) << z;
  }
}

TEST(MimeDate, FormatRfc5322) {
  EXPECT_EQ(format_date({837596665, -420}), "Wed, 17 Jul 1996 02:44:25 -0700");
  EXPECT_EQ(format_date({0, 0}), "Thu, 1 Jan 1970 00:00:00 +0000");
  EXPECT_EQ(format_date({-1, 330}), "Thu, 1 Jan 1970 05:29:59 +0530");
}

TEST(MimeDate, ImapDateTime) {
  auto t = parse_imap_datetime("17-Jul-1996 02:44:25 -0700");
  ASSERT_TRUE(t.has_value());
  EXPECT_EQ(t->seconds, 837596665);
  EXPECT_EQ(format_imap_datetime(*t), "17-Jul-1996 02:44:25 -0700");
  t = parse_imap_datetime(" 7-Jul-1996 02:44:25 +0000");
  ASSERT_TRUE(t.has_value());
  EXPECT_EQ(format_imap_datetime(*t), " 7-Jul-1996 02:44:25 +0000");
  for (const char* s :
       {"", "17-Jul-1996", "17-Jul-96 02:44:25 -0700", "17-jux-1996 02:44:25 -0700",
        "17-Jul-1996 02:44:25 0700", "17-Jul-1996 02:44:25 -07000", "31-Feb-1996 02:44:25 -0700",
        "17-Jul-1996 25:44:25 -0700", "17-Jul-1996  2:44:25 -0700", "+7-Jul-1996 02:44:25 -0700"})
    EXPECT_FALSE(parse_imap_datetime(s).has_value()) << s;
}

TEST(MimeDate, M10InternalDatesAtTheEnds) {
  auto low = parse_imap_datetime("01-Jan-0001 00:00:00 +0000");
  auto high = parse_imap_datetime("31-Dec-9999 23:59:59 +0000");
  ASSERT_TRUE(low && high);
  EXPECT_EQ(format_imap_datetime(*low), " 1-Jan-0001 00:00:00 +0000");
  EXPECT_EQ(format_imap_datetime(*high), "31-Dec-9999 23:59:59 +0000");
  EXPECT_EQ(format_imap_datetime({INT64_MAX, 0}), "31-Dec-9999 23:59:59 +0000");
  EXPECT_EQ(format_utc_date(INT64_MIN), "0000-01-01T00:00:00Z");
}

TEST(MimeDate, ImapDate) {
  auto d = parse_imap_date("1-Feb-1994");
  ASSERT_TRUE(d.has_value());
  EXPECT_EQ(*d, (CivilDate{1994, 2, 1}));
  EXPECT_EQ(parse_imap_date("01-feb-1994"), d);
  EXPECT_EQ(format_imap_date(*d), "1-Feb-1994");
  for (const char* s : {"", "1-Feb-94", "30-Feb-1994", "1 Feb 1994", "1-Feb-1994x", "001-Feb-1994"})
    EXPECT_FALSE(parse_imap_date(s).has_value()) << s;
}

TEST(MimeDate, Rfc3339) {
  auto t = parse_rfc3339("2014-10-30T14:12:00+08:00");
  ASSERT_TRUE(t.has_value());
  EXPECT_EQ(t->zone_minutes, 480);
  EXPECT_EQ(format_rfc3339(*t), "2014-10-30T14:12:00+08:00");
  EXPECT_EQ(format_utc_date(t->seconds), "2014-10-30T06:12:00Z");
  EXPECT_EQ(parse_utc_date("2014-10-30T06:12:00Z"), t->seconds);
  EXPECT_EQ(parse_utc_date("2014-10-30T06:12:00.5Z"), t->seconds);
  for (const char* s :
       {"2014-10-30t06:12:00Z", "2014-10-30T06:12:00z", "2014-10-30T06:12:00.000Z", "2014-10-30T06:12:00.Z",
        "2014-10-30T06:12Z", "2014-13-30T06:12:00Z", "2014-10-30T06:12:00"})
    EXPECT_FALSE(parse_rfc3339(s).has_value()) << s;
  EXPECT_FALSE(parse_utc_date("2014-10-30T14:12:00+08:00").has_value());
}

TEST(MimeDate, CalendarInverse) {
  for (std::int64_t day = -800'000; day < 3'000'000; day += 97) {
    auto d = civil_from_days(day);
    EXPECT_EQ(days_from_civil(d), day);
  }
  EXPECT_EQ(civil_at(0, -60), (CivilDate{1969, 12, 31}));
}

}  // namespace
