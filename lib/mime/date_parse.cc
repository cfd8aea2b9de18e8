// parse_date: dates as mail has them, which is not always as RFC 5322 wants them.
#include <array>

#include "base/text.h"
#include "mime/date.h"
#include "mime/header.h"

namespace postern::mime {
namespace {

constexpr std::size_t kMaxText = 128;  // what is left of a date without comments; longer ones are cut

struct Token {
  enum class Kind { end, word, number, punctuation } kind = Kind::end;
  std::string_view text;
  bool blank_before = false;
};

// Words, numbers and single punctuation marks.
class Tokens {
 public:
  explicit Tokens(std::string_view s) : s_(s) { advance(); }
  const Token& peek() const { return now_; }
  Token take() {
    Token t = now_;
    advance();
    return t;
  }
  bool take_if(char c) {
    if (now_.kind != Token::Kind::punctuation || now_.text[0] != c) return false;
    advance();
    return true;
  }
  bool number() const { return now_.kind == Token::Kind::number; }
  bool word() const { return now_.kind == Token::Kind::word; }

 private:
  void advance();
  std::string_view s_;
  Token now_;
};

void Tokens::advance() {
  bool blank = false;
  while (!s_.empty() && (s_[0] == ' ' || s_[0] == '\t' || s_[0] == '"')) {
    s_.remove_prefix(1);
    blank = true;
  }
  if (s_.empty()) {
    now_ = {};
    return;
  }
  std::size_t n = 1;
  Token::Kind kind = Token::Kind::punctuation;
  if (base::is_digit(s_[0])) {
    kind = Token::Kind::number;
    while (n < s_.size() && base::is_digit(s_[n])) ++n;
  } else if (base::is_alpha(s_[0])) {
    kind = Token::Kind::word;
    while (n < s_.size() && base::is_alpha(s_[n])) ++n;
  }
  now_ = {kind, s_.substr(0, n), blank};
  s_.remove_prefix(n);
}

std::optional<std::uint32_t> month_of(std::string_view word) {
  static constexpr std::array<std::string_view, 12> kNames = {
      "january", "february", "march",     "april",   "may",      "june",
      "july",    "august",   "september", "october", "november", "december"};
  if (word.size() < 3) return std::nullopt;
  for (std::size_t m = 0; m < kNames.size(); ++m)
    if (base::istarts_with(word, kNames[m].substr(0, 3))) return static_cast<std::uint32_t>(m + 1);
  return std::nullopt;
}

std::optional<int> small_number(std::string_view digits, std::size_t max_digits) {
  if (digits.empty() || digits.size() > max_digits) return std::nullopt;
  return static_cast<int>(*base::parse_u32(digits));
}

// RFC 5322 4.3: two digits up to 49 are 20xx, others and all three-digit years count from 1900.
std::optional<int> year_of(std::string_view digits) {
  auto y = small_number(digits, 4);
  if (!y) return std::nullopt;
  if (digits.size() == 2) return *y + (*y < 50 ? 2000 : 1900);
  if (digits.size() == 3) return *y + 1900;
  return *y >= 1 && digits.size() == 4 ? y : std::nullopt;
}

struct Parts {
  CivilDate date;
  int hour = 0, minute = 0, second = 0;
  int zone = 0;
};

// ":" or "." separated; the hour was seen to be a number.
bool read_time(Tokens& t, Parts& p) {
  auto hour = small_number(t.take().text, 2);
  if (!hour || !(t.take_if(':') || t.take_if('.')) || !t.number()) return false;
  auto minute = small_number(t.take().text, 2);
  std::optional<int> second = 0;
  if (t.take_if(':') || t.take_if('.')) {
    if (!t.number()) return false;
    second = small_number(t.take().text, 2);
    if ((t.take_if('.') || t.take_if(',')) && t.number()) t.take();
  }
  if (!minute || !second || *hour > 23 || *minute > 59 || *second > 60) return false;
  p.hour = *hour;
  p.minute = *minute;
  p.second = *second;
  if (t.word() && t.peek().text.size() == 2 && base::ascii_lower(t.peek().text[1]) == 'm' && *hour <= 12) {
    char half = base::ascii_lower(t.peek().text[0]);
    if (half == 'a' || half == 'p') {
      p.hour = *hour % 12 + (half == 'p' ? 12 : 0);
      t.take();
    }
  }
  return true;
}

std::optional<int> named_zone(std::string_view name) {
  struct Row {
    std::string_view name;
    int hours;
  };
  static constexpr Row kRows[] = {{"est", -5}, {"edt", -4}, {"cst", -6}, {"cdt", -5},
                                  {"mst", -7}, {"mdt", -6}, {"pst", -8}, {"pdt", -7}};
  for (const auto& r : kRows)
    if (base::iequals(r.name, name)) return r.hours * 60;
  if (base::iequals(name, "gmt") || base::iequals(name, "utc") || base::iequals(name, "ut")) return 0;
  return std::nullopt;
}

// The digits after a sign: hhmm, hh:mm, hmm, hh or h.  Impossible ones count as UTC.
int offset_of(Tokens& t) {
  std::string_view d = t.take().text;
  auto n = small_number(d, 4);
  if (!n) return 0;
  int hours = d.size() <= 2 ? *n : *n / 100, minutes = d.size() <= 2 ? 0 : *n % 100;
  if (d.size() <= 2 && t.take_if(':') && t.number()) minutes = small_number(t.take().text, 2).value_or(60);
  return hours > 23 || minutes > 59 ? 0 : hours * 60 + minutes;
}

// A zone when there is one; RFC 5322 4.3 takes unknown names, and the single letters that were once
// misdefined, as UTC.
void read_zone(Tokens& t, Parts& p) {
  if (t.word()) p.zone = named_zone(t.take().text).value_or(0);
  bool minus = t.take_if('-');
  if ((minus || t.take_if('+')) && t.number()) {
    int offset = offset_of(t);
    p.zone = minus ? -offset : offset;
  }
}

// 1996-07-17T02:44:25-07:00 and its relatives; the year was taken.
bool read_iso(Tokens& t, std::string_view year, Parts& p) {
  auto y = year_of(year);
  if (!y || !t.number()) return false;
  auto month = small_number(t.take().text, 2);
  if (!(t.take_if('-') || t.take_if('/')) || !t.number()) return false;
  auto day = small_number(t.take().text, 2);
  if (!month || !day) return false;
  p.date = {*y, static_cast<std::uint32_t>(*month), static_cast<std::uint32_t>(*day)};
  if (t.word() && base::iequals(t.peek().text, "t")) t.take();
  if (!t.number()) return true;
  if (!read_time(t, p)) return false;
  read_zone(t, p);
  return true;
}

// 17 Jul 1996 02:44:25 -0700, with "-" or "/" or nothing between; the day was taken.
bool read_rfc(Tokens& t, std::string_view day, Parts& p) {
  if (t.word() && !month_of(t.peek().text) && t.peek().text.size() == 2) t.take();  // "17th"
  while (t.take_if('-') || t.take_if('/') || t.take_if('.') || t.take_if(',')) {
  }
  if (!t.word()) return false;
  auto month = month_of(t.take().text);
  while (t.take_if('-') || t.take_if('/') || t.take_if('.') || t.take_if(',')) {
  }
  if (!t.number()) return false;
  auto year = year_of(t.take().text);
  auto d = small_number(day, 2);
  if (!d || !month || !year) return false;
  p.date = {*year, *month, static_cast<std::uint32_t>(*d)};
  while (t.take_if(',')) {
  }
  if (!t.number()) return true;
  if (!read_time(t, p)) return false;
  read_zone(t, p);
  return true;
}

// Jul 17 02:44:25 PDT 1996, or Jul 17, 1996 02:44; the month was taken.
bool read_asctime(Tokens& t, std::uint32_t month, Parts& p) {
  if (!t.number()) return false;
  auto day = small_number(t.take().text, 2);
  bool comma = t.take_if(',');
  if (!day || !t.number()) return false;
  std::optional<int> year;
  if (comma || t.peek().text.size() == 4) {
    year = year_of(t.take().text);
    if (t.number() && !read_time(t, p)) return false;
    read_zone(t, p);
  } else {
    if (!read_time(t, p)) return false;
    read_zone(t, p);
    if (!t.number()) return false;
    year = year_of(t.take().text);
    if (t.word() || t.peek().kind == Token::Kind::punctuation) read_zone(t, p);
  }
  if (!year) return false;
  p.date = {*year, month, static_cast<std::uint32_t>(*day)};
  return true;
}

bool read_any(Tokens& t, Parts& p) {
  for (int words = 0; words < 3 && t.word(); ++words) {
    auto month = month_of(t.peek().text);
    t.take();
    if (month && t.number()) return read_asctime(t, *month, p);
    while (t.take_if(',') || t.take_if('.')) {
    }
  }
  if (!t.number()) return false;
  Token first = t.take();
  if (first.text.size() == 4 && (t.take_if('-') || t.take_if('/'))) return read_iso(t, first.text, p);
  return read_rfc(t, first.text, p);
}

// `raw` without comments and folds.
std::string bare_text(std::string_view raw) {
  std::string out;
  for (std::size_t at = 0; at < raw.size() && out.size() < kMaxText;) {
    std::size_t next = skip_cfws(raw, at);
    if (next > at) {
      out += ' ';
      at = next;
    } else {
      out += raw[at++];
    }
  }
  return out;
}

}  // namespace

std::optional<DateTime> parse_date(std::string_view raw) {
  std::string text = bare_text(raw);
  Tokens tokens(text);
  Parts p;
  if (!read_any(tokens, p) || !valid_civil(p.date) || p.date.year < 1) return std::nullopt;
  std::int64_t seconds = days_from_civil(p.date) * 86'400 + p.hour * 3600 + p.minute * 60 + p.second;
  return DateTime{seconds - std::int64_t{p.zone} * 60, p.zone};
}

}  // namespace postern::mime
