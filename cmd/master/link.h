// master's end of the socket to one child: control.Status comes in, control.Order goes out, as hint frames of
// lib/ipc. Input: a child may have been taken over; a malformed frame ends the link, orders nobody reads are
// not kept without end. Loop thread only.
#pragma once
#include <functional>
#include <string>

#include "base/file.h"
#include "io/loop.h"
#include "ipc/frame.h"

namespace postern::control {
class Order;
class Status;
}  // namespace postern::control

namespace postern::master {

class ChildLink {
 public:
  using OnStatus = std::function<void(control::Status&)>;
  using OnClosed = std::function<void(std::string why)>;  // once; the link must not be destroyed inside
  ChildLink(io::Loop& loop, base::Fd socket, OnStatus on_status, OnClosed on_closed);
  ChildLink(const ChildLink&) = delete;
  ChildLink& operator=(const ChildLink&) = delete;
  // False when the link is closed or the child has not read kMaxQueuedOrders bytes of earlier orders.
  bool send(const control::Order& order);
  bool open() const { return open_; }

 private:
  void read();
  bool take_frames();
  void write();
  void close(std::string why);
  base::Fd socket_;
  OnStatus on_status_;
  OnClosed on_closed_;
  ipc::FrameReader reader_;
  ipc::FrameWriter writer_;
  bool open_ = true;
  io::FdWatch readable_, writable_;
};

}  // namespace postern::master
