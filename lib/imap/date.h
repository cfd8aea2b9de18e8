// Dates in commands and answers; the grammar is mime/date.h's.  RFC 9051 9: date, date-time.
// Runs in: imapd.  Input: hostile.  Tests: t/unit/imap_args.cc
#pragma once
#include <cstdint>
#include <string>

namespace postern::imap {

class Lexer;

// Days since 1970-01-01 of a date with or without quotes.
std::int32_t parse_date(Lexer& in);
// Unix seconds of a quoted date-time.
std::int64_t parse_date_time(Lexer& in);
// "17-Jul-1996 02:44:25 +0000" in quotes.
void append_date_time(std::string& out, std::int64_t seconds);

}  // namespace postern::imap
