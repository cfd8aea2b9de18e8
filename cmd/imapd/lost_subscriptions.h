// Subscriptions of names that have no mailbox any more: a server must not take a name from the list by itself (RFC 3501
// 6.3.6), and a mailbox of that name that is made again is subscribed.  Of the user's own names; each is an annotation of
// his account that no protocol passes on.
#pragma once
#include <string>
#include <vector>

#include "cmd/imapd/session.h"

namespace postern::imapd {

// In any order.  A mailbox of such a name may be there again.
io::Task<base::Result<std::vector<std::string>>> lost_subscriptions(Session& s);
// Keeps the name, or forgets it, which is no error when it was not kept.  `name` is canonical.  LIMIT.
io::Task<base::Result<>> keep_subscription(Session& s, std::string name, bool on);

}  // namespace postern::imapd
