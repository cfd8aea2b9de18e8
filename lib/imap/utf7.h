// Modified UTF-7 of mailbox names (RFC 3501 5.1.3) to UTF-8 and back.  Strict both ways: one name has one
// spelling. Runs in: imapd.  Input: hostile.  Linear.  Tests: t/unit/imap_utf7.cc, t/fuzz/imap_utf7.cc
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace postern::imap {

// Nothing for bytes outside 0x20-0x7e, a shift that does not end, bits left over, printable ASCII in base64,
// a null shift after a shift, and surrogates without partner.
std::optional<std::string> utf7_to_utf8(std::string_view s);
// REQUIRES: valid UTF-8.
std::string utf8_to_utf7(std::string_view s);

}  // namespace postern::imap
