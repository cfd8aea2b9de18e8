// What master knows of each service and of each of its processes.  Plain data; supervisor.cc changes it,
// policy.cc reads it.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "cmd/master/link.h"
#include "cmd/master/policy.h"
#include "cmd/master/table.h"
#include "io/loop.h"

namespace postern::master {

inline constexpr std::uint64_t kNever = UINT64_MAX;  // of times in monotonic milliseconds

struct SessionsAsked;  // an answer of `who` that is being gathered

struct Process {
  pid_t pid = 0;
  unsigned column = 0;             // in the service's tally
  std::uint64_t started = 0;       // monotonic ms
  std::uint64_t started_unix = 0;  // seconds
  std::unique_ptr<ChildLink> link;
  bool ready = false, full = false;
  bool leaving = false;     // was told to go; does not count for the service any more
  bool terminated = false;  // SIGTERM was sent
  bool lost = false;        // its control link has closed
  bool slow_said = false;
  std::uint32_t clients = 0;
  std::uint64_t idle_since = 0;      // monotonic ms; of a ready process without clients
  std::uint64_t term_at = kNever;    // drained long enough, or lost and still there: SIGTERM
  std::uint64_t kill_at = kNever;    // SIGKILL
  std::uint64_t forget_at = kNever;  // not even that helped: master leaves without it
  std::map<std::string, std::uint64_t> counters;
  std::deque<std::shared_ptr<SessionsAsked>> asked;  // in the order of the orders sent
};

// Waits for a connection on one socket, while the service has no process.
struct Poll {
  Poll(io::Loop& loop, int fd, std::function<void()> f)
      : seen(std::move(f)),
        watch(loop, fd, io::FdWatch::Direction::read, [](void* p) { static_cast<Poll*>(p)->seen(); }, this) {
    watch.arm();
  }
  std::function<void()> seen;
  io::FdWatch watch;
};

struct Service {
  ServiceSpec spec;
  bool removed = false;  // no longer in the table: lives until its processes have gone
  std::vector<std::unique_ptr<Process>> processes;
  base::Fd tally;   // what its processes count (service/tally.h); made with the first
  Backoff backoff;
  std::uint64_t wake_at = kNever;
  bool connection_waits = false;  // seen by `polls`
  std::vector<std::unique_ptr<Poll>> polls;
  std::uint32_t restarts = 0, kills = 0;
  std::string last_exit;
  bool maximum_said = false;
};

}  // namespace postern::master
