// master from its start to its end: the files read, the lock taken, the loop run.
#pragma once
#include <memory>
#include <string>

#include "base/result.h"
#include "cmd/master/command_line.h"
#include "cmd/master/control.h"
#include "cmd/master/instance.h"
#include "cmd/master/notify.h"
#include "cmd/master/sockets.h"
#include "cmd/master/supervisor.h"
#include "io/loop.h"

namespace postern::master {

// Exit statuses, of sysexits.
inline constexpr int kExitUsage = 64, kExitRunning = 69, kExitSystem = 71, kExitConfig = 78;

class Master {
 public:
  Master(CommandLine line, Notify notify, SocketSet sockets);
  // Both files are right and the programs and users that they name exist.
  base::Result<> check();
  // Until the end; the exit status, errors said on standard error.
  int run();

 private:
  struct Files {
    service::Config config;
    Table table;
  };
  base::Result<Files> read_files() const;
  int start();
  base::Result<> begin();
  base::Result<> open_control(const std::string& path);
  void end();
  void watch_signals();
  base::Result<std::uint32_t> reload();
  void stop();
  void open_log(const service::Config& config) const;
  std::string log_file(const service::Config& config) const;

  CommandLine line_;
  Notify notify_;
  SocketSet sockets_;
  std::string bin_dir_;
  Background background_;
  RunLock lock_;
  std::unique_ptr<io::Loop> loop_;  // made after the fork to the background
  std::unique_ptr<Supervisor> supervisor_;
  std::unique_ptr<ControlServer> control_;
  io::Timer watchdog_;
};

}  // namespace postern::master
