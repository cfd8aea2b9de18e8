#include "cmd/master/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "base/file.h"
#include "base/text.h"

namespace postern::master {

Notify::Notify() {
  if (const char* path = std::getenv("NOTIFY_SOCKET")) path_ = path;
  const char* period = std::getenv("WATCHDOG_USEC");
  const char* pid = std::getenv("WATCHDOG_PID");
  bool ours = !pid || base::parse_u64(pid) == static_cast<std::uint64_t>(::getpid());
  auto us = period && ours ? base::parse_u64(period) : std::nullopt;
  if (us && *us > 0) watchdog_ms_ = std::max<std::uint64_t>(1, *us / 2000);
  for (const char* v : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(v);
}

void Notify::reloading() {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  auto us = static_cast<std::uint64_t>(t.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(t.tv_nsec) / 1000;
  send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(us));
}

void Notify::send(std::string_view state) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (path_.empty() || path_.size() >= sizeof to.sun_path) return;
  std::memcpy(to.sun_path, path_.data(), path_.size());
  if (path_[0] == '@') to.sun_path[0] = '\0';
  base::Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return;
  auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path_.size());
  ::sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
           reinterpret_cast<sockaddr*>(&to), size);
}

}  // namespace postern::master
