#include "io/listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/log.h"
#include "base/system.h"
#include "io/address.h"

namespace postern::io {
namespace {

base::Result<base::Fd> new_socket(int family) {
  base::Fd fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return std::unexpected(base::sys_error("socket"));
  return fd;
}

base::Result<sockaddr_un> unix_address(const std::string& path) {
  sockaddr_un a{};
  a.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof a.sun_path)
    return base::fail(base::Fault::permanent, "socket path too long: " + path);
  std::memcpy(a.sun_path, path.data(), path.size());
  return a;
}

bool exhausted(int err) {
  return err == EMFILE || err == ENFILE || err == ENOBUFS || err == ENOMEM;
}

// The connection asked for ended before it was accepted, or the network had hiccups (accept(2)).
bool passing(int err) {
  return err == ECONNABORTED || err == EINTR || err == EPROTO || err == ENETDOWN || err == EHOSTDOWN ||
         err == ENONET || err == EHOSTUNREACH || err == ENETUNREACH || err == EPERM;
}

Task<base::Result<base::Fd>> connect_to(Loop& loop, base::Fd fd, sockaddr_storage address, socklen_t size,
                                        std::string name, std::uint64_t timeout_ms) {
  constexpr std::uint64_t kBusyRetryMs = 10;
  std::uint64_t end = timeout_ms == Loop::kForever ? UINT64_MAX : base::monotonic_ms() + timeout_ms;
  while (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) {
    if (errno == EINTR) continue;
    if (errno == EISCONN) break;
    // A unix socket whose backlog is full says EAGAIN and cannot be waited for.
    bool busy = errno == EAGAIN && address.ss_family == AF_UNIX;
    if (!busy && errno != EINPROGRESS && errno != EALREADY) co_return std::unexpected(base::sys_error(name));
    std::uint64_t now = base::monotonic_ms();
    if (now >= end) co_return base::fail(base::Fault::temporary, name + ": no connection in time", "TIMEOUT");
    if (busy) {
      co_await loop.sleep(std::min(kBusyRetryMs, end - now));
      continue;
    }
    bool ready = co_await loop.writable(fd.get(), end - now);
    if (!ready) co_return base::fail(base::Fault::temporary, name + ": no connection in time", "TIMEOUT");
    int err = 0;
    socklen_t n = sizeof err;
    ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &err, &n);
    if (err != 0) co_return std::unexpected(base::sys_error(name, err));
    break;
  }
  co_return std::move(fd);
}

Task<base::Result<base::Fd>> failed(base::Error e) {
  co_return std::unexpected(std::move(e));
}

}  // namespace

base::Result<base::Fd> listen_tcp(const std::string& ip, std::uint16_t port, int backlog) {
  sockaddr_storage a;
  auto size = parse_address(ip, port, a);
  if (!size) return base::pass(size);
  auto fd = new_socket(a.ss_family);
  if (!fd) return fd;
  int one = 1;
  ::setsockopt(fd->get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (a.ss_family == AF_INET6) ::setsockopt(fd->get(), IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
  std::string name = address_of(a, *size).text();
  if (::bind(fd->get(), reinterpret_cast<sockaddr*>(&a), *size) != 0 || ::listen(fd->get(), backlog) != 0)
    return std::unexpected(base::sys_error(name));
  return fd;
}

base::Result<base::Fd> listen_unix(const std::string& path, mode_t mode, int backlog) {
  auto address = unix_address(path);
  if (!address) return base::pass(address);
  auto fd = new_socket(AF_UNIX);
  if (!fd) return fd;
  struct stat st{};
  if (::lstat(path.c_str(), &st) == 0 && S_ISSOCK(st.st_mode)) ::unlink(path.c_str());
  // Nobody can connect before listen(), so the mode is right in time.
  if (::bind(fd->get(), reinterpret_cast<sockaddr*>(&*address), sizeof *address) != 0 ||
      ::chmod(path.c_str(), mode) != 0 || ::listen(fd->get(), backlog) != 0)
    return std::unexpected(base::sys_error(path));
  return fd;
}

std::uint16_t bound_port(int fd) {
  return local_address(fd).port;
}

Task<base::Result<base::Fd>> connect_tcp(Loop& loop, std::string ip, std::uint16_t port,
                                         std::uint64_t timeout_ms) {
  sockaddr_storage a;
  auto size = parse_address(ip, port, a);
  if (!size) return failed(std::move(size.error()));
  auto fd = new_socket(a.ss_family);
  if (!fd) return failed(std::move(fd.error()));
  return connect_to(loop, std::move(*fd), a, *size, address_of(a, *size).text(), timeout_ms);
}

Task<base::Result<base::Fd>> connect_unix(Loop& loop, std::string path, std::uint64_t timeout_ms) {
  auto address = unix_address(path);
  if (!address) return failed(std::move(address.error()));
  auto fd = new_socket(AF_UNIX);
  if (!fd) return failed(std::move(fd.error()));
  sockaddr_storage a{};
  std::memcpy(&a, &*address, sizeof *address);
  return connect_to(loop, std::move(*fd), a, sizeof *address, std::move(path), timeout_ms);
}

// --- Listener

struct Listener::State {
  // Waits with a watch that stays registered, unlike Loop::readable().
  class Wait : public Waiter {
   public:
    explicit Wait(State& s) : state_(s) {}
    bool await_ready() const { return false; }
    template <class P>
    void await_suspend(std::coroutine_handle<P> h) {
      set(h);
      link(state_.waiting);
      state_.watch.arm();
    }
    void await_resume() const {}

   private:
    State& state_;
  };

  State(Loop& l, base::Fd f)
      : loop(l),
        fd(std::move(f)),
        watch(
            l, fd.get(), FdWatch::Direction::read,
            [](void* self) {
              auto& s = *static_cast<State*>(self);
              while (!s.waiting.empty()) static_cast<Waiter*>(s.waiting.next())->wake();
            },
            this) {
    base::set_nonblock(fd.get());
  }

  // Nothing: no connection waits.
  Task<base::Result<base::Fd>> take() {
    for (;;) {
      base::Fd got(::accept4(fd.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (got) {
        starved = false;
        co_return std::move(got);
      }
      int err = errno;
      if (err == EAGAIN) co_return base::Fd();
      if (exhausted(err)) {
        if (!std::exchange(starved, true))
          base::log(base::Level::warning, "accept", {{"error", base::sys_error("accept", err).what}});
        co_await loop.sleep(kAcceptBackoffMs);
      } else if (!passing(err)) {
        co_return std::unexpected(base::sys_error("accept", err));
      }
    }
  }

  Loop& loop;
  base::Fd fd;
  FdWatch watch;
  Link waiting;
  bool starved = false;  // already logged
};

Listener::Listener(Loop& loop, base::Fd listening)
    : state_(std::make_unique<State>(loop, std::move(listening))) {}
Listener::Listener(Listener&&) noexcept = default;
Listener::~Listener() = default;
int Listener::fd() const {
  return state_->fd.get();
}
Task<base::Result<base::Fd>> Listener::accept() {
  for (;;) {
    auto got = co_await state_->take();
    if (!got || *got) co_return got;
    co_await State::Wait(*state_);
  }
}
Task<void> Listener::waiting() {
  co_await State::Wait(*state_);
}
Task<base::Result<base::Fd>> Listener::take() {
  return state_->take();
}

}  // namespace postern::io
