// Tells the client what happens while it says nothing: in IDLE, and between commands after NOTIFY.  A response is never
// broken off: stop() lets the one under way end.  Memory: a slow reader is waited for before more is written.
#pragma once
#include "cmd/imapd/session.h"

namespace postern::imapd {

class Teller {
 public:
  // `idle`: IDLE, in which everything may be told that may be told after a command.
  Teller(Session& s, bool idle) : s_(s), idle_(idle) {}
  // Does nothing outside of IDLE while the client has not asked to be told between commands.
  void start();
  // Until nothing more is written by it.
  io::Task<void> stop();

 private:
  io::Task<void> run();
  io::Task<bool> tell();
  Session& s_;
  bool idle_;
  bool stopping_ = false;
  io::TaskGroup task_;
};

}  // namespace postern::imapd
