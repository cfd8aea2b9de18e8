// The one daemon skeleton.  main() of a daemon is
//
//   int main(int argc, char** argv) {
//     return service::run(argc, argv, {.program = "imapd", .summary = "IMAP server", .start = imapd::start, ...});
//   }
//
// run() does, always in this order: command line and postern.conf; log; descriptors from master, systemd or inetd; TLS
// credentials; user; the daemon's start(); sandbox; readiness; the loop; drain.  Commands of master (reload, drain,
// who, kick) and the signals TERM, INT and HUP arrive here.
//
// Contract with master: LISTEN_FDS and LISTEN_FDNAMES as systemd has them ("+tls" ends the name of a listener with
// implicit TLS), POSTERN_CONTROL = descriptor of a socket with hint frames (lib/proto/control.proto),
// POSTERN_TALLY = descriptor and column of what all processes of the service count (service/tally.h), --service,
// --user, --clients on the command line.
// Tests: t/unit/service_*.cc, t/system/test_master.py
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/loop.h"
#include "io/stream.h"
#include "io/task.h"
#include "io/tls.h"
#include "service/config.h"
#include "service/sandbox.h"
#include "service/session.h"
#include "service/tally.h"

namespace postern::service {

class Daemon;
struct CommandLine;

// One accepted client.  Implicit TLS has been done.  Lives in the skeleton's frame around the session coroutine; what that
// leaves open the skeleton flushes and ends so that the last reply arrives.
struct Connection {
  io::Stream stream;
  std::string listener;   // "imap", "imaps"
  bool implicit_tls = false;
  bool client_done = false;   // it said QUIT or LOGOUT: the end need not wait for more (io::Stream::finish)
  Session session;
  Connection(io::Stream s, std::string listener, bool tls, Sessions& all);
};

using SessionFn = std::function<io::Task<void>(Connection&)>;

struct Spec {
  std::string_view program;
  std::string_view summary;                    // one line for --help
  std::string_view inetd_listener = {};        // listener name of a connection on descriptors 0 and 1; empty: no --inetd
  bool tls = false;                            // reads tls.certificate
  std::vector<std::string> alpn = {};          // for TLS listeners
  std::string_view per_address_key = {};       // option with the connections allowed to one address
  std::size_t workers = 2;                     // threads for what blocks
  // Builds everything; called as the final user, before the sandbox.
  std::function<base::Result<>(Daemon&)> start;
  // What the process may do once start() is done.
  std::function<Privileges(const Config&)> privileges;
};

int run(int argc, char** argv, Spec spec);

class Daemon {
 public:
  io::Loop& loop() { return *loop_; }
  const Config& config() const { return config_; }
  const Spec& spec() const { return spec_; }
  // Null when no certificate is configured.
  std::shared_ptr<io::TlsContext> tls() const { return tls_; }
  Sessions& sessions() { return sessions_; }
  // What all processes of the service have.
  Tally& tally() { return tally_; }

  // Runs `session` for each client of each listener (for --inetd: of descriptors 0 and 1).
  void serve(SessionFn session);
  // Names and descriptors of the listeners not yet taken, for daemons that answer IPC.
  std::vector<std::pair<std::string, base::Fd>> take_listeners();
  // The number of clients of a daemon that took its listeners.
  void set_clients(std::size_t n);

  // Called at reload, after the new configuration has been read; at the beginning of a drain; and as the last thing
  // before the process ends (write what must be written; may wait).
  void on_reload(std::function<void()> f) { reload_ = std::move(f); }
  void on_drain(std::function<void()> f) { drain_ = std::move(f); }
  void on_stop(std::function<io::Task<void>()> f) { stop_ = std::move(f); }
  // A counter that `postern status` shows.  The reference lives as long as the daemon.
  std::uint64_t& counter(const std::string& name) { return counters_[name]; }

 private:
  friend int run(int argc, char** argv, Spec spec);
  struct Runner;  // service/daemon.cc
  static int main(Spec spec, CommandLine line);
  Spec spec_;
  Config config_;
  std::unique_ptr<io::Loop> loop_;
  std::shared_ptr<io::TlsContext> tls_;
  Tally tally_;
  Sessions sessions_;
  SessionFn session_;
  std::vector<std::pair<std::string, base::Fd>> listeners_;
  std::function<void()> reload_, drain_, clients_changed_;
  std::function<io::Task<void>()> stop_;
  std::map<std::string, std::uint64_t> counters_;
  std::size_t own_clients_ = 0;
};

}  // namespace postern::service
