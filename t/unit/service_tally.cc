// The tally of a service's processes: names counted over all of them, who has room, what is wiped.
#include "service/tally.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <map>
#include <random>
#include <vector>

namespace postern::service {
namespace {

struct Brothers {
  base::Fd memory;
  Brothers() {
    auto made = Tally::make();
    EXPECT_TRUE(made);
    if (made) memory = std::move(*made);
  }
  Tally join(unsigned column) {
    auto t = Tally::join(memory, column);
    EXPECT_TRUE(t) << t.error().what;
    return t ? std::move(*t) : Tally();
  }
};

TEST(Tally, CountsOverAllProcesses) {
  Brothers b;
  Tally one = b.join(0), two = b.join(kTallyColumns - 1);
  auto a = one.mark('a', "192.0.2.1"), again = one.mark('a', "192.0.2.1"), there = two.mark('a', "192.0.2.1");
  auto account = two.mark('u', "192.0.2.1");
  EXPECT_EQ(one.count('a', "192.0.2.1"), 3u);
  EXPECT_EQ(two.count('a', "192.0.2.1"), 3u);
  EXPECT_EQ(one.count('u', "192.0.2.1"), 1u);
  EXPECT_EQ(one.count('a', "192.0.2.2"), 0u);
  again = {};
  Tally::Mark moved = std::move(a);
  EXPECT_EQ(two.count('a', "192.0.2.1"), 2u);
  moved = {};
  there = {};
  EXPECT_EQ(one.count('a', "192.0.2.1"), 0u);
}

TEST(Tally, OneThatEndedIsWiped) {
  Brothers b;
  Tally one = b.join(0);
  one.set_sessions(20, true);
  {
    Tally two = b.join(1);
    two.set_sessions(0, true);
    auto left = two.mark('a', "x");
    EXPECT_FALSE(one.has_room());
    EXPECT_EQ(one.count('a', "x"), 1u);
    Tally::wipe(b.memory, 1);   // as after SIGKILL: the mark did not end
    EXPECT_EQ(one.count('a', "x"), 0u);
    EXPECT_TRUE(one.has_room());
    auto next = b.join(1);
    auto mark = next.mark('a', "x");
    EXPECT_EQ(one.count('a', "x"), 1u);
    auto second = next.mark('a', "x");   // outlives `left`, which takes one away
  }
}

TEST(Tally, WhoHasRoom) {
  Brothers b;
  Tally one = b.join(0), two = b.join(1);
  EXPECT_TRUE(one.has_room());   // the other one takes no connections yet
  two.set_sessions(0, true);
  one.set_sessions(kTallySlack, true);
  EXPECT_TRUE(one.has_room() && two.has_room());
  one.set_sessions(kTallySlack + 1, true);
  EXPECT_FALSE(one.has_room());
  EXPECT_TRUE(two.has_room());
  two.set_sessions(0, false);
  EXPECT_TRUE(one.has_room());
  // Of many, an eighth.
  two.set_sessions(799, true);
  one.set_sessions(899, true);
  EXPECT_TRUE(one.has_room());
  one.set_sessions(900, true);
  EXPECT_FALSE(one.has_room());
}

TEST(Tally, OfAnotherSizeIsRefused) {
  Brothers b;
  EXPECT_FALSE(Tally::join(b.memory, kTallyColumns));
  ASSERT_EQ(::ftruncate(b.memory.get(), 4096), 0);
  auto refused = Tally::join(b.memory, 0);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, base::Fault::corrupt);
}

TEST(Tally, FullCountsNoFurtherNames) {
  Tally t;
  std::vector<Tally::Mark> marks;
  for (unsigned i = 0; i < kTallyFull; ++i) marks.push_back(t.mark('a', std::to_string(i)));
  EXPECT_EQ(t.count('a', std::to_string(kTallyFull - 1)), 1u);
  auto one_more = t.mark('a', "more"), known = t.mark('a', "7");
  EXPECT_EQ(t.count('a', "more"), 0u);
  EXPECT_EQ(t.count('a', "7"), 2u);
  marks.clear();
  EXPECT_EQ(t.count('a', "7"), 1u);
  auto now = t.mark('a', "more");
  EXPECT_EQ(t.count('a', "more"), 1u);
}

// Against a plain map, with the table crowded so that names share places.
TEST(Tally, RandomNames) {
  Tally t;
  std::mt19937 random(11);
  std::multimap<std::string, Tally::Mark> held;
  for (int step = 0; step < 60'000; ++step) {
    std::string name = std::to_string(random() % 4000);
    bool more = held.size() < 2800 ? random() % 3 : random() % 3 == 0;
    if (more) {
      held.emplace(name, t.mark('a', name));
    } else if (auto it = held.lower_bound(name); it != held.end()) {
      held.erase(it);
    }
    if (step % 8 == 0) {
      std::string look = std::to_string(random() % 4000);
      ASSERT_EQ(t.count('a', look), held.count(look)) << look << " at " << step;
    }
  }
}

}  // namespace
}  // namespace postern::service
