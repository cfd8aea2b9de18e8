#include "mime/date.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace postern::mime {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kDays = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
constexpr std::int64_t kDay = 86'400;

void put_padded(std::string& out, std::int64_t v, int width) {
  char buf[20];
  int n = 0;
  if (v < 0) v = 0;
  do {
    buf[n++] = static_cast<char>('0' + v % 10);
    v /= 10;
  } while (v > 0 && n < 20);
  for (int i = n; i < width; ++i) out += '0';
  while (n > 0) out += buf[--n];
}

void put_zone(std::string& out, std::int32_t minutes, bool colon) {
  out += minutes < 0 ? '-' : '+';
  if (minutes < 0) minutes = -minutes;
  put_padded(out, minutes / 60, 2);
  if (colon) out += ':';
  put_padded(out, minutes % 60, 2);
}

// Seconds, clamped to the years 0-9999 so that no formatter meets more digits than it has places for.
struct Clock {
  CivilDate date;
  std::int64_t days, hour, minute, second;
};
Clock clock_at(std::int64_t seconds, std::int32_t zone) {
  constexpr std::int64_t kLow = -62'167'219'200, kHigh = 253'402'300'799;
  seconds = std::min(std::max(seconds, kLow), kHigh) + std::int64_t{zone} * 60;
  seconds = std::min(std::max(seconds, kLow), kHigh);
  std::int64_t days = seconds / kDay, rest = seconds % kDay;
  if (rest < 0) {
    rest += kDay;
    --days;
  }
  return {civil_from_days(days), days, rest / 3600, rest / 60 % 60, rest % 60};
}

void put_time(std::string& out, const Clock& c) {
  put_padded(out, c.hour, 2);
  out += ':';
  put_padded(out, c.minute, 2);
  out += ':';
  put_padded(out, c.second, 2);
}

std::string_view month_name(std::uint32_t m) {
  return kMonths[m - 1];
}

// `n` digits at the front of `s`, taken off; nothing when there are others.
std::optional<int> take_digits(std::string_view& s, std::size_t n) {
  if (s.size() < n) return std::nullopt;
  int v = 0;
  for (char c : s.substr(0, n)) {
    if (!base::is_digit(c)) return std::nullopt;
    v = v * 10 + (c - '0');
  }
  s.remove_prefix(n);
  return v;
}

bool take(std::string_view& s, char c) {
  if (s.empty() || s[0] != c) return false;
  s.remove_prefix(1);
  return true;
}

std::optional<std::uint32_t> take_month(std::string_view& s) {
  for (std::size_t m = 0; m < 12; ++m)
    if (s.size() >= 3 && base::iequals(s.substr(0, 3), kMonths[m])) {
      s.remove_prefix(3);
      return static_cast<std::uint32_t>(m + 1);
    }
  return std::nullopt;
}

struct Time {
  int hour, minute, second;
};
std::optional<Time> take_time(std::string_view& s) {
  auto h = take_digits(s, 2);
  if (!h || !take(s, ':')) return std::nullopt;
  auto m = take_digits(s, 2);
  if (!m || !take(s, ':')) return std::nullopt;
  auto sec = take_digits(s, 2);
  if (!sec || *h > 23 || *m > 59 || *sec > 60) return std::nullopt;
  return Time{*h, *m, *sec};
}

DateTime at(const CivilDate& d, const Time& t, std::int32_t zone) {
  return {days_from_civil(d) * kDay + t.hour * 3600 + t.minute * 60 + t.second - std::int64_t{zone} * 60,
          zone};
}

}  // namespace

std::int64_t days_from_civil(const CivilDate& d) {
  std::int64_t y = d.year - (d.month <= 2 ? 1 : 0);
  std::int64_t era = (y >= 0 ? y : y - 399) / 400;
  std::int64_t year_of_era = y - era * 400;
  std::int64_t day_of_year = (153 * (std::int64_t{d.month} + (d.month > 2 ? -3 : 9)) + 2) / 5 + d.day - 1;
  return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468;
}

CivilDate civil_from_days(std::int64_t days) {
  days += 719'468;
  std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  std::int64_t doe = days - era * 146'097;
  std::int64_t yoe = (doe - doe / 1460 + doe / 36'524 - doe / 146'096) / 365;
  std::int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  std::int64_t mp = (5 * doy + 2) / 153;
  auto day = static_cast<std::uint32_t>(doy - (153 * mp + 2) / 5 + 1);
  auto month = static_cast<std::uint32_t>(mp < 10 ? mp + 3 : mp - 9);
  return {static_cast<std::int32_t>(yoe + era * 400 + (month <= 2 ? 1 : 0)), month, day};
}

bool valid_civil(const CivilDate& d) {
  static constexpr std::array<std::uint32_t, 12> kLength = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (d.year < 0 || d.year > 9999 || d.month < 1 || d.month > 12 || d.day < 1) return false;
  bool leap = (d.year % 4 == 0 && d.year % 100 != 0) || d.year % 400 == 0;
  return d.day <= kLength[d.month - 1] + (leap && d.month == 2 ? 1 : 0);
}

CivilDate civil_at(std::int64_t seconds, std::int32_t zone) {
  return clock_at(seconds, zone).date;
}

std::string format_date(const DateTime& t) {
  Clock c = clock_at(t.seconds, t.zone_minutes);
  std::string out(kDays[static_cast<std::size_t>((c.days % 7 + 7) % 7)]);
  out += ", ";
  out += std::to_string(c.date.day);
  out += ' ';
  out += month_name(c.date.month);
  out += ' ';
  put_padded(out, c.date.year, 4);
  out += ' ';
  put_time(out, c);
  out += ' ';
  put_zone(out, t.zone_minutes, false);
  return out;
}

std::optional<DateTime> parse_imap_datetime(std::string_view s) {
  if (s.size() == 26 && s[0] == ' ') s.remove_prefix(1);
  auto day = take_digits(s, s.size() == 26 ? 2 : 1);
  if (!day || !take(s, '-')) return std::nullopt;
  auto month = take_month(s);
  if (!month || !take(s, '-')) return std::nullopt;
  auto year = take_digits(s, 4);
  if (!year || !take(s, ' ')) return std::nullopt;
  auto time = take_time(s);
  if (!time || !take(s, ' ') || s.size() != 5 || (s[0] != '+' && s[0] != '-')) return std::nullopt;
  bool west = s[0] == '-';
  s.remove_prefix(1);
  auto hours = take_digits(s, 2);
  auto minutes = take_digits(s, 2);
  CivilDate d{*year, *month, static_cast<std::uint32_t>(*day)};
  if (!hours || !minutes || *minutes > 59 || !valid_civil(d)) return std::nullopt;
  std::int32_t zone = *hours * 60 + *minutes;
  return at(d, *time, west ? -zone : zone);
}

std::string format_imap_datetime(const DateTime& t) {
  Clock c = clock_at(t.seconds, t.zone_minutes);
  std::string out = c.date.day < 10 ? " " : "";
  out += format_imap_date(c.date);
  out += ' ';
  put_time(out, c);
  out += ' ';
  put_zone(out, t.zone_minutes, false);
  return out;
}

std::optional<CivilDate> parse_imap_date(std::string_view s) {
  if (s.size() >= 2 && s.front() == '"' && s.back() == '"') s = s.substr(1, s.size() - 2);
  auto day = take_digits(s, s.size() == 11 ? 2 : 1);
  if (!day || !take(s, '-')) return std::nullopt;
  auto month = take_month(s);
  if (!month || !take(s, '-')) return std::nullopt;
  auto year = take_digits(s, 4);
  if (!year || !s.empty()) return std::nullopt;
  CivilDate d{*year, *month, static_cast<std::uint32_t>(*day)};
  if (!valid_civil(d)) return std::nullopt;
  return d;
}

std::string format_imap_date(const CivilDate& d) {
  std::string out = std::to_string(d.day);
  out += '-';
  out += month_name(d.month);
  out += '-';
  put_padded(out, d.year, 4);
  return out;
}

std::optional<DateTime> parse_rfc3339(std::string_view s) {
  auto year = take_digits(s, 4);
  if (!year || !take(s, '-')) return std::nullopt;
  auto month = take_digits(s, 2);
  if (!month || !take(s, '-')) return std::nullopt;
  auto day = take_digits(s, 2);
  if (!day || !take(s, 'T')) return std::nullopt;
  auto time = take_time(s);
  if (!time) return std::nullopt;
  if (take(s, '.')) {
    // RFC 8620 1.4: no fraction when it is zero.
    bool zero = true;
    std::size_t n = 0;
    for (; n < s.size() && base::is_digit(s[n]); ++n) zero = zero && s[n] == '0';
    if (zero || n > 20) return std::nullopt;
    s.remove_prefix(n);
  }
  CivilDate d{*year, static_cast<std::uint32_t>(*month), static_cast<std::uint32_t>(*day)};
  if (!valid_civil(d)) return std::nullopt;
  if (s == "Z") return at(d, *time, 0);
  if (s.size() != 6 || (s[0] != '+' && s[0] != '-')) return std::nullopt;
  bool west = s[0] == '-';
  s.remove_prefix(1);
  auto hours = take_digits(s, 2);
  if (!hours || *hours > 23 || !take(s, ':')) return std::nullopt;
  auto minutes = take_digits(s, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  std::int32_t zone = *hours * 60 + *minutes;
  return at(d, *time, west ? -zone : zone);
}

std::optional<std::int64_t> parse_utc_date(std::string_view s) {
  if (!s.ends_with('Z')) return std::nullopt;
  auto t = parse_rfc3339(s);
  if (!t) return std::nullopt;
  return t->seconds;
}

namespace {

std::string format_3339(std::int64_t seconds, std::int32_t zone) {
  Clock c = clock_at(seconds, zone);
  std::string out;
  put_padded(out, c.date.year, 4);
  out += '-';
  put_padded(out, c.date.month, 2);
  out += '-';
  put_padded(out, c.date.day, 2);
  out += 'T';
  put_time(out, c);
  return out;
}

}  // namespace

std::string format_rfc3339(const DateTime& t) {
  std::int32_t zone = t.zone_minutes;
  if (zone > 1439 || zone < -1439) zone = 0;  // RFC 3339 has no zone of a day or more
  std::string out = format_3339(t.seconds, zone);
  put_zone(out, zone, true);
  return out;
}

std::string format_utc_date(std::int64_t seconds) {
  return format_3339(seconds, 0) + "Z";
}

}  // namespace postern::mime
