// Shapes of coroutine code that compilers have got wrong: each object built in the arguments of a co_await
// must be destroyed exactly once.  g++ 12 fails several of these; they are the reason why Postern is built
// with clang.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "io/loop.h"
#include "io/task.h"

namespace postern::io {
namespace {

int g_made = 0, g_gone = 0;  // of this test program only

struct Counted {
  Counted() { ++g_made; }
  explicit Counted(std::string s) : text(std::move(s)) { ++g_made; }
  Counted(const Counted& o) : text(o.text) { ++g_made; }
  Counted(Counted&& o) noexcept : text(std::move(o.text)) { ++g_made; }
  Counted& operator=(const Counted&) = default;
  Counted& operator=(Counted&&) noexcept = default;
  ~Counted() {
    ++g_gone;
    EXPECT_EQ(alive, 0x600d) << "destroyed twice";
    alive = 0;
  }
  std::string text = "a text that is too long for the small string buffer";
  int alive = 0x600d;
};

struct Braced {
  Counted first;
  std::vector<Counted> more;
  int n = 0;
};

Task<std::size_t> by_value(Counted c) {
  co_await Loop::current().yield();
  co_return c.text.size();
}
Task<std::size_t> two(Counted a, Counted b) {
  co_await Loop::current().yield();
  co_return a.text.size() + b.text.size();
}
Task<std::size_t> aggregate(Braced b) {
  co_await Loop::current().yield();
  co_return b.first.text.size() + b.more.size();
}
Task<std::size_t> list(std::vector<Counted> v) {
  co_await Loop::current().yield();
  co_return v.size();
}
Task<Counted> give(Counted c) {
  co_await Loop::current().yield();
  co_return std::move(c);
}
Task<std::size_t> by_reference(const Counted& c) {
  co_await Loop::current().yield();
  co_return c.text.size();
}

using Body = Task<> (*)(bool, std::size_t&);

Task<> braced(bool, std::size_t& out) {
  out = co_await aggregate({Counted("one"), {Counted("two"), Counted()}, 3});
}
Task<> braced_list(bool, std::size_t& out) {
  out = co_await list({Counted(), Counted(), Counted()});
}
Task<> conditional(bool b, std::size_t& out) {
  out = co_await by_value(b ? Counted("yes") : Counted());
}
Task<> conditional_lvalue(bool b, std::size_t& out) {
  Counted x("x"), y("yy");
  out = co_await by_value(b ? x : y);
}
Task<> conditional_await(bool b, std::size_t& out) {
  out = b ? co_await by_value(Counted("yes")) : co_await two(Counted("n"), Counted("o"));
}
Task<> nested(bool, std::size_t& out) {
  out = co_await by_value(co_await give(co_await give(Counted("deep"))));
}
Task<> temporary_by_reference(bool, std::size_t& out) {
  out = co_await by_reference(Counted("reference"));
}
Task<> both_arguments(bool, std::size_t& out) {
  out = co_await two(co_await give(Counted("left")), co_await give(Counted("right")));
}
Task<> short_circuit(bool b, std::size_t& out) {
  if (b && co_await by_value(Counted("and")) == 3) out = 1;
  if (!b || co_await by_value(Counted("or")) == 2) ++out;
}
Task<> in_initialiser(bool b, std::size_t& out) {
  Braced x{co_await give(Counted("first")), {}, b ? 1 : 2};
  if (auto c = co_await give(Counted("init")); !c.text.empty()) out = c.text.size() + x.first.text.size();
}
Task<> in_loop(bool, std::size_t& out) {
  for (int i = 0; i < 10; ++i)
    out += co_await by_value(Counted(std::string(static_cast<std::size_t>(i), 'x')));
}
Task<> moved_local(bool, std::size_t& out) {
  Counted c("local");
  auto task = by_value(std::move(c));
  out = co_await std::move(task);
}
Task<> lambda_argument(bool, std::size_t& out) {
  Counted c("held by the closure");
  out = co_await Loop::current().blocking([c = std::move(c)] { return c.text.size(); });
}

constexpr Body kBodies[] = {
    braced,      braced_list,     conditional,           conditional_lvalue, conditional_await,
    nested,      both_arguments,  short_circuit,         in_initialiser,     in_loop,
    moved_local, lambda_argument, temporary_by_reference};

TEST(CoroutineCompiler, EveryArgumentIsDestroyedOnce) {
  for (Body body : kBodies)
    for (bool b : {false, true}) {
      g_made = g_gone = 0;
      std::size_t out = 0;
      {
        Loop loop;
        loop.run(body(b, out));
      }
      EXPECT_GT(out, 0u);
      EXPECT_EQ(g_made, g_gone);
    }
}

TEST(CoroutineCompiler, EveryArgumentIsDestroyedOnceWhenCancelledAtAnyWait) {
  for (Body body : kBodies)
    for (int turns = 0; turns < 12; ++turns) {
      g_made = g_gone = 0;
      std::size_t out = 0;
      {
        Loop loop;
        TaskGroup group;
        group.spawn(body(true, out));
        for (int i = 0; i < turns; ++i) loop.run_once(false);
        group.cancel();
      }
      EXPECT_EQ(g_made, g_gone);
    }
}

}  // namespace
}  // namespace postern::io
