#include "cmd/indexer/work.h"

#include <algorithm>

#include "base/log.h"
#include "base/system.h"
#include "cmd/indexer/follow.h"

namespace postern::indexer {

namespace {

constexpr std::uint64_t kLookMs = 60'000;

std::shared_ptr<Account> next(const Shared& s, std::uint64_t& due) {
  std::shared_ptr<Account> best;
  due = kNever;
  for (const auto& [_, a] : s.accounts) {
    std::uint64_t at = due_at(a->turn, s.pace);
    if (at >= due) continue;
    due = at;
    best = a;
  }
  return best;
}

io::Task<void> run(Shared& s, std::shared_ptr<Account> a) {
  s.suspects->enter(a->id);
  auto following = follow(s, *a);
  auto done = co_await std::move(following);
  s.suspects->leave();
  if (done) {
    a->failures = 0;
    a->error.clear();
    a->turn.not_before = 0;
    co_return;
  }
  if (s.stopping || !s.accounts.contains(a->id)) co_return;
  ++s.failed;
  ++a->failures;
  a->error = done.error().what;
  std::uint64_t wait = retry_after(a->failures);
  a->turn.not_before = base::monotonic_ms() + wait;
  base::log(base::Level::error, "index_failed", {{"account", a->id}, {"error", a->error}, {"retry_in", wait / 1000}});
}

}  // namespace

io::Task<void> work(Shared& s) {
  std::uint64_t flushed_at = 0;
  while (!s.stopping) {
    std::uint64_t now = base::monotonic_ms(), due = kNever;
    std::uint64_t sync_at = flush_at(s.writers.unsynced(), flushed_at, s.sync_interval_ms);
    if (sync_at <= now) {
      auto syncing = s.writers.sync_all();
      co_await std::move(syncing);
      flushed_at = now;
      continue;
    }
    auto account = next(s, due);
    if (account && due <= now) {
      auto running = run(s, std::move(account));
      co_await std::move(running);
      continue;
    }
    std::uint64_t until = std::min(due, sync_at);
    co_await s.changed.wait_for(until == kNever ? io::Loop::kForever : until - now);
  }
  auto syncing = s.writers.sync_all();
  co_await std::move(syncing);
  s.stopped.set();
}

io::Task<void> watch_progress(Shared& s) {
  std::uint64_t& alarm = s.daemon.counter("alarm");
  std::uint64_t& waiting = s.daemon.counter("accounts_waiting");
  for (;;) {
    co_await s.loop.sleep(std::min(kLookMs, s.alarm_ms));
    std::uint64_t now = base::monotonic_ms(), oldest = kNever;
    waiting = 0;
    for (const auto& [_, a] : s.accounts) {
      Turn t = a->turn;
      t.not_before = 0;  // waiting for another try is no progress
      std::uint64_t at = due_at(t, s.pace);
      if (at <= now) ++waiting;
      oldest = std::min(oldest, at);
    }
    bool stuck = is_stuck(oldest, s.last_progress, now, s.alarm_ms);
    if (stuck)
      base::log(base::Level::error, "index_no_progress", {{"seconds", (now - s.last_progress) / 1'000}, {"accounts", waiting}});
    alarm = stuck;
  }
}

}  // namespace postern::indexer
