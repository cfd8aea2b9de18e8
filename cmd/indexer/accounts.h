// Which accounts there are, and when they change.
#pragma once
#include "cmd/indexer/shared.h"
#include "io/task.h"

namespace postern::indexer {

// Begins to watch accounts that are new, removes the indexes of those that are gone.
io::Task<base::Result<>> look_for_accounts(Shared& s);
// The same now and every kListIntervalMs; accounts that somebody opens meanwhile are looked at as they are heard of.  Never ends.
io::Task<void> keep_accounts(Shared& s);
// Indexes that searchd finds damaged get their turn as it says so.  Never ends.
io::Task<void> watch_damage(Shared& s);

}  // namespace postern::indexer
