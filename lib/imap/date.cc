#include "imap/date.h"

#include "imap/lexer.h"
#include "mime/date.h"

namespace postern::imap {

std::int32_t parse_date(Lexer& in) {
  std::string text = in.peek() == '"' ? in.string() : std::string(in.atom());
  auto date = mime::parse_imap_date(text);
  if (!date) {
    in.fail("bad date");
    return 0;
  }
  return static_cast<std::int32_t>(mime::days_from_civil(*date));
}

std::int64_t parse_date_time(Lexer& in) {
  auto t = mime::parse_imap_datetime(in.string());
  if (!t) {
    in.fail("bad date and time");
    return 0;
  }
  return t->seconds;
}

void append_date_time(std::string& out, std::int64_t seconds) {
  out += '"';
  out += mime::format_imap_datetime({seconds, 0});
  out += '"';
}

}  // namespace postern::imap
