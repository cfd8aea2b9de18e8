// Tells systemd how master is: the datagrams of sd_notify(3), without its library.  Nothing where
// NOTIFY_SOCKET is not set.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::master {

class Notify {
 public:
  // Takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID out of the environment: children must not have them.
  Notify();
  void ready() { send("READY=1"); }
  void reloading();
  void stopping() { send("STOPPING=1"); }
  void alive() { send("WATCHDOG=1"); }
  void send(std::string_view state);
  // How often alive() is expected, halved; nothing when it is not.
  std::optional<std::uint64_t> watchdog_ms() const { return watchdog_ms_; }

 private:
  std::string path_;
  std::optional<std::uint64_t> watchdog_ms_;
};

}  // namespace postern::master
