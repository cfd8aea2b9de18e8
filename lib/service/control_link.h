// The child's end of the socket to master: sends Status, receives Order (lib/proto/control.proto).
// Runs in: every daemon that master started; loop thread only.  When master is gone the child ends.
#pragma once
#include <functional>
#include <string>

#include "base/file.h"
#include "io/loop.h"
#include "io/task.h"
#include "ipc/frame.h"

namespace postern::service {

class ControlLink {
 public:
  // `on_order` gets the payload of each order; an empty payload means that master has gone.
  ControlLink(io::Loop& loop, base::Fd socket, std::function<void(std::string)> on_order);
  void send(std::string status);

 private:
  io::Task<void> read();
  io::Loop& loop_;
  base::Fd socket_;
  std::function<void(std::string)> on_order_;
  ipc::FrameReader reader_;
  ipc::FrameWriter writer_;
  io::TaskGroup tasks_;
};

}  // namespace postern::service
