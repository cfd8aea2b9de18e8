// ENVELOPE, BODY and BODYSTRUCTURE as IMAP sends them, ready to be copied into a FETCH response.
// Runs in: lmtpd, imapd, postern.  Input: hostile.  Pure, linear; output at most kMaxImapString, past it
// lists are cut at an item or strings become NIL, so that it always parses.  Strings are NIL, quoted, or
// literals ({n}CRLF) where a quoted string can't hold them (bytes over 0x7f); RFC 2047 words stay as they
// are.  RFC 9051 7.5.2.
// Tests: t/unit/mime_imap_format.cc
#pragma once
#include <string>
#include <string_view>

#include "mime/structure.h"

namespace postern::mime {

// `("date" "subject" ((from)) ((sender)) ((reply-to)) ((to)) ((cc)) ((bcc)) "in-reply-to" "message-id")`
std::string envelope(std::string_view header_block);
// With extension data, RFC 9051's BODYSTRUCTURE.  Needs Part::header of nested messages, so it is made from a
// parse, not from a stored Structure; Summary keeps the result.
std::string bodystructure(const Structure& s);
// Without extension data: FETCH BODY.
std::string body(const Structure& s);

// `s` as an IMAP nstring: quoted where possible, else a literal; CR, LF and NUL become blanks.  Appends.
void put_imap_string(std::string& out, std::string_view s);
// As above, NIL when `s` is empty.
void put_imap_nstring(std::string& out, std::string_view s);

}  // namespace postern::mime
