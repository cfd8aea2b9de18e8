#include "cmd/indexer/schedule.h"

#include <gtest/gtest.h>

namespace {

using namespace postern::indexer;

TEST(IndexSchedule, WhoseTurnItIs) {
  const Pace pace{.changes = 200, .interval_ms = 900'000};
  Turn t{.modseq = 10, .covered = 10, .changed_at = 5'000};
  EXPECT_EQ(due_at(t, pace), kNever);
  t.modseq = 11;
  EXPECT_EQ(due_at(t, pace), 905'000u);  // few changes wait,
  t.in_use = true;
  EXPECT_EQ(due_at(t, pace), 5'000 + kInUseDelayMs);  // but not while somebody looks,
  t.in_use = false;
  t.modseq = 209;
  EXPECT_EQ(due_at(t, pace), 905'000u);
  t.modseq = 210;
  EXPECT_EQ(due_at(t, pace), 5'000u);  // nor many
  t.not_before = 7'000;
  EXPECT_EQ(due_at(t, pace), 7'000u);
  t.asked = true;
  t.asked_at = 6'000;
  EXPECT_EQ(due_at(t, pace), 7'000u);
  t.not_before = 0;
  t.modseq = t.covered;
  EXPECT_EQ(due_at(t, pace), 6'000u);
  EXPECT_EQ(due_at({.modseq = 2, .covered = 1, .in_use = true}, {.changes = 9, .interval_ms = 10}), 10u);
}

TEST(IndexSchedule, FailuresAreWaitedOutLongerAndLonger) {
  EXPECT_EQ(retry_after(1), kRetryMinMs);
  EXPECT_EQ(retry_after(2), 2 * kRetryMinMs);
  EXPECT_EQ(retry_after(100), kRetryMaxMs);
}

TEST(IndexSchedule, AlarmsWhenWorkWaitsAndNoneIsDone) {
  const std::uint64_t patience = 900'000, now = 10 * patience;
  EXPECT_TRUE(is_stuck(now - patience, now - patience, now, patience));
  EXPECT_FALSE(is_stuck(now - patience + 1, 0, now, patience));  // it has not waited so long,
  EXPECT_FALSE(is_stuck(0, now - patience + 1, now, patience));  // or something else was done,
  EXPECT_FALSE(is_stuck(kNever, 0, now, patience));              // or there is nothing to do
}

TEST(IndexSchedule, AMessageThatTakesTooLong) {
  EXPECT_FALSE(takes_too_long(0, 1'000'000, 60'000));
  EXPECT_FALSE(takes_too_long(1'000, 60'999, 60'000));
  EXPECT_TRUE(takes_too_long(1'000, 61'000, 60'000));
}

// The loop of work.cc on a clock of our own: an hour of mail, a message a second, in an account that somebody has open or not.
struct Hour {
  unsigned runs = 0, flushes = 0;
  std::uint64_t longest_wait = 0;  // from a message to the commit that covers it
};

Hour an_hour(bool in_use, std::uint64_t every_ms) {
  const Pace pace;
  const std::uint64_t sync_interval = 60'000, start = 5'000, end = start + 3'600'000;
  Hour out;
  Turn t{.in_use = in_use};
  std::uint64_t flushed_at = 0, next_mail = start, last_flush = 0;
  bool unflushed = false;
  for (std::uint64_t now = start; now < end;) {
    if (now >= next_mail) {
      if (t.modseq++ == t.covered) t.changed_at = now;
      next_mail += every_ms;
    }
    std::uint64_t flush = flush_at(unflushed, flushed_at, sync_interval), due = due_at(t, pace);
    if (flush <= now) {
      if (last_flush != 0) EXPECT_GE(now - last_flush, sync_interval);
      flushed_at = last_flush = now;
      unflushed = false;
      ++out.flushes;
    } else if (due <= now) {
      out.longest_wait = std::max(out.longest_wait, now - t.changed_at);
      t.covered = t.modseq;
      t.changed_at = now;
      unflushed = true;
      ++out.runs;
    } else {
      now = std::min({next_mail, flush, due});
    }
  }
  return out;
}

TEST(IndexSchedule, HowLongMailWaitsAndHowOftenTheDiskIsWaitedFor) {
  Hour watched = an_hour(true, 1'000);
  EXPECT_LE(watched.longest_wait, 2'000u);
  EXPECT_GT(watched.runs, 1'000u);
  EXPECT_LE(watched.flushes, 61u);  // once a minute, however often it commits
  EXPECT_GE(watched.flushes, 59u);
  Hour busy = an_hour(false, 1'000);
  EXPECT_EQ(busy.runs, 3'600u / 200);  // 200 gathered
  EXPECT_LE(busy.longest_wait, 200'000u);
  EXPECT_LE(busy.flushes, busy.runs);
  Hour quiet = an_hour(false, 300'000);
  EXPECT_EQ(quiet.longest_wait, 900'000u);  // 15 minutes
  EXPECT_LE(quiet.flushes, 4u);
  // Nothing happens: neither a run nor a flush is ever due.
  EXPECT_EQ(due_at({.modseq = 3, .covered = 3}, Pace{}), kNever);
  EXPECT_EQ(flush_at(false, 5'000, 60'000), kNever);
}

}  // namespace
