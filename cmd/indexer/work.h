// The order of work: whose turn it is, when what was written gets to the disk, and an alarm when nothing goes on.
#pragma once
#include "cmd/indexer/shared.h"
#include "io/task.h"

namespace postern::indexer {

// Works until s.stopping; sets s.stopped.  Sleeps while there is nothing to do.
io::Task<void> work(Shared& s);

// Work waits and none was done for index.alarm: an error in the log, and counter "alarm", which `postern status` looks at.
// Never ends.
io::Task<void> watch_progress(Shared& s);

}  // namespace postern::indexer
