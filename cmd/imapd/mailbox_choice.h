// The mailboxes that NOTIFY and ESEARCH name.  RFC 5465 6, RFC 7377 2.2.
#pragma once
#include <set>

#include "cmd/imapd/mailboxes.h"
#include "imap/mailbox_filter.h"

namespace postern::imapd {

// A filter-mailboxes whose names are canonical; names that no mailbox can have are left out.
struct MailboxChoice {
  imap::MailboxFilter::Kind kind = imap::MailboxFilter::Kind::personal;
  std::set<std::string, std::less<>> names;
  std::uint64_t home = 0;  // the user's own account: what others share is not personal (RFC 5465 6)
  // Is it one of them?  "selected" is none: that is not a matter of names.
  bool has(const Mailbox& m) const;
};
MailboxChoice choose(const Session& s, const imap::MailboxFilter& filter);

}  // namespace postern::imapd
