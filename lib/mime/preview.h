// The preview of an email: RFC 8621 4.1.4.
// Runs in: lmtpd, imapd, postern.  Input: hostile.  Pure.
// Tests: t/unit/mime_preview.cc
#pragma once
#include <string>
#include <string_view>

namespace postern::mime {

// `text` is the decoded beginning of a text part as UTF-8.  At most kMaxPreview characters, blanks collapsed,
// quoted lines and their "... wrote:" left out where other text is there.  `html` reduces it first.
std::string make_preview(std::string_view text, bool html);

// From raw bytes: `encoding` and `charset` as the part names them.  The end of `raw` may be cut anywhere.
std::string make_preview_raw(std::string_view raw, std::string_view encoding, std::string_view charset,
                             bool html);

}  // namespace postern::mime
