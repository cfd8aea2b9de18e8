// The admin's socket, run/master.sock: control.Request in, control.Reply out, over lib/ipc with protocol
// "control/1". An answer of `who` over kSessionsChunk comes as items of a stream, each a Reply with sessions,
// before the last Reply. Peers: root and master's own user only (mode 0600, and asked of the kernel).  Tests:
// t/system/test_master.py
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cmd/master/supervisor.h"
#include "io/loop.h"
#include "ipc/server.h"

namespace postern::control {
class Kick;
class Reply;
class Request;
}  // namespace postern::control

namespace postern::master {

inline constexpr const char* kControlProtocol = "control/1";

class ControlServer {
 public:
  using Reload = std::function<base::Result<std::uint32_t>()>;
  ControlServer(io::Loop& loop, base::Fd listening, Supervisor& supervisor, Reload reload,
                std::function<void()> stop);

 private:
  io::Task<void> answer(ipc::Call call);
  io::Task<control::Reply> reply_to(control::Request request);
  io::Task<control::Reply> kick(std::string what, bool dry_run);
  io::Task<void> sessions(ipc::Call call);
  control::Reply reload();
  Supervisor& supervisor_;
  Reload reload_;
  std::function<void()> stop_;
  io::Loop& loop_;
  ipc::Server server_;  // last: its tasks use what stands above
};

}  // namespace postern::master
