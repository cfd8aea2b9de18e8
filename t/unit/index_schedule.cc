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
  const std::uint64_t now = 10 * kAlarmMs;
  EXPECT_TRUE(is_stuck(now - kAlarmMs, now - kAlarmMs, now));
  EXPECT_FALSE(is_stuck(now - kAlarmMs + 1, 0, now));  // it has not waited so long,
  EXPECT_FALSE(is_stuck(0, now - kAlarmMs + 1, now));  // or something else was done,
  EXPECT_FALSE(is_stuck(kNever, 0, now));              // or there is nothing to do
}

TEST(IndexSchedule, AMessageThatTakesTooLong) {
  EXPECT_FALSE(takes_too_long(0, 10 * kMaxMessageMs));
  EXPECT_FALSE(takes_too_long(1'000, 1'000 + kMaxMessageMs - 1));
  EXPECT_TRUE(takes_too_long(1'000, 1'000 + kMaxMessageMs));
}

}  // namespace
