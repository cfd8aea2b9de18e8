#include "base/system.h"

#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
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
void kill_point(const char* name) {
  // "NAME:N" kills at the N-th visit in this process.
  static const char* wanted = std::getenv("POSTERN_KILL");
  if (!wanted) return;
  std::string_view w(wanted);
  auto colon = w.rfind(':');
  if (w.substr(0, colon) != name) return;
  static std::atomic<int> visits{0};
  int n = colon == std::string_view::npos ? 1 : std::atoi(wanted + colon + 1);
  if (++visits == n) ::kill(::getpid(), SIGKILL);
}
#endif

}  // namespace postern::base
