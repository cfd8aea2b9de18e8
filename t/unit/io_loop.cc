// Loop: timers, posts, signals, descriptors, worker threads; Notifier, Event, Semaphore; Listener under
// EMFILE.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <deque>
#include <thread>

#include "base/system.h"
#include "io/listener.h"
#include "io/loop.h"
#include "io/sync.h"

namespace postern::io {
namespace {

using Order = std::vector<int>;

Task<> sleeper(Loop& loop, std::uint64_t ms, int id, Order& order) {
  co_await loop.sleep(ms);
  order.push_back(id);
}
Task<> until_drained(TaskGroup& g) {
  co_await g.drained();
}

TEST(Loop, ASleeperIsNotWokenEarly) {
  Loop loop;
  Order order;
  auto start = base::monotonic_ms();
  loop.run(sleeper(loop, 25, 1, order));
  EXPECT_EQ(order, (Order{1}));
  EXPECT_GE(base::monotonic_ms() - start, 25u);
}

// Absolute deadlines, so that a slow machine changes nothing.
struct Alarm : TimerNode {
  Alarm(Loop& loop, Order& o, int i)
      : TimerNode(loop,
                  [](TimerNode& n) {
                    auto& self = static_cast<Alarm&>(n);
                    self.order.push_back(self.id);
                  }),
        order(o),
        id(i) {}
  Order& order;
  int id;
};

TEST(Loop, TimersFireInOrderWhateverIsSetMovedAndCancelled) {
  Loop loop;
  Order order;
  auto now = base::monotonic_ms();
  std::deque<Alarm> alarms;
  for (int i = 0; i < 5000; ++i) {
    int id = i * 7919 % 5000;
    alarms.emplace_back(loop, order, id).set_at(now + 1000000 + static_cast<std::uint64_t>(i));
    alarms.back().set_at(now - 10000 + static_cast<std::uint64_t>(id));  // moved to where it is due
  }
  for (int i = 0; i < 5000; i += 3) alarms[static_cast<std::size_t>(i)].cancel();
  for (int i = 1; i < 5000; i += 3) alarms[static_cast<std::size_t>(i)].set_at(now + 1000000);
  loop.run_once(false);
  EXPECT_EQ(order.size(), 1666u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(Loop, ManySleepersAreCancelled) {
  Loop loop;
  Order order;
  TaskGroup far;
  for (int i = 0; i < 100000; ++i)
    far.spawn(sleeper(loop, 1000000 + static_cast<std::uint64_t>(i * 7919 % 5000), 0, order));
  loop.run_once(false);
  far.cancel();
  loop.run_once(false);
  EXPECT_TRUE(order.empty());
}

TEST(Loop, TimersRepeatAndMayEndThemselves) {
  Loop loop;
  int ticks = 0;
  Timer timer;
  timer = loop.every(1, [&] {
    if (++ticks == 3) timer.reset();
  });
  Timer never = loop.after(1, [&] { ticks += 100; });
  never.reset();
  Timer stop = loop.after(20, [&] { loop.stop(); });
  loop.run();
  EXPECT_EQ(ticks, 3);
}

TEST(Loop, PostsFromThreadsRunHereInOrder) {
  Loop loop;
  Order order;
  auto here = std::this_thread::get_id();
  std::thread t([&] {
    for (int i = 0; i < 1000; ++i)
      loop.post([&, i] {
        EXPECT_EQ(std::this_thread::get_id(), here);
        order.push_back(i);
      });
    loop.post([&] { loop.stop(); });
  });
  loop.run();
  t.join();
  EXPECT_EQ(order.size(), 1000u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(Loop, SignalsAreDeliveredInTheLoop) {
  Loop loop;
  int got = 0;
  loop.on_signal(SIGUSR1, [&] {
    ++got;
    loop.on_signal(SIGUSR1, [&] { loop.stop(); });
    ::kill(::getpid(), SIGUSR1);
  });
  ::kill(::getpid(), SIGUSR1);
  EXPECT_EQ(got, 0);
  loop.run();
  EXPECT_EQ(got, 1);
}

struct Pair {
  Pair() {
    int fds[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    a.reset(fds[0]);
    b.reset(fds[1]);
  }
  base::Fd a, b;
};

Task<> ready(Loop& loop, int fd, bool write, std::uint64_t ms, Order& out) {
  bool r = write ? co_await loop.writable(fd, ms) : co_await loop.readable(fd, ms);
  out.push_back(r);
}

TEST(Loop, ReadableAndWritableWithTimeLimits) {
  Loop loop;
  Pair p;
  Order out;
  loop.run(ready(loop, p.a.get(), true, Loop::kForever, out));
  loop.run(ready(loop, p.a.get(), false, 5, out));
  ASSERT_EQ(::write(p.b.get(), "x", 1), 1);
  loop.run(ready(loop, p.a.get(), false, 1000, out));
  p.b.reset();
  loop.run(ready(loop, p.a.get(), false, Loop::kForever, out));
  EXPECT_EQ(out, (Order{1, 0, 1, 1}));
}

TEST(Loop, APlainFileIsAlwaysReady) {
  Loop loop;
  auto fd = base::open_spool("/tmp");
  ASSERT_TRUE(fd);
  Order out;
  loop.run(ready(loop, fd->get(), false, 1000, out));
  EXPECT_EQ(out, (Order{1}));
}

TEST(Loop, CancelledWaitsLeaveNothingBehind) {
  Loop loop;
  Pair p;
  Order out;
  {
    TaskGroup g;
    g.spawn(ready(loop, p.a.get(), false, Loop::kForever, out));
    g.spawn(ready(loop, p.a.get(), false, 1, out));
    loop.run_once(false);
  }
  ASSERT_EQ(::write(p.b.get(), "x", 1), 1);
  for (int i = 0; i < 3; ++i) loop.run_once(false);
  EXPECT_TRUE(out.empty());
}

struct Captured {
  explicit Captured(std::atomic<int>& g) : gone(&g) {}
  Captured(Captured&& o) noexcept : gone(std::exchange(o.gone, nullptr)) {}
  ~Captured() {
    if (gone) ++*gone;
  }
  std::atomic<int>* gone;
};

Task<> block(Loop& loop, std::atomic<int>& step, std::atomic<int>& gone, std::thread::id& where, int& out) {
  Captured c(gone);
  out = co_await loop.blocking([&step, &where, c = std::move(c)] {
    where = std::this_thread::get_id();
    step = 1;
    while (step != 2) std::this_thread::yield();
    return 42;
  });
}

TEST(Loop, BlockingRunsElsewhereAndComesBack) {
  Loop loop;
  std::atomic<int> step{0}, gone{0};
  std::thread::id where;
  int out = 0;
  Timer go = loop.every(1, [&] {
    if (step == 1) step = 2;
  });
  loop.run(block(loop, step, gone, where, out));
  EXPECT_EQ(out, 42);
  EXPECT_NE(where, std::this_thread::get_id());
  EXPECT_EQ(gone, 1);
}

TEST(Loop, ACancelledBlockingJobKeepsItsStateUntilItEnds) {
  std::atomic<int> step{0}, gone{0};
  std::thread::id where;
  int out = 0;
  {
    Loop loop;
    {
      TaskGroup g;
      g.spawn(block(loop, step, gone, where, out));
      while (step != 1) std::this_thread::yield();
    }
    EXPECT_EQ(gone, 0);
    step = 2;
    while (gone == 0) loop.run_once(true);
  }
  EXPECT_EQ(out, 0);
  EXPECT_EQ(gone, 1);
}

TEST(Loop, TheLoopWaitsForRunningJobsAndDropsTheOthers) {
  std::atomic<int> step{0}, gone{0}, unstarted_gone{0}, ignored{2};
  std::thread::id where;
  int out = 0;
  std::thread releaser;
  {
    Loop loop({.workers = 1});
    TaskGroup g;
    g.spawn(block(loop, step, gone, where, out));
    while (step != 1) std::this_thread::yield();
    g.spawn(block(loop, ignored, unstarted_gone, where, out));
    g.cancel();
    releaser = std::thread([&] { step = 2; });
  }
  releaser.join();
  EXPECT_EQ(gone, 1);
  EXPECT_EQ(unstarted_gone, 1);
}

Task<> signal_waiter(Notifier& n, std::uint64_t ms, int id, Order& out) {
  bool got = co_await n.wait_for(ms);
  out.push_back(got ? id : -id);
}

TEST(Notifier, OneForOneAndKeptForLater) {
  Loop loop;
  Notifier n;
  Order out;
  TaskGroup g;
  n.notify();
  n.notify();
  g.spawn(signal_waiter(n, Loop::kForever, 1, out));
  g.spawn(signal_waiter(n, Loop::kForever, 2, out));
  g.spawn(signal_waiter(n, 1, 3, out));
  EXPECT_EQ(out, (Order{1}));
  n.notify();
  EXPECT_EQ(out.size(), 1u) << "resumed inside notify()";
  loop.run(until_drained(g));
  EXPECT_EQ(out, (Order{1, 2, -3}));
}

Task<> event_waiter(Event& e, int id, Order& out) {
  co_await e.wait();
  out.push_back(id);
}
TEST(Event, StaysSet) {
  Loop loop;
  Event e;
  Order out;
  TaskGroup g;
  g.spawn(event_waiter(e, 1, out));
  g.spawn(event_waiter(e, 2, out));
  e.set();
  loop.run(until_drained(g));
  g.spawn(event_waiter(e, 3, out));
  EXPECT_EQ(out, (Order{1, 2, 3}));
  e.reset();
  g.spawn(event_waiter(e, 4, out));
  EXPECT_EQ(out.size(), 3u);
}

Task<> limited(Semaphore& s, Notifier& go, int& inside, int& most) {
  auto permit = co_await s.acquire();
  most = std::max(most, ++inside);
  co_await go.wait();
  --inside;
}
TEST(Semaphore, LimitsAndPassesOnWhatACancelledWaiterGot) {
  Loop loop;
  Semaphore s(2);
  Notifier go;
  int inside = 0, most = 0;
  TaskGroup g;
  for (int i = 0; i < 3; ++i) g.spawn(limited(s, go, inside, most));
  EXPECT_EQ(inside, 2);
  {
    TaskGroup doomed;
    doomed.spawn(limited(s, go, inside, most));
    go.notify();
    loop.run_once(false);  // the first leaves, the third is let in
    go.notify();
    loop.run_once(false);  // the doomed one gets its permit, but never runs
  }
  while (!g.empty()) {
    go.notify();
    loop.run_once(false);
  }
  EXPECT_EQ(most, 2);
  EXPECT_EQ(s.free(), 2u);
}

Task<> accept_one(Listener& l, base::Fd& out) {
  auto fd = co_await l.accept();
  if (fd) out = std::move(*fd);
}
Task<> connect_one(Loop& loop, std::string ip, std::uint16_t port, base::Fd& out) {
  auto fd = co_await connect_tcp(loop, ip, port, 2000);
  if (fd) out = std::move(*fd);
}

TEST(Listener, AcceptsOverIpv4Ipv6AndUnix) {
  Loop loop;
  for (const char* ip : {"127.0.0.1", "::1"}) {
    auto fd = listen_tcp(ip, 0);
    if (!fd && std::string(ip) == "::1") continue;  // a machine without IPv6
    ASSERT_TRUE(fd) << fd.error().what;
    auto port = bound_port(fd->get());
    Listener l(loop, std::move(*fd));
    base::Fd a, b;
    TaskGroup g;
    g.spawn(accept_one(l, a));
    g.spawn(connect_one(loop, ip, port, b));
    loop.run(until_drained(g));
    EXPECT_TRUE(a && b) << ip;
  }
  EXPECT_FALSE(listen_tcp("localhost", 0));
}

TEST(Listener, BacksOffWithoutDescriptorsAndRecovers) {
  Loop loop;
  auto fd = listen_tcp("127.0.0.1", 0);
  ASSERT_TRUE(fd);
  auto port = bound_port(fd->get());
  Listener l(loop, std::move(*fd));
  base::Fd client, served;
  loop.run(connect_one(loop, "127.0.0.1", port, client));
  ASSERT_TRUE(client);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  base::Fd probe(::dup(0));
  rlimit none{static_cast<rlim_t>(probe.get()), before.rlim_max};
  probe.reset();
  ::setrlimit(RLIMIT_NOFILE, &none);
  TaskGroup g;
  g.spawn(accept_one(l, served));
  int turns = 0;
  bool over = false;
  Timer end = loop.after(3 * kAcceptBackoffMs + kAcceptBackoffMs / 2, [&] { over = true; });
  while (!over) {
    loop.run_once(true);
    ++turns;
  }
  EXPECT_FALSE(served);
  EXPECT_LT(turns, 50) << "spinning";
  ::setrlimit(RLIMIT_NOFILE, &before);
  loop.run(until_drained(g));
  EXPECT_TRUE(served);
}

}  // namespace
}  // namespace postern::io
