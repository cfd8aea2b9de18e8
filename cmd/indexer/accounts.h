// Which accounts there are, and when they change.
#pragma once
#include "cmd/indexer/shared.h"
#include "io/task.h"

namespace postern::indexer {

// Lists the accounts now and every kListIntervalMs: begins to watch new ones, removes the indexes of those that are gone.  Never
// ends.
io::Task<void> keep_accounts(Shared& s);

}  // namespace postern::indexer
