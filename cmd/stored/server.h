// The running store: answers calls, waits for their flush, sends hints, does the work behind.
// Threads: the loop's thread is the store thread (decides, reads, commits); two flush threads make bodies and the
// log durable; workers write large bodies, checkpoint and copy.  Runs in: stored.
#pragma once
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "blob/blob_store.h"
#include "cmd/stored/audit.h"
#include "cmd/stored/flusher.h"
#include "cmd/stored/tickets.h"
#include "cmd/stored/watches.h"
#include "io/loop.h"
#include "ipc/server.h"
#include "kv/engine.h"
#include "service/daemon.h"
#include "store/store.h"

namespace postern::stored_daemon {

struct Limits {
  std::uint64_t checkpoint_log = 64u << 20;
  std::uint64_t checkpoint_seconds = 60;
};

class Server {
 public:
  // Opens everything below var_dir; see folders in stored(8).
  static base::Result<std::shared_ptr<Server>> open(service::Daemon& daemon);
  ~Server();
  // Takes the listeners and begins to answer.
  void begin();
  // Answers what is under way, makes it durable, closes the environment.
  io::Task<void> stop();

 private:
  Server(service::Daemon& daemon, std::unique_ptr<kv::Engine> engine, std::unique_ptr<blob::Writer> blobs,
         std::unique_ptr<Tickets> tickets, Limits limits);
  io::Task<void> serve(ipc::Call c);
  io::Task<void> run(ipc::Call c, std::shared_ptr<store::Call> call);
  io::Task<void> run_once(ipc::Call c, std::shared_ptr<store::Call> call);
  base::Result<> admit(ipc::Call& c, store::Call& call);
  base::Result<> admit_targets(const std::string& listener, store::Call& call);
  void apply_watches(const ipc::Call& c, const store::Call& call);
  void tell_watchers(const ipc::Call& c, const store::Call& call, const std::vector<store::Changed>& changed);
  io::Task<void> maintain();      // checkpoints and base copies
  io::Task<void> work_behind();   // purges, in slices
  io::Task<void> checkpoint();
  // The disk may hold other things than we think: answer with errors what waits, and end; the next start
  // recovers.
  void give_up(const base::Error& why);
  void count();

  service::Daemon& daemon_;
  io::Loop& loop_;
  Limits limits_;
  std::unique_ptr<kv::Engine> engine_;
  std::unique_ptr<blob::Writer> blobs_;
  std::unique_ptr<Tickets> tickets_;
  std::shared_ptr<Audit> audit_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Flusher> bodies_, log_;
  Watches watches_;
  std::unique_ptr<ipc::Server> server_;
  // Writes under way, by (client, sequence): a repeated one waits for the first, whose connection broke.
  std::set<std::pair<std::uint64_t, std::uint64_t>> running_;
  io::TaskGroup tasks_;
  io::Timer end_timer_;
  bool checkpointing_ = false, stopping_ = false;
  std::uint64_t last_checkpoint_ = 0, last_copy_ = 0;
};

}  // namespace postern::stored_daemon
