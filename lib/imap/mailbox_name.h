// Mailbox names as clients write them, made into what the store keeps: UTF-8, NFC, components between '/'.
// INBOX in any case is "INBOX".  No name ever becomes a path of the file system; what looks like one is
// refused. Runs in: imapd.  Input: hostile.  RFC 9051 5.1, RFC 3501 5.1.3.  Tests:
// t/unit/imap_mailbox_name.cc
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace postern::imap {

// The canonical name.  `utf8`: the client has enabled IMAP4rev2 or UTF8=ACCEPT, so the name is UTF-8, else it
// is modified UTF-7.  One '/' at the end is taken away when `may_end_in_separator` (CREATE, RFC 9051 6.3.4).
// The error's `what` is fit for a NO response.
base::Result<std::string> parse_mailbox_name(std::string_view wire, bool utf8,
                                             bool may_end_in_separator = false);
// What to send: modified UTF-7 or UTF-8, not yet quoted.  REQUIRES: valid UTF-8.
std::string mailbox_name_to_wire(std::string_view name, bool utf8);

}  // namespace postern::imap
