// Pieces of server responses, appended to an output buffer.  RFC 9051 9.
// Runs in: imapd.  Pure.  What is written is legal whatever the value is.  Tests: t/unit/imap_writer.cc
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace postern::imap {

void append_number(std::string& out, std::uint64_t n);
// An atom where `s` is one ("]" allowed), else quoted or a literal.
void append_astring(std::string& out, std::string_view s);
// Quoted where possible, else a literal.  UTF-8 goes into quotes only when `utf8` (IMAP4rev2 or UTF8=ACCEPT
// is on).
void append_string(std::string& out, std::string_view s, bool utf8 = false);
// As append_string(); what a string can't hold as a literal8 (RFC 3516).
void append_value(std::string& out, std::string_view s, bool utf8 = false);
void append_nstring(std::string& out, std::string_view s, bool utf8 = false);  // empty becomes NIL
// A mailbox name as an astring: modified UTF-7, or UTF-8 in quotes when `utf8`.
void append_mailbox(std::string& out, std::string_view name, bool utf8);
// "resp-text" made from any words: no CR, LF, NUL; never empty; a '[' at the front loses its meaning.
// UTF-8 stays only when `utf8` (LANGUAGE or IMAP4rev2 was asked for), else it becomes '?'.
void append_text(std::string& out, std::string_view words, bool utf8 = false);

}  // namespace postern::imap
