// What authd remembers between logins: verified passwords, and failures.
#include <gtest/gtest.h>

#include <string>

#include "auth/cache.h"
#include "auth/throttle.h"

namespace postern::auth {
namespace {

TEST(PasswordCache, KnowsWhatWasVerifiedForTenMinutes) {
  PasswordCache c;
  EXPECT_FALSE(c.knows(1, 1, "secret", 1000));
  c.remember(1, 1, "secret", 1000);
  EXPECT_TRUE(c.knows(1, 1, "secret", 1000));
  EXPECT_TRUE(c.knows(1, 1, "secret", 1000 + kCacheSeconds - 1));
  EXPECT_FALSE(c.knows(1, 1, "secret", 1000 + kCacheSeconds));
  EXPECT_FALSE(c.knows(1, 1, "Secret", 1000));
  EXPECT_FALSE(c.knows(1, 2, "secret", 1000)) << "the password changed since";
  EXPECT_FALSE(c.knows(2, 1, "secret", 1000));
  c.drop(1);
  EXPECT_FALSE(c.knows(1, 1, "secret", 1000));
}

TEST(PasswordCache, IsBounded) {
  PasswordCache c;
  for (std::size_t i = 1; i <= kCachedPerAccount + 1; ++i)
    c.remember(1, 1, std::to_string(i), static_cast<std::int64_t>(i));
  EXPECT_FALSE(c.knows(1, 1, "1", 10)) << "the oldest gave way";
  EXPECT_TRUE(c.knows(1, 1, "2", 10));
  for (std::uint64_t a = 2; a <= kMaxCachedAccounts + 2; ++a) c.remember(a, 1, "x", 20);
  EXPECT_EQ(c.accounts(), kMaxCachedAccounts);
  EXPECT_FALSE(c.knows(1, 1, "2", 20));
  EXPECT_TRUE(c.knows(kMaxCachedAccounts + 2, 1, "x", 20));
}

TEST(PasswordCache, OneAccountLoggingInForeverTakesNoMemory) {
  PasswordCache c;
  for (int i = 0; i < 100'000; ++i) c.remember(1, 1, "secret", i);
  EXPECT_EQ(c.accounts(), 1u);
  EXPECT_TRUE(c.knows(1, 1, "secret", 100'000));
}

constexpr const char* kFar = "192.0.2.1";

TEST(Throttle, DelaysGrowAndAreBounded) {
  Throttle t({});
  std::uint32_t last = 0;
  for (int i = 0; i < 60; ++i) {
    auto d = t.attempt(kFar, "user@example.org", 1000);
    if (i < 3) EXPECT_EQ(d.delay_ms, 0u);
    if (i == 3) EXPECT_EQ(d.delay_ms, 500u);
    EXPECT_GE(d.delay_ms, last);
    EXPECT_FALSE(d.refuse);
    last = d.delay_ms;
  }
  EXPECT_EQ(last, ThrottleOptions{}.max_delay_ms);
  EXPECT_EQ(t.failures(), 60u);
}

TEST(Throttle, TenThousandTriesFromOneNetworkAreRefused) {
  Throttle t({});
  int refused = 0;
  for (int i = 0; i < 10'000; ++i) {
    std::string address = "2001:db8:1:2::" + std::to_string(i % 9999);
    if (t.attempt(address, "user" + std::to_string(i) + "@example.org", 1000).refuse) ++refused;
  }
  EXPECT_EQ(refused, 9'900);
  EXPECT_FALSE(t.attempt("2001:db8:1:3::1", "new@example.org", 1000).refuse) << "another /64";
  EXPECT_FALSE(t.attempt(kFar, "new2@example.org", 1000).refuse);
}

TEST(Throttle, SuccessPaysBackOneTry) {
  Throttle t({});
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(t.attempt(kFar, "user@example.org", 1000).delay_ms, 0u);
    t.success(kFar, "user@example.org", 1000);
  }
  EXPECT_EQ(t.failures(), 0u);
  for (int i = 0; i < 50; ++i) t.attempt(kFar, "a@example.org", 1000);
  t.attempt(kFar, "own@example.org", 1000);
  t.success(kFar, "own@example.org", 1000);
  EXPECT_GT(t.attempt(kFar, "b@example.org", 1000).delay_ms, 0u)
      << "an own account does not wash an address clean";
}

TEST(Throttle, AnAttackedAccountIsSlowedButNotLocked) {
  Throttle t({});
  t.attempt("198.51.100.7", "user@example.org", 1000);
  t.success("198.51.100.7", "user@example.org", 1000);
  for (int i = 0; i < 500; ++i)
    t.attempt("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250), "user@example.org", 1000);
  auto stranger = t.attempt(kFar, "user@example.org", 1000);
  EXPECT_FALSE(stranger.refuse);
  EXPECT_EQ(stranger.delay_ms, ThrottleOptions{}.max_account_delay_ms);
  EXPECT_EQ(t.attempt("198.51.100.7", "user@example.org", 1000).delay_ms, 0u) << "who logged in there before";
}

TEST(Throttle, ForgetsWithTime) {
  Throttle t({});
  for (int i = 0; i < 8; ++i) t.attempt(kFar, "user@example.org", 1000);
  EXPECT_GT(t.attempt(kFar, "user@example.org", 1000).delay_ms, 0u);
  EXPECT_EQ(t.attempt(kFar, "user@example.org", 1000 + 3 * 600'000).delay_ms, 0u);
}

TEST(Throttle, LoopbackIsCountedButSlowedOnlyByOption) {
  ThrottleOptions o;
  Throttle lenient(o);
  for (int i = 0; i < 500; ++i)
    for (const char* a : {"127.0.0.1", "::1", "", "::ffff:127.0.0.1"}) {
      auto d = lenient.attempt(a, "user@example.org", 1000);
      EXPECT_EQ(d.delay_ms, 0u);
      EXPECT_FALSE(d.refuse);
    }
  EXPECT_EQ(lenient.failures(), 2'000u);
  o.slow_loopback = true;
  Throttle strict(o);
  std::uint32_t last = 0;
  for (int i = 0; i < 10; ++i) last = strict.attempt("127.0.0.1", "user@example.org", 1000).delay_ms;
  EXPECT_GT(last, 0u);
}

TEST(Throttle, ATemporaryFaultCostsNothing) {
  Throttle t({});
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(t.attempt(kFar, "user@example.org", 1000).delay_ms, 0u);
    t.undo(kFar, "user@example.org", 1000);
  }
}

TEST(Throttle, SmallTablesHoldTheWorst) {
  ThrottleOptions o;
  o.table_entries = 4;
  Throttle t(o);
  for (int i = 0; i < 200; ++i) t.attempt(kFar, "x", 1000);
  // One try each from a thousand others does not push out the address that failed 200 times.
  for (int i = 0; i < 1000; ++i)
    t.attempt("10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250), "y", 1000);
  EXPECT_TRUE(t.attempt(kFar, "z", 1000).refuse);
}

TEST(Throttle, Networks) {
  EXPECT_EQ(throttle_network("2001:db8::1"), throttle_network("2001:db8::ffff"));
  EXPECT_NE(throttle_network("2001:db8::1"), throttle_network("2001:db8:0:1::1"));
  EXPECT_EQ(throttle_network("::ffff:192.0.2.1"), throttle_network("192.0.2.1"));
  EXPECT_NE(throttle_network("192.0.2.1"), throttle_network("192.0.2.2"));
  EXPECT_EQ(throttle_network("fe80::1%eth0"), throttle_network("fe80::2%eth1"));
  EXPECT_FALSE(is_loopback("192.0.2.1"));
  EXPECT_FALSE(is_loopback("not an address"));
  EXPECT_TRUE(is_loopback("127.9.9.9"));
}

}  // namespace
}  // namespace postern::auth
