// Starts one process of a service: descriptors, limits, environment, program.  The contract stands in
// lib/service/daemon.h: sockets from descriptor 3 with LISTEN_FDS, LISTEN_FDNAMES and LISTEN_PID,
// POSTERN_CONTROL names the descriptor of the socket to master, POSTERN_TALLY that of the counts and the process's
// column there, --service, --user, --clients and the service's -o words on the command line. Tests: t/system/test_master.py
#pragma once
#include <sys/types.h>

#include <string>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "cmd/master/sockets.h"
#include "cmd/master/table.h"

namespace postern::master {

// RLIMIT_DATA stops AddressSanitizer at once: its shadow memory counts as data.
#if __has_feature(address_sanitizer)
inline constexpr bool kLimitsMemory = false;
#else
inline constexpr bool kLimitsMemory = true;
#endif

struct Launch {
  const ServiceSpec& service;
  std::string program;   // path
  std::string conf_dir;  // absolute
  std::vector<NamedFd> sockets;
  int tally_fd = -1;     // memory where the service's processes count their sessions; -1: there is none
  unsigned column = 0;   // of the new process in it
  bool log_to_syslog = false;  // master has no terminal: `log = stderr` goes to syslog
};

struct Started {
  pid_t pid = 0;
  base::Fd control;  // master's end, non-blocking
};

// Fails when descriptors or processes run out; a program that cannot be run ends with status 127 and a log
// line.
base::Result<Started> start_child(const Launch& launch);

// Pss of a process in kB, or Rss where that cannot be read, or 0.
std::uint64_t memory_kb(pid_t pid);

}  // namespace postern::master
