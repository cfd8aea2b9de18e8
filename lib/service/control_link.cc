#include "service/control_link.h"

#include "base/log.h"

namespace postern::service {

ControlLink::ControlLink(io::Loop& loop, base::Fd socket, std::function<void(std::string)> on_order)
    : loop_(loop), socket_(std::move(socket)), on_order_(std::move(on_order)) {
  base::set_nonblock(socket_.get());
  base::set_cloexec(socket_.get(), true);
  tasks_.spawn(read());
}

void ControlLink::send(std::string status) {
  // A master that does not read keeps at most one megabyte of us.
  if (writer_.queued() > ipc::kMaxPayload) writer_.clear();
  writer_.push(ipc::FrameType::hint, 0, std::move(status));
  if (auto sent = writer_.send(socket_.get()); !sent) base::log(base::Level::debug, "control", {{"error", sent.error().what}});
}

io::Task<void> ControlLink::read() {
  for (;;) {
    auto n = reader_.receive(socket_.get());
    if (!n || (*n && **n == 0)) break;
    if (!*n) {
      co_await loop_.readable(socket_.get());
      continue;
    }
    for (;;) {
      auto frame = reader_.next();
      if (!frame) co_return on_order_({});
      if (!*frame) break;
      on_order_(std::move((*frame)->payload));
    }
  }
  on_order_({});
}

}  // namespace postern::service
