#include "cmd/indexer/watchdog.h"

#include <unistd.h>

#include "base/log.h"
#include "base/system.h"
#include "cmd/indexer/schedule.h"

namespace postern::indexer {

Watchdog::Watchdog(io::Loop& loop) : since_(std::make_shared<std::atomic<std::uint64_t>>(0)) {
  timer_ = loop.every(1'000, [since = since_] {
    if (!takes_too_long(since->load(), base::monotonic_ms())) return;
    base::log(base::Level::error, "index_message_stuck", {{"seconds", kMaxMessageMs / 1000}, {"next", "restart"}});
    ::_exit(70);
  });
}

void Watchdog::begin() { since_->store(base::monotonic_ms()); }

}  // namespace postern::indexer
