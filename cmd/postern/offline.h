// A daemon started for the time of one command, when no server runs: it gets one listening socket on a
// private path and ends with the command.  The daemon's own lock keeps two of them from opening the same
// store.
#pragma once
#include <sys/types.h>

#include <memory>
#include <string>

#include "base/file.h"
#include "base/result.h"
#include "service/config.h"

namespace postern::cli {

class OfflineDaemon {
 public:
  // `listener` is the name that the daemon expects ("authd-admin").
  static base::Result<std::unique_ptr<OfflineDaemon>> start(const service::Config& config,
                                                            const std::string& program,
                                                            const std::string& listener);
  ~OfflineDaemon();  // asks it to end and waits
  OfflineDaemon(const OfflineDaemon&) = delete;
  OfflineDaemon& operator=(const OfflineDaemon&) = delete;
  const std::string& socket() const { return socket_; }

 private:
  OfflineDaemon() = default;
  std::string socket_;
  pid_t pid_ = -1;
};

// The folder of this program.
std::string program_folder();
// Where a daemon is: beside this program (a build folder), else in ../libexec/postern (an installed one).
std::string find_program(const std::string& name);
// The user that a program runs as by master.conf, when we are root; empty else.
std::string user_of(const service::Config& config, const std::string& program);

}  // namespace postern::cli
