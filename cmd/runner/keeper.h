// The process between runner and a program: it starts the program, waits for it, and lets nothing of it survive.
//
// One keeper a run, forked from runner and never executing anything itself.  It is the subreaper of all that the program
// starts, so a process that leaves the session or outlives its parent comes back to it and is killed: at the end of the
// program, when its time is over, and when runner has gone.
// Between fork and exec nothing is allocated: all that is needed stands in the Job.
// Runs in: children of runner.  Tests: t/system/test_runner.py
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/result.h"

namespace postern::runner {

struct Job {
  std::vector<std::string> argv, env;
  int input = -1, output = -1, errors = -1;  // borrowed
  std::uint64_t ms = 0, memory = 0, output_bytes = 0, processes = 0;
  bool network = false;
};

// What the keeper says at the end, in one datagram.
struct Verdict {
  enum How : std::uint32_t { exited, signaled, time, not_started };
  std::uint32_t how = not_started;
  std::int32_t status = 0;  // exit status, signal, or errno of what could not be started
  std::uint64_t peak_kb = 0;
};

struct Keeper {
  pid_t pid = -1;
  base::Fd link;  // one Verdict, then the end; closing it kills the program
};

// Forks.  The descriptors of `job` may be closed then.
base::Result<Keeper> start_keeper(const Job& job);

}  // namespace postern::runner
