// Whole sessions of a front end: the input is everything that one client sends, at once; then it closes its side.  The daemon is
// the real one, its main() called for one connection as with --inetd, between house.h's stored and authd.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "house.h"

// main() of the daemon, renamed by the build.
int daemon_main(int argc, char** argv);

namespace {

using postern::base::Fd;

// The client: says its input, then takes what comes until the end.
void client(Fd socket, const std::uint8_t* data, std::size_t size) {
  std::size_t sent = 0;
  char answer[65536];
  ::fcntl(socket.get(), F_SETFL, O_NONBLOCK);
  for (bool open = true; open;) {
    while (sent < size) {
      ssize_t n = ::send(socket.get(), data + sent, size - sent, MSG_NOSIGNAL);
      if (n <= 0) {
        if (errno != EAGAIN) sent = size;
        break;
      }
      sent += static_cast<std::size_t>(n);
    }
    if (sent == size) ::shutdown(socket.get(), SHUT_WR);
    ssize_t n = ::recv(socket.get(), answer, sizeof answer, 0);
    open = n > 0 || (n < 0 && errno == EAGAIN);
    if (n < 0) ::usleep(50);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static postern::test::House house;
  static const Fd in(::fcntl(0, F_DUPFD_CLOEXEC, 10)), out(::fcntl(1, F_DUPFD_CLOEXEC, 10));
  house.empty();
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return 0;
  ::dup2(pair[1], 0);
  ::dup2(pair[1], 1);
  ::close(pair[1]);
  std::thread other(client, Fd(pair[0]), data, size);
  std::string name = "daemon", conf = "-C" + house.dir(), inetd = "--inetd";
  char* argv[] = {name.data(), conf.data(), inetd.data(), nullptr};
  int status = daemon_main(3, argv);
  ::dup2(in.get(), 0);
  ::dup2(out.get(), 1);
  other.join();
  if (status != 0) __builtin_trap();
  return 0;
}
