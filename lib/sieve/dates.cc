#include "sieve/dates.h"

#include <fmt/format.h>

namespace postern::sieve {

std::string date_part(const mime::DateTime& t, DatePart part) {
  std::int64_t local = t.seconds + t.zone_minutes * 60;
  std::int64_t day = local >= 0 ? local / 86'400 : -((-local + 86'399) / 86'400);
  auto second = static_cast<std::uint32_t>(local - day * 86'400);
  mime::CivilDate d = mime::civil_from_days(day);
  auto zone = [&t](std::string_view colon) {
    int minutes = t.zone_minutes < 0 ? -t.zone_minutes : t.zone_minutes;
    return fmt::format("{}{:02}{}{:02}", t.zone_minutes < 0 ? '-' : '+', minutes / 60, colon, minutes % 60);
  };
  std::string date = fmt::format("{:04}-{:02}-{:02}", d.year, d.month, d.day);
  std::string time = fmt::format("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
  switch (part) {
    case DatePart::year:
      return fmt::format("{:04}", d.year);
    case DatePart::month:
      return fmt::format("{:02}", d.month);
    case DatePart::day:
      return fmt::format("{:02}", d.day);
    case DatePart::date:
      return date;
    case DatePart::julian:  // the modified Julian day: 0 is 1858-11-17
      return std::to_string(day + 40'587);
    case DatePart::hour:
      return time.substr(0, 2);
    case DatePart::minute:
      return time.substr(3, 2);
    case DatePart::second:
      return time.substr(6, 2);
    case DatePart::time:
      return time;
    case DatePart::iso8601:
      return date + "T" + time + (t.zone_minutes == 0 ? "Z" : zone(":"));
    case DatePart::std11:
      return mime::format_date(t);
    case DatePart::zone:
      return zone("");
    case DatePart::weekday:  // 1970-01-01 was a Thursday
      return std::to_string(((day + 4) % 7 + 7) % 7);
  }
  return "";
}

std::optional<mime::DateTime> date_in(std::string_view raw) {
  auto semicolon = raw.rfind(';');
  return mime::parse_date(semicolon == raw.npos ? raw : raw.substr(semicolon + 1));
}

}  // namespace postern::sieve
