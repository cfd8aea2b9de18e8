#include "cmd/indexer/watchdog.h"

#include <unistd.h>

#include "base/log.h"
#include "base/system.h"
#include "cmd/indexer/schedule.h"

namespace postern::indexer {

namespace {
constexpr std::uint64_t kLookMs = 1'000;
}

io::Timer Watchdog::watch() {
  return loop_.every(kLookMs, [state = state_] {
    if (!takes_too_long(state->since, base::monotonic_ms(), state->limit_ms)) return;
    base::log(base::Level::error, "index_message_stuck", {{"seconds", state->limit_ms / 1000}, {"next", "restart"}});
    ::_exit(70);
  });
}

void Watchdog::begin() { state_->since = base::monotonic_ms(); }

}  // namespace postern::indexer
