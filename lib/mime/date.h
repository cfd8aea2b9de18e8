// Dates of RFC 5322 (obsolete forms too), IMAP and RFC 3339.
// Runs in: every front end.  Input: hostile.  Pure; no time zone database, no locale.
// Tests: t/unit/mime_date.cc, t/fuzz/mime_date.cc
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::mime {

struct DateTime {
  std::int64_t seconds = 0;       // since 1970-01-01T00:00:00Z
  std::int32_t zone_minutes = 0;  // east of UTC, within +-99:59
  bool operator==(const DateTime&) const = default;
};

struct CivilDate {
  std::int32_t year = 1970;
  std::uint32_t month = 1;  // 1-12
  std::uint32_t day = 1;    // 1-31
  bool operator==(const CivilDate&) const = default;
};

// Proleptic Gregorian calendar, days since 1970-01-01.
std::int64_t days_from_civil(const CivilDate& d);
CivilDate civil_from_days(std::int64_t days);
bool valid_civil(const CivilDate& d);
// The calendar day at `seconds` in that zone.
CivilDate civil_at(std::int64_t seconds, std::int32_t zone_minutes = 0);

// A raw Date value: comments, folds, missing weekday and seconds, two- and three-digit years, named zones,
// and common misspellings (ISO dates, "GMT+0200", asctime).  Years 1-9999.  An impossible zone counts as UTC.
// Nothing when hopeless.
std::optional<DateTime> parse_date(std::string_view raw);
// "Wed, 17 Jul 1996 02:44:25 -0700"
std::string format_date(const DateTime& t);

// RFC 9051 date-time: "17-Jul-1996 02:44:25 -0700" without quotes; the day may be " 7".  Strict.
std::optional<DateTime> parse_imap_datetime(std::string_view s);
std::string format_imap_datetime(const DateTime& t);
// RFC 9051 date: 1-Feb-1994, with or without its quotes.  Strict.
std::optional<CivilDate> parse_imap_date(std::string_view s);
std::string format_imap_date(const CivilDate& d);

// RFC 3339 with any offset.  JMAP's Date: "Z" and "T" upper case, a fraction only when not zero; strict.
std::optional<DateTime> parse_rfc3339(std::string_view s);
// JMAP's UTCDate: as above and "Z".
std::optional<std::int64_t> parse_utc_date(std::string_view s);
std::string format_rfc3339(const DateTime& t);      // 2014-10-30T14:12:00+08:00
std::string format_utc_date(std::int64_t seconds);  // 2014-10-30T06:12:00Z

}  // namespace postern::mime
