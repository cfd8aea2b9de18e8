// What a call between two processes costs: CPU of both ends for each round trip, one call at a time and many.
// And what idle connections and the echo of a line cost a front end.
// Build: clang++-19 -std=c++2b -O2 -Ilib t/bench/ipc_roundtrip.cc lib/{base,io,ipc}/*.cc -levent_core -lgnutls
//        -lnettle -lfmt -pthread.  Usage: ipc_roundtrip [calls]
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/system.h"
#include "io/stream.h"
#include "ipc/channel.h"
#include "ipc/server.h"

using namespace postern;

namespace {

double seconds(const timeval& t) {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
}
double cpu(int who) {
  rusage u{};
  ::getrusage(who, &u);
  return seconds(u.ru_utime) + seconds(u.ru_stime);
}

io::Task<void> answer(ipc::Call call) {
  call.reply(std::move(call.payload));
  co_return;
}

[[noreturn]] void serve(base::Fd fd) {
  {
    io::Loop loop;
    ipc::Server server(loop, "bench/1", [](ipc::Call c) { return answer(std::move(c)); });
    server.on_peer_gone([&](ipc::Peer) { loop.stop(); });
    server.add_connection(std::move(fd), "bench");
    loop.run();
  }
  std::_Exit(0);
}

io::Task<> calls(ipc::Channel& c, int n, std::size_t size) {
  for (int i = 0; i < n; ++i) {
    auto r = co_await c.call(std::string(size, 'x'));
    base::check(r.has_value(), "call");
  }
}
io::Task<> parallel(ipc::Channel& c, int n, int at_once, std::size_t size) {
  io::TaskGroup g;
  for (int i = 0; i < at_once; ++i) g.spawn(calls(c, n / at_once, size));
  co_await g.drained();
}

void round_trips(int n, int at_once, std::size_t size) {
  int fds[2];
  base::check(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0, "socketpair");
  double children = cpu(RUSAGE_CHILDREN), self = cpu(RUSAGE_SELF);
  pid_t pid = ::fork();
  if (pid == 0) {
    ::close(fds[0]);
    serve(base::Fd(fds[1]));
  }
  ::close(fds[1]);
  auto start = base::monotonic_ms();
  {
    io::Loop loop;
    ipc::Channel c(loop, base::Fd(fds[0]), "bench/1");
    loop.run(parallel(c, n, at_once, size));
  }
  auto wall = base::monotonic_ms() - start;
  ::waitpid(pid, nullptr, 0);
  std::printf("%6zu bytes, %3d at once: %5.1f us CPU here, %5.1f us there, %5.1f us wall\n", size, at_once,
              (cpu(RUSAGE_SELF) - self) / n * 1e6, (cpu(RUSAGE_CHILDREN) - children) / n * 1e6,
              static_cast<double>(wall) * 1000 / n);
}

io::Task<void> echo(io::Stream s) {
  s.set_timeout(1'800'000);
  for (;;) {
    auto line = co_await s.read_line(8000);
    if (!line) co_return;
    s.write(line->text);
    s.write("\r\n");
    auto r = co_await s.flush();
    if (!r) co_return;
  }
}

void lines(int n) {
  int fds[2];
  base::check(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0, "socketpair");
  pid_t pid = ::fork();
  if (pid == 0) {
    ::close(fds[0]);
    char buf[256];
    for (int i = 0; i < n; ++i)
      if (::write(fds[1], "a NOOP\r\n", 8) != 8 || ::read(fds[1], buf, sizeof buf) <= 0) break;
    std::_Exit(0);
  }
  ::close(fds[1]);
  double self = cpu(RUSAGE_SELF);
  {
    io::Loop loop;
    loop.run(echo(io::Stream(loop, base::Fd(fds[0]))));
  }
  std::printf("line and answer: %5.2f us CPU\n", (cpu(RUSAGE_SELF) - self) / n * 1e6);
  ::waitpid(pid, nullptr, 0);
}

}  // namespace

int main(int argc, char** argv) {
  int n = argc > 1 ? std::atoi(argv[1]) : 100000;
  round_trips(n, 1, 100);
  round_trips(n, 1, 2000);
  round_trips(n, 16, 100);
  round_trips(n / 10, 1, 100000);
  lines(n);
}
