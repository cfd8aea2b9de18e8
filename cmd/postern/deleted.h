// What was deleted and can still be had, for `deleted list` and `undelete`.
#pragma once
#include <vector>

#include "cmd/postern/mailboxes.h"

namespace postern::cli {

struct DeletedFilter {
  std::int64_t since = 0;      // unix seconds
  std::uint32_t mailbox = 0;   // only the mail of this deleted or living mailbox; 0 = all
};
// Of one account: first the mailboxes, then the emails in the order in which they went.
base::Result<std::vector<stored::DeletedThing>> deleted_things(Context& c, const Mailboxes& boxes,
                                                               const DeletedFilter& filter);
// The id as it is printed: "m5-3", "e5-a3", "a5".
std::string id_text(const stored::DeletedThing& thing, std::uint64_t account);

}  // namespace postern::cli
