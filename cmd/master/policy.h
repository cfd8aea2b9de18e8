// The decisions of master, without I/O: how many processes a service should have, and when a dead one may
// come again. All times in monotonic milliseconds.  Tests: t/system/test_master.py
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace postern::master {

struct Process;
struct Service;

// Deaths in a row.  The first is answered at once, since clients wait; then 100 ms, doubling to a minute.
class Backoff {
 public:
  // A process that lived for `life_ms` died, or could not be made (life 0).
  void died(std::uint64_t now, std::uint64_t life_ms);
  // The same, but not even the first is answered at once: a fork that failed would fail again.
  void not_made(std::uint64_t now);
  // Some process has lived for long: the row of deaths is over.
  void healthy() { *this = Backoff(); }
  bool may_start(std::uint64_t now) const { return now >= retry_at_; }
  std::uint64_t retry_at() const { return retry_at_; }
  std::uint64_t last_death() const { return last_death_; }
  int deaths() const { return deaths_; }
  bool crash_loop() const;
  // A start was made; false when this second had too many, however well they ended.
  bool take_start(std::uint64_t now);

 private:
  void delay_from(std::uint64_t now, int doublings);
  int deaths_ = 0;
  std::uint64_t retry_at_ = 0, last_death_ = 0;
  std::uint64_t second_ = 0;
  int starts_ = 0;
};

struct Plan {
  int start = 0;                    // processes to start now
  std::vector<Process*> retire;     // idle ones above the minimum: to be drained
  bool poll = false;                // watch the sockets, no process does
  bool at_maximum = false;          // all are full and no more are allowed
  std::uint64_t next = UINT64_MAX;  // look again then
};

Plan plan(const Service& service, std::uint64_t now);

// "killed by signal 11", "exit status 70".
std::string describe_exit(int wait_status);
// Ended by itself, with status 0, after it had been ready: one that serves a client and leaves, say.
bool is_clean_exit(const Process& process, int wait_status);

}  // namespace postern::master
