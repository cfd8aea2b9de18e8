// Sockets made and accepted: listeners that survive running out of descriptors, connecting with a time limit.
// Runs in: every daemon.  Addresses are numeric; names are resolved elsewhere.
//
// Tests: t/unit/io_stream.cc, t/unit/io_loop.cc
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "base/file.h"
#include "base/result.h"
#include "io/loop.h"
#include "io/task.h"

namespace postern::io {

// Listening sockets: non-blocking, close-on-exec, SO_REUSEADDR.  `ip` "", "*": all IPv4 addresses; "::": all
// IPv6 addresses and IPv6 only.  Port 0: the kernel chooses.
base::Result<base::Fd> listen_tcp(const std::string& ip, std::uint16_t port, int backlog = 511);
// Replaces a stale socket file; `mode` is set before anybody can connect.
base::Result<base::Fd> listen_unix(const std::string& path, mode_t mode, int backlog = 511);
std::uint16_t bound_port(int fd);  // 0 when it has none

Task<base::Result<base::Fd>> connect_tcp(Loop& loop, std::string ip, std::uint16_t port,
                                         std::uint64_t timeout_ms);
Task<base::Result<base::Fd>> connect_unix(Loop& loop, std::string path, std::uint64_t timeout_ms);

class Listener {
 public:
  // Takes an already listening socket.
  Listener(Loop& loop, base::Fd listening);
  Listener(Listener&&) noexcept;
  ~Listener();
  int fd() const;
  // The next connection, non-blocking and close-on-exec.  Out of descriptors or memory: logs once, waits
  // kAcceptBackoffMs and tries again.  A connection that ended before it was accepted is passed over.
  Task<base::Result<base::Fd>> accept();
  // Until a connection waits, which another process may take first.
  Task<void> waiting();
  // The one that waits, as accept() gives it; nothing when there is none.
  Task<base::Result<base::Fd>> take();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace postern::io
