// COPY and MOVE into another account, or into a mailbox where not all flags may be set: each message is read and added
// there as one of its own.  No commit spans two accounts: a move adds, durably, and then expunges; a move that was cut
// off between is finished by repeating it, for a message is added once by what it was (account, mailbox, UID).
#pragma once
#include <cstdint>
#include <vector>

#include "cmd/imapd/mailboxes.h"
#include "imap/set.h"

namespace postern::imapd {

// What COPYUID tells: UIDs of both mailboxes in the same order.
struct CopiedPairs {
  std::uint32_t uidvalidity = 0;
  std::vector<std::uint32_t> from, to;
  std::uint64_t found = 0;  // messages that were there to be copied
};

// Is `to` such a destination of what is selected?
bool is_across(const Session& s, const Mailbox& to);
// What was done before a failure is in `pairs`: the caller takes a copy back; messages that were moved stay moved.
io::Task<base::Result<>> copy_across(Session& s, imap::UidSet uids, Mailbox to, bool move, CopiedPairs& pairs);

// Removes these messages for good, in series of commits, and nothing that was not deleted by this.
io::Task<base::Result<>> remove_messages(Session& s, client::Login& login, std::uint32_t mailbox, imap::UidSet uids);

}  // namespace postern::imapd
