#include "cmd/master/link.h"

#include "cmd/master/limits.h"
#include "proto/control.pb.h"

namespace postern::master {

using Direction = io::FdWatch::Direction;

ChildLink::ChildLink(io::Loop& loop, base::Fd socket, OnStatus on_status, OnClosed on_closed)
    : socket_(std::move(socket)),
      on_status_(std::move(on_status)),
      on_closed_(std::move(on_closed)),
      readable_(
          loop, socket_.get(), Direction::read, [](void* self) { static_cast<ChildLink*>(self)->read(); },
          this),
      writable_(
          loop, socket_.get(), Direction::write, [](void* self) { static_cast<ChildLink*>(self)->write(); },
          this) {
  readable_.arm();
}

bool ChildLink::send(const control::Order& order) {
  if (!open_ || writer_.queued() > kMaxQueuedOrders) return false;
  writer_.push(ipc::FrameType::hint, 0, order.SerializeAsString());
  write();
  return open_;
}

// Bounded work a turn: one receive.
void ChildLink::read() {
  auto n = reader_.receive(socket_.get());
  if (!n) return close(n.error().what);
  if (*n && **n == 0) return close("closed by the process");
  if (take_frames() && open_) readable_.arm();
}

bool ChildLink::take_frames() {
  for (;;) {
    auto frame = reader_.next();
    if (!frame) return close(frame.error().what), false;
    if (!*frame) return true;
    control::Status status;
    if ((*frame)->header.type != ipc::FrameType::hint || !status.ParseFromString((*frame)->payload))
      return close("malformed status"), false;
    on_status_(status);
    if (!open_) return false;
  }
}

void ChildLink::write() {
  if (!open_ || writer_.empty()) return;
  auto done = writer_.send(socket_.get());
  if (!done) return close(done.error().what);
  if (!*done) writable_.arm();
}

void ChildLink::close(std::string why) {
  if (!open_) return;
  open_ = false;
  readable_.remove();
  writable_.remove();
  socket_.reset();
  on_closed_(std::move(why));
}

}  // namespace postern::master
