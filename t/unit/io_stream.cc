// Stream without TLS: lines cut at any byte, limits, time, output under back-pressure, the end of a
// connection, memory.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "io/listener.h"
#include "io/stream.h"
#include "io/sync.h"

namespace postern::io {
namespace {

using Log = std::vector<std::string>;

struct Pair {
  Pair() {
    int fds[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    near.reset(fds[0]);
    far.reset(fds[1]);
    base::set_nonblock(far.get());
  }
  void say(std::string_view s) { ASSERT_TRUE(base::write_all(far.get(), s)); }
  std::string hear() {
    std::string out(1 << 20, '\0');
    ssize_t n = ::read(far.get(), out.data(), out.size());
    out.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return out;
  }
  base::Fd near, far;
};

void turn(Loop& loop, int n = 4) {
  for (int i = 0; i < n; ++i) loop.run_once(false);
}

std::string shown(const base::Error& e) {
  return "!" + e.code;
}

Task<> lines(Stream& s, std::size_t max, Log& log) {
  for (;;) {
    auto line = co_await s.read_line(max);
    if (!line) {
      log.push_back(shown(line.error()));
      co_return;
    }
    log.push_back(std::string(line->text) + (line->crlf ? "|crlf" : "|lf"));
  }
}

TEST(Stream, LinesSplitAtAnyByte) {
  const std::string input = "a1 NOOP\r\nbare\n\r\n\nx\ry\r\n" + std::string(100, 'q') + "\r\n";
  const Log want = {"a1 NOOP|crlf", "bare|lf", "|crlf", "|lf", "x\ry|crlf", std::string(100, 'q') + "|crlf"};
  for (std::size_t cut = 0; cut <= input.size(); ++cut) {
    Loop loop;
    Pair p;
    Stream s(loop, std::move(p.near));
    Log log;
    TaskGroup g;
    g.spawn(lines(s, 1000, log));
    p.say(input.substr(0, cut));
    turn(loop);
    p.say(input.substr(cut));
    turn(loop);
    EXPECT_EQ(log, want) << "cut at " << cut;
  }
}

TEST(Stream, LinesByteByByte) {
  Loop loop;
  Pair p;
  Stream s(loop, std::move(p.near));
  Log log;
  TaskGroup g;
  g.spawn(lines(s, 10, log));
  for (char c : std::string("ab\r\ncd\nlast")) {
    p.say(std::string_view(&c, 1));
    turn(loop, 2);
  }
  p.far.reset();
  turn(loop);
  EXPECT_EQ(log, (Log{"ab|crlf", "cd|lf", "!EOF"}));
}

TEST(Stream, LineLimitIsExact) {
  for (const char* end : {"\n", "\r\n"})
    for (std::size_t n : {19u, 20u, 21u, 22u, 5000u}) {
      Loop loop;
      Pair p;
      Stream s(loop, std::move(p.near));
      Log log;
      TaskGroup g;
      p.say(std::string(n, 'x') + end);
      g.spawn(lines(s, 20, log));
      turn(loop, 8);
      ASSERT_FALSE(log.empty());
      EXPECT_EQ(log[0] == "!TOO_LONG", n > 20) << n;
    }
}

Task<> skip_then_line(Stream& s, Log& log) {
  auto first = co_await s.read_line(10);
  log.push_back(first ? "fits" : shown(first.error()));
  auto skipped = co_await s.skip_line();
  auto next = co_await s.read_line(10);
  log.push_back(skipped && next ? std::string(next->text) : "error");
}
TEST(Stream, SkipLineAfterTooLong) {
  Loop loop;
  Pair p;
  Stream s(loop, std::move(p.near));
  Log log;
  TaskGroup g;
  g.spawn(skip_then_line(s, log));
  p.say(std::string(100000, 'x') + "\r\nok\r\n");
  turn(loop, 60);
  EXPECT_EQ(log, (Log{"!TOO_LONG", "ok"}));
}

Task<> mixed(Stream& s, Log& log) {
  auto line = co_await s.read_line(100);
  log.push_back(std::string(line->text));
  auto exact = co_await s.read_exact(200000);
  log.push_back(std::to_string(exact->size()) + exact->back());
  auto filled = co_await s.fill();
  log.push_back(filled ? std::string(s.buffered()) : shown(filled.error()));
  s.consume(2);
  auto some = co_await s.read_some(3);
  log.push_back(std::string(*some));
  auto rest = co_await s.read_some(100);
  log.push_back(std::string(*rest));
  auto huge = co_await s.read_exact(kMaxExact + 1);
  log.push_back(shown(huge.error()));
}
TEST(Stream, MixedReads) {
  Loop loop;
  Pair p;
  Stream s(loop, std::move(p.near));
  Log log;
  TaskGroup g;
  g.spawn(mixed(s, log));
  p.say("A APPEND {200000}\r\n");
  for (int i = 0; i < 20; ++i) {
    p.say(std::string(10000, static_cast<char>('a' + i)));
    turn(loop);
  }
  p.say("12345xyz");
  turn(loop);
  EXPECT_EQ(log, (Log{"A APPEND {200000}", "200000t", "12345xyz", "345", "xyz", "!TOO_LONG"}));
}

Task<> fill_all(Stream& s, std::string& end) {
  for (;;) {
    auto got = co_await s.fill();
    if (!got) {
      end = got.error().code;
      co_return;
    }
  }
}
TEST(Stream, FillIsBounded) {
  Loop loop;
  Pair p;
  Stream s(loop, std::move(p.near));
  std::string end;
  TaskGroup g;
  g.spawn(fill_all(s, end));
  const std::string chunk(65536, 'x');
  for (int i = 0; i < 100 && end.empty(); ++i) {
    [[maybe_unused]] auto n = ::write(p.far.get(), chunk.data(), chunk.size());
    turn(loop);
  }
  EXPECT_EQ(end, "TOO_LONG");
  EXPECT_LE(s.buffered().size(), kMaxBuffered);
}

TEST(Stream, IdleTimeEndsARead) {
  Loop loop;
  Pair p;
  Stream s(loop, std::move(p.near));
  s.set_timeout(30);
  Log log;
  TaskGroup g;
  g.spawn(lines(s, 100, log));
  p.say("in time\r\n");
  while (!g.empty()) loop.run_once(true);
  EXPECT_EQ(log, (Log{"in time|crlf", "!TIMEOUT"}));
}

Task<> send(Stream& s, std::string bytes, Log& log) {
  s.write(std::move(bytes));
  auto r = co_await s.flush();
  log.push_back(r ? "sent" : shown(r.error()));
}

TEST(Stream, BackPressure) {
  Loop loop;
  Pair p;
  Stream s(loop, std::move(p.near));
  Log log;
  TaskGroup g;
  std::string big;
  for (int i = 0; i < 500000; ++i) big += std::to_string(i) + "\n";
  std::string want = big + "tail";
  g.spawn(send(s, big, log));
  s.write("tail");
  turn(loop);
  EXPECT_TRUE(log.empty());
  EXPECT_GT(s.queued(), 1u << 20);
  std::string got;
  while (got.size() < want.size()) {
    got += p.hear();
    turn(loop, 1);
  }
  turn(loop);
  EXPECT_EQ(got, want);
  EXPECT_EQ(s.queued(), 0u);
  EXPECT_EQ(log, (Log{"sent"}));
}

Task<> produce(Stream& s, std::size_t& most, bool& done) {
  for (int i = 0; i < 2000; ++i) {
    s.write(std::string(3000, 'p'));
    most = std::max(most, s.queued());
    auto r = co_await s.drain(64 * 1024);
    if (!r) co_return;
  }
  auto r = co_await s.flush();
  done = r.has_value();
}
TEST(Stream, DrainBoundsTheQueue) {
  Loop loop;
  Pair p;
  Stream s(loop, std::move(p.near));
  std::size_t most = 0, total = 0;
  bool done = false;
  TaskGroup g;
  g.spawn(produce(s, most, done));
  while (!done) {
    total += p.hear().size();
    turn(loop, 1);
  }
  total += p.hear().size();
  EXPECT_EQ(total, 6000000u);
  EXPECT_LE(most, 64 * 1024 + 3000u);
}

TEST(Stream, SmallWritesLeaveAtOnceAndTogether) {
  Loop loop;
  Pair p;
  Stream s(loop, std::move(p.near));
  Log log;
  TaskGroup g;
  s.write("* OK ");
  s.write(std::string("ready"));
  g.spawn(send(s, "\r\n", log));
  EXPECT_EQ(log, (Log{"sent"})) << "flush() waited";
  EXPECT_EQ(p.hear(), "* OK ready\r\n");
}

TEST(Stream, APeerThatTakesNothingTimesOut) {
  Loop loop;
  Pair p;
  Stream s(loop, std::move(p.near));
  s.set_write_timeout(20);
  Log log;
  TaskGroup g;
  g.spawn(send(s, std::string(4 << 20, 'x'), log));
  while (!g.empty()) loop.run_once(true);
  EXPECT_EQ(log, (Log{"!TIMEOUT"}));
  EXPECT_EQ(s.queued(), 0u);
}

TEST(Stream, APeerThatGoesBreaksOutputWithoutASignal) {
  Loop loop;
  Pair p;
  Stream s(loop, std::move(p.near));
  p.far.reset();
  Log log;
  TaskGroup g;
  g.spawn(send(s, "x", log));
  g.spawn(send(s, "y", log));
  g.spawn(lines(s, 10, log));
  turn(loop);
  EXPECT_EQ(log, (Log{"!IO", "!IO", "!EOF"}));
}

TEST(Stream, CloseWakesReaderAndWriter) {
  Loop loop;
  Pair p;
  Stream s(loop, std::move(p.near));
  Log log;
  TaskGroup g;
  g.spawn(lines(s, 10, log));
  g.spawn(send(s, std::string(4 << 20, 'x'), log));
  turn(loop);
  s.close();
  EXPECT_TRUE(log.empty()) << "resumed inside close()";
  turn(loop);
  EXPECT_EQ(log, (Log{"!CLOSED", "!CLOSED"}));
  EXPECT_FALSE(s);
  EXPECT_EQ(s.fd(), -1);
}

TEST(Stream, CancelledAtEveryWait) {
  Loop loop;
  Pair p;
  Stream s(loop, std::move(p.near));
  Log log;
  {
    TaskGroup g;
    g.spawn(lines(s, 10, log));
    g.spawn(send(s, std::string(4 << 20, 'x'), log));
    turn(loop);
    p.say("abc\r\n");
    p.hear();
    loop.run_once(false);
  }
  log.clear();
  for (int i = 0; i < 50; ++i) {
    p.hear();
    turn(loop, 1);
  }
  EXPECT_TRUE(log.empty());
  TaskGroup g;
  p.say("def\r\n");
  g.spawn(lines(s, 10, log));
  turn(loop);
  ASSERT_FALSE(log.empty());
  EXPECT_EQ(log.back(), "def|crlf");
}

Task<> say_bye(Stream& s, bool& done, bool more_may_come = true) {
  s.write("* BYE\r\n");
  co_await s.finish(more_may_come);
  done = true;
}
TEST(Stream, FinishLosesNoLastReply) {
  Loop loop;
  auto listening = listen_tcp("127.0.0.1", 0);
  ASSERT_TRUE(listening);
  base::Fd client(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_storage a{};
  socklen_t n = sizeof a;
  ::getsockname(listening->get(), reinterpret_cast<sockaddr*>(&a), &n);
  ASSERT_EQ(::connect(client.get(), reinterpret_cast<sockaddr*>(&a), n), 0);
  base::Fd served(::accept(listening->get(), nullptr, nullptr));
  Stream s(loop, std::move(served));
  EXPECT_EQ(s.peer().ip, "127.0.0.1");
  EXPECT_TRUE(s.peer().is_loopback);
  EXPECT_FALSE(s.peer().is_unix);
  EXPECT_EQ(s.local().port, bound_port(listening->get()));
  ASSERT_TRUE(base::write_all(client.get(), "unread pipelined input"));
  bool done = false;
  TaskGroup g;
  g.spawn(say_bye(s, done));
  turn(loop);
  ASSERT_TRUE(base::write_all(client.get(), "more"));
  turn(loop);
  EXPECT_FALSE(done);
  char buf[64];
  EXPECT_EQ(::read(client.get(), buf, sizeof buf), 7);
  EXPECT_EQ(::read(client.get(), buf, sizeof buf), 0);
  client.reset();
  turn(loop);
  EXPECT_TRUE(done);
  EXPECT_FALSE(s);
}

// The peer sends `count` bytes while the stream ends, and then closes.
void end_while(std::size_t count, bool taken) {
  Loop loop;
  Pair p;
  Stream s(loop, std::move(p.near));
  bool done = false;
  TaskGroup g;
  g.spawn(say_bye(s, done));
  turn(loop);
  EXPECT_EQ(p.hear(), "* BYE\r\n");
  std::string piece(8192, 'x');
  for (std::size_t sent = 0; sent < count && !done; turn(loop, 1)) {
    ssize_t n = ::send(p.far.get(), piece.data(), std::min(piece.size(), count - sent), MSG_NOSIGNAL);
    if (n > 0) sent += static_cast<std::size_t>(n);
  }
  turn(loop);
  EXPECT_EQ(done, !taken) << count;
  p.far.reset();
  turn(loop);
  EXPECT_TRUE(done);
}
TEST(Stream, FinishTakesSoMuchThatNobodyWants) {
  end_while(0, true);
  end_while(kFinishBytes, true);
  end_while(kFinishBytes + 1, false);
}
TEST(Stream, FinishDoesNotWaitForAPeerThatIsDone) {
  Loop loop;
  for (std::string_view more : {"", "x"}) {
    Pair p;
    Stream s(loop, std::move(p.near));
    p.say(more);
    bool done = false;
    TaskGroup g;
    g.spawn(say_bye(s, done, false));
    turn(loop);
    EXPECT_EQ(p.hear(), "* BYE\r\n");
    EXPECT_EQ(done, more.empty()) << "one that sent more may send more still";
    s.close();
    turn(loop);
    EXPECT_TRUE(done) << "close() ends the waiting";
  }
}

Task<> echo_line(Stream& s, bool& done) {
  auto line = co_await s.read_line(100);
  if (line) s.write("got " + std::string(line->text));
  co_await s.finish();
  done = true;
}
TEST(Stream, APairOfPipesAsInetdGives) {
  Loop loop;
  int in[2], out[2];
  ASSERT_EQ(::pipe(in), 0);
  ASSERT_EQ(::pipe(out), 0);
  base::Fd to(in[1]), from(out[0]);
  Stream s(loop, base::Fd(in[0]), base::Fd(out[1]));
  EXPECT_TRUE(s.peer().is_unix);
  bool done = false;
  TaskGroup g;
  g.spawn(echo_line(s, done));
  ASSERT_TRUE(base::write_all(to.get(), "hello\n"));
  turn(loop);
  char buf[64];
  EXPECT_EQ(std::string(buf, static_cast<std::size_t>(::read(from.get(), buf, sizeof buf))), "got hello");
  EXPECT_EQ(::read(from.get(), buf, sizeof buf), 0) << "the end must be seen before we close";
  to.reset();
  turn(loop);
  EXPECT_TRUE(done);
}

Task<> use_nothing(Log& log) {
  Stream s;
  auto line = co_await s.read_line(10);
  log.push_back(shown(line.error()));
  auto sent = co_await s.flush();
  log.push_back(shown(sent.error()));
  s.write("ignored");
  s.close();
}
TEST(Stream, ADefaultStreamIsClosed) {
  Log log;
  TaskGroup g;
  g.spawn(use_nothing(log));
  EXPECT_EQ(log, (Log{"!CLOSED", "!CLOSED"}));
}

#if !defined(__SANITIZE_ADDRESS__) && !__has_feature(address_sanitizer)
Task<> idle_session(Stream s) {
  s.set_timeout(1'800'000);
  for (;;) {
    auto line = co_await s.read_line(8000);
    if (!line) co_return;
    s.write("OK\r\n");
    auto r = co_await s.flush();
    if (!r) co_return;
  }
}
TEST(Stream, AnIdleConnectionIsSmall) {
  constexpr int kMany = 500;
  Loop loop;
  std::vector<Pair> pairs(kMany);
  std::size_t before = ::mallinfo2().uordblks;
  TaskGroup g;
  for (auto& p : pairs) g.spawn(idle_session(Stream(loop, std::move(p.near))));
  for (auto& p : pairs) p.say("NOOP\r\n");
  turn(loop, 100);
  std::size_t each = (::mallinfo2().uordblks - before) / kMany;
  EXPECT_LT(each, 4096u);
  RecordProperty("bytes", static_cast<int>(each));
  std::printf("idle connection: %zu bytes\n", each);
}
#endif

}  // namespace
}  // namespace postern::io
