// When is an account's turn?  Pure.  Times in monotonic ms.  Tests: t/unit/index_schedule.cc, t/system/test_indexer.py
#pragma once
#include <algorithm>
#include <cstdint>

#include "cmd/indexer/limits.h"

namespace postern::indexer {

struct Pace {
  std::uint64_t changes = 200;             // index.batch
  std::uint64_t interval_ms = 15 * 60'000;  // index.interval
};

// What is known of one account's place in the queue.
struct Turn {
  std::uint64_t modseq = 0;         // the newest commit that was heard of
  std::uint64_t covered = 0;        // by the index
  std::uint64_t changed_at = 0;     // when the first commit was heard of that is not covered
  std::uint64_t not_before = 0;     // after a failure
  bool in_use = false;              // somebody has a session
  bool asked = false;               // by the admin, or nothing is known of the index yet, or a slice of work was left over
  std::uint64_t asked_at = 0;
};

inline constexpr std::uint64_t kNever = UINT64_MAX;

// kNever: there is nothing to do.
inline std::uint64_t due_at(const Turn& t, const Pace& pace) {
  if (t.asked) return std::max(t.not_before, t.asked_at);
  if (t.modseq <= t.covered) return kNever;
  bool full = t.modseq - t.covered >= pace.changes;
  std::uint64_t wait = full ? 0 : t.in_use ? std::min(kInUseDelayMs, pace.interval_ms) : pace.interval_ms;
  return std::max(t.not_before, t.changed_at + wait);
}

// When commits are to be flushed: `interval_ms` (index.sync_interval) after the last time, `flushed_at`, at the earliest; 0: there
// was none.
inline std::uint64_t flush_at(bool unflushed, std::uint64_t flushed_at, std::uint64_t interval_ms) {
  return !unflushed ? kNever : flushed_at == 0 ? 0 : flushed_at + interval_ms;
}

// Work has waited for `patience_ms` (index.alarm), the oldest since `oldest_due`, and none was done meanwhile.
inline bool is_stuck(std::uint64_t oldest_due, std::uint64_t last_progress, std::uint64_t now, std::uint64_t patience_ms) {
  return oldest_due != kNever && oldest_due + patience_ms <= now && last_progress + patience_ms <= now;
}

// One message has been worked on for longer than `limit_ms` (index.message_time).  `began`: 0 for none.
inline bool takes_too_long(std::uint64_t began, std::uint64_t now, std::uint64_t limit_ms) {
  return began != 0 && now >= began + limit_ms;
}

// The next failure of an account is waited out twice as long.
inline std::uint64_t retry_after(std::uint64_t failures) {
  std::uint64_t ms = kRetryMinMs;
  for (std::uint64_t i = 1; i < failures && ms < kRetryMaxMs; ++i) ms *= 2;
  return std::min(ms, kRetryMaxMs);
}

}  // namespace postern::indexer
