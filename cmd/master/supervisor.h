// The heart of master: keeps each service at the number of processes that the table and the load ask for,
// starts the dead again, replaces at a reload, stops in order. Every event (a child's death, a status, a
// timer, an order of the admin) changes what is known in service.h and ends in settle(), which compares that
// with policy.h's plan and acts; settle() may be called at any time, any number of times. Loop thread only.
// Tests: t/system/test_master.py
#pragma once
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "cmd/master/service.h"
#include "cmd/master/sockets.h"
#include "io/loop.h"
#include "io/task.h"
#include "service/config.h"

namespace postern::control {
class Services;
class Session;
}  // namespace postern::control

namespace postern::master {

struct Settings {
  std::string conf_dir;  // absolute
  std::string bin_dir;
  bool log_to_syslog = false;  // for children whose log would be stderr
};

class Supervisor {
 public:
  Supervisor(io::Loop& loop, Settings settings, SocketSet& sockets);
  ~Supervisor();
  // Binds the sockets.  The first processes are started by the loop's first turn: what they inherit, such as
  // standard error, must be right by then.
  base::Result<> begin(service::Config config, Table table);
  // Replaces configuration and table; the number of services whose processes are replaced, added or removed.
  // After an error all is as before.
  base::Result<std::uint32_t> reload(service::Config config, Table table);
  // Front ends first, then backends; `done` is called when all have gone.  A second call, a second
  // or more after the first, kills at once.
  void stop(std::function<void()> done);
  bool stopping() const { return phase_ != Phase::running; }
  // SIGCHLD came.
  void reap();

  void fill_status(control::Services& out) const;
  // Asks every process; who does not answer in kWhoDeadlineMs is left out.
  io::Task<std::vector<control::Session>> who();
  // Has the processes end the sessions of this user or with this id; "*" all.
  void kick(const std::string& what);
  const service::Config& config() const { return config_; }

 private:
  enum class Phase { running, stop_front_ends, stop_backends };
  void settle();
  void settle_running(Service& s, std::uint64_t now);
  void settle_processes(Service& s, std::uint64_t now);
  void settle_health(Service& s, std::uint64_t now);
  void settle_stop(std::uint64_t now);
  void look_again_at(std::uint64_t when);
  bool start(Service& s, std::uint64_t now);
  void say_running();
  void poll_sockets(Service& s);
  void on_status(Service& s, Process& p, control::Status& status);
  void take_sessions(Process& p, control::Status& status);
  void on_closed(Service& s, Process& p, const std::string& why);
  void buried(Service& s, Process& p, int wait_status);
  void died(Service& s, Process& p, int wait_status);
  void drain(Process& p);
  void terminate(Process& p);
  void replace(Service& s);
  bool adopt(ServiceSpec spec);
  std::uint32_t remove_missing(const Table& table);
  Table current() const;
  void order_all(const control::Order& order);
  Service* find(const std::string& name);

  io::Loop& loop_;
  Settings settings_;
  SocketSet& sockets_;
  service::Config config_;
  std::list<Service> services_;  // backends first
  Phase phase_ = Phase::running;
  std::function<void()> done_;
  std::uint64_t stop_asked_ = 0;
  std::uint64_t next_ = kNever;
  io::Timer timer_, close_timer_;
  std::uint64_t started_unix_;
  bool running_said_ = false;
};

}  // namespace postern::master
