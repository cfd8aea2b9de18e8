// Task and TaskGroup: order, values, cancellation, and groups that end while their tasks run.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "io/sync.h"
#include "io/task.h"

namespace postern::io {
namespace {

using Log = std::vector<std::string>;

// Says in the log when it dies.
struct Trace {
  Trace(Log& l, std::string n) : log(&l), name(std::move(n)) {}
  Trace(Trace&& o) noexcept : log(std::exchange(o.log, nullptr)), name(std::move(o.name)) {}
  ~Trace() {
    if (log) log->push_back("~" + name);
  }
  Log* log;
  std::string name;
};

Task<int> number(int n) {
  co_return n;
}
Task<std::unique_ptr<int>> boxed(int n) {
  co_return std::make_unique<int>(n);
}
Task<int> sum(int n) {
  int total = 0;
  for (int i = 1; i <= n; ++i) total += co_await number(i);
  co_return total;
}
Task<> store(int n, int& out) {
  out = co_await sum(n);
}
Task<> keep_box(int& out) {
  auto box = co_await boxed(7);
  out = *box;
}

TEST(Task, GivesValuesThroughManyAwaits) {
  TaskGroup g;
  int out = 0;
  g.spawn(store(50000, out));  // symmetric transfer: the stack does not grow
  EXPECT_EQ(out, 25000 * 50001);
  g.spawn(keep_box(out));
  EXPECT_EQ(out, 7);
  EXPECT_TRUE(g.empty());
}

TEST(Task, IsLazyAndMayBeDroppedUnstarted) {
  int out = 0;
  {
    auto t = store(3, out);
  }
  EXPECT_EQ(out, 0);
}

Task<int> deep(int n) {
  if (n == 0) co_return 0;
  int below = co_await deep(n - 1);
  co_return below + 1;
}
Task<> store_deep(int& out) {
  out = co_await deep(1000);
}
TEST(Task, NestsDeeply) {
  TaskGroup g;
  int out = 0;
  g.spawn(store_deep(out));
  EXPECT_EQ(out, 1000);
}

Task<> wait_inner(Notifier& n, Log& log, std::string name) {
  Trace t(log, name + ".inner");
  co_await n.wait();
  log.push_back(name + " woke");
}
Task<> wait_outer(Notifier& n, Log& log, std::string name) {
  Trace t(log, name);
  co_await wait_inner(n, log, name);
  log.push_back(name + " done");
}

TEST(TaskGroup, CancelDestroysTheWholeChain) {
  Loop loop;
  Log log;
  Notifier n;
  {
    TaskGroup g;
    g.spawn(wait_outer(n, log, "a"));
    EXPECT_EQ(g.size(), 1u);
  }
  EXPECT_EQ(log, (Log{"~a.inner", "~a"}));
  n.notify_all();
  loop.run_once(false);
  EXPECT_EQ(log.size(), 2u);
}

TEST(TaskGroup, CancelAfterWakeUpAndBeforeResumption) {
  Loop loop;
  Log log;
  Notifier n;
  TaskGroup g;
  g.spawn(wait_outer(n, log, "a"));
  n.notify();
  EXPECT_TRUE(has_ready());
  g.cancel();
  EXPECT_FALSE(has_ready());
  loop.run_once(false);
  EXPECT_EQ(log, (Log{"~a.inner", "~a"}));
}

TEST(TaskGroup, ReapsFinishedTasks) {
  Loop loop;
  Log log;
  Notifier n;
  TaskGroup g;
  g.spawn(wait_outer(n, log, "a"));
  n.notify();
  loop.run_once(false);
  EXPECT_EQ(log, (Log{"a woke", "~a.inner", "a done", "~a"}));
  EXPECT_TRUE(g.empty());
}

struct Holder {
  std::unique_ptr<TaskGroup> group = std::make_unique<TaskGroup>();
};

Task<> suicide_inner(Holder& h, Log& log) {
  Trace t(log, "inner");
  h.group.reset();
  log.push_back("still running");
  co_await Loop::current().sleep(0);
  log.push_back("never");
}
Task<> suicide(Holder& h, Log& log, bool wait_first) {
  Trace t(log, "outer");
  if (wait_first) co_await Loop::current().yield();
  co_await suicide_inner(h, log);
  log.push_back("never");
}

TEST(TaskGroup, ATaskMayEndItsOwnGroup) {
  for (bool wait_first : {false, true}) {
    Loop loop;
    Log log;
    Holder h;
    h.group->spawn(suicide(h, log, wait_first));
    for (int i = 0; i < 3; ++i) loop.run_once(false);
    EXPECT_EQ(log, (Log{"still running", "~inner", "~outer"})) << wait_first;
  }
}

Task<> end_group_and_return(Holder& h, Log& log) {
  Trace t(log, "task");
  co_await Loop::current().yield();
  h.group.reset();
}
TEST(TaskGroup, ATaskMayEndItsOwnGroupAsItsLastAct) {
  Loop loop;
  Log log;
  Holder h;
  h.group->spawn(end_group_and_return(h, log));
  loop.run_once(false);
  loop.run_once(false);
  EXPECT_EQ(log, (Log{"~task"}));
  EXPECT_FALSE(has_ready());
}

Task<> spawn_killer(Holder& h, Log& log) {
  Trace t(log, "parent");
  h.group->spawn(suicide(h, log, false));  // the group is gone when this returns
  log.push_back("parent goes on");
  co_await Loop::current().yield();
  log.push_back("never");
}
TEST(TaskGroup, AChildMayEndTheGroupOfItsSpawner) {
  Loop loop;
  Log log;
  Holder h;
  h.group->spawn(spawn_killer(h, log));
  loop.run_once(false);
  EXPECT_EQ(log, (Log{"still running", "~inner", "~outer", "parent goes on", "~parent"}));
}

Task<> await_drained(TaskGroup& g, Log& log) {
  co_await g.drained();
  log.push_back("drained");
}
TEST(TaskGroup, DrainedWaitsForTheLast) {
  Loop loop;
  Log log;
  Notifier a, b;
  TaskGroup g, outer;
  g.spawn(wait_inner(a, log, "a"));
  g.spawn(wait_inner(b, log, "b"));
  outer.spawn(await_drained(g, log));
  a.notify();
  loop.run_once(false);
  loop.run_once(false);
  EXPECT_EQ(log, (Log{"a woke", "~a.inner"}));
  b.notify();
  loop.run_once(false);
  loop.run_once(false);
  EXPECT_EQ(log.back(), "drained");
  outer.spawn(await_drained(g, log));  // nothing to wait for
  EXPECT_EQ(log.size(), 6u);
}

Task<> forever(Notifier& n, int& alive) {
  struct Count {
    explicit Count(int& c) : c(c) { ++c; }
    ~Count() { --c; }
    int& c;
  } count(alive);
  for (;;) co_await n.wait();
}
TEST(TaskGroup, ManyTasksComeAndGo) {
  Loop loop;
  Notifier n;
  int alive = 0;
  {
    TaskGroup g;
    for (int i = 0; i < 10000; ++i) g.spawn(forever(n, alive));
    EXPECT_EQ(alive, 10000);
    n.notify_all();
    loop.run_once(false);
    EXPECT_EQ(alive, 10000);
  }
  EXPECT_EQ(alive, 0);
}

Task<base::Result<std::string>> soon_task(std::string s) {
  co_return std::move(s);
}
Soon<base::Result<std::string>> soon(bool now) {
  if (now) return base::Result<std::string>("now");
  return soon_task("later");
}
Task<> use_soon(Log& log) {
  for (bool now : {true, false}) {
    auto r = co_await soon(now);
    log.push_back(*r);
  }
}
TEST(Soon, IsAValueOrATask) {
  TaskGroup g;
  Log log;
  g.spawn(use_soon(log));
  EXPECT_EQ(log, (Log{"now", "later"}));
}

Task<int> throwing() {
  std::string().at(1);
  co_return 1;
}
Task<> await_throwing() {
  int n = co_await throwing();
  (void)n;
}
TEST(TaskDeath, AnExceptionStopsTheProcess) {
  auto run = [] {
    TaskGroup g;
    g.spawn(await_throwing());
  };
  EXPECT_DEATH(run(), "exception in a coroutine");
}

}  // namespace
}  // namespace postern::io
