#include "base/system.h"

#include <fcntl.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <string_view>

#include "base/codec.h"
#include "base/result.h"

namespace postern::base {

static timespec now(clockid_t id) {
  timespec t{};
  ::clock_gettime(id, &t);
  return t;
}

std::int64_t unix_now() { return now(CLOCK_REALTIME).tv_sec; }

std::int64_t unix_now_ms() {
  auto t = now(CLOCK_REALTIME);
  return static_cast<std::int64_t>(t.tv_sec) * 1000 + t.tv_nsec / 1000000;
}

std::uint64_t monotonic_ms() {
  auto t = now(CLOCK_MONOTONIC);
  return static_cast<std::uint64_t>(t.tv_sec) * 1000 + static_cast<std::uint64_t>(t.tv_nsec) / 1000000;
}

void random_fill(std::span<unsigned char> out) {
  while (!out.empty()) {
    ssize_t n = ::getrandom(out.data(), out.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    check(n > 0, "getrandom works");
    out = out.subspan(static_cast<std::size_t>(n));
  }
}

std::uint64_t random_u64() {
  std::uint64_t v;
  random_fill({reinterpret_cast<unsigned char*>(&v), sizeof v});
  return v;
}

std::string random_token(std::size_t n) {
  std::string bytes(n, '\0');
  random_fill({reinterpret_cast<unsigned char*>(bytes.data()), n});
  return base64url(bytes);
}

void check_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "event=bug what=\"%s\" at=%s:%d\n", expression, file, line);
  std::abort();
}

#ifdef POSTERN_KILL_POINTS
namespace {

struct Wanted {
  char program[32] = "", point[64] = "", how[8] = "";
  int visit = 1;
};

// What FILE says now; nothing where it is not there.  A fourth word, "stall", has the thread stand still in place of the end.
Wanted read_wanted(const char* path) {
  Wanted w;
  char text[128] = "";
  int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return w;
  ssize_t n = ::read(fd, text, sizeof text - 1);
  ::close(fd);
  if (n <= 0 || std::sscanf(text, "%31s %63s %d %7s", w.program, w.point, &w.visit, w.how) < 3) return {};
  return w;
}

// Visits are counted since this point was asked for.
void visit(const char* name, const Wanted& w) {
  static std::mutex lock;
  static std::string counted;
  static int visits = 0;
  std::unique_lock hold(lock);
  std::string asked = std::string(w.point) + ":" + std::to_string(w.visit);
  if (counted != asked) counted = asked, visits = 0;
  if (std::string_view(name) != w.point || ++visits != w.visit) return;
  ::dprintf(2, "event=kill_point program=%s name=%s visit=%d\n", ::program_invocation_short_name, name, visits);
  if (std::string_view(w.how) != "stall") ::kill(::getpid(), SIGKILL);
  hold.unlock();
  for (;;) ::sleep(1);
}

}  // namespace

void kill_point(const char* name) {
  static const char* wanted = std::getenv("POSTERN_KILL");
  if (!wanted) return;
  Wanted w;
  if (*wanted == '@') {
    w = read_wanted(wanted + 1);
    if (std::string_view(w.program) != ::program_invocation_short_name) return;
  } else if (std::sscanf(wanted, "%63[^:]:%d", w.point, &w.visit) < 1) {
    return;
  }
  visit(name, w);
}
#endif

}  // namespace postern::base
