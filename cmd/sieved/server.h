// The calls of lib/proto/sieve.proto.  A run is one coroutine: it compiles, steps on a worker, asks, is answered, and
// ends with its outcome.  A step that neither ends nor keeps its budget takes the process down, which the other callers
// survive by running again.
// Runs in: sieved, loop thread; steps and compilations on workers.  Peers: front ends that may have been taken over;
// scripts and messages: hostile.  Tests: t/system/test_sieve.py
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "cmd/sieved/cache.h"
#include "cmd/sieved/settings.h"
#include "io/sync.h"
#include "ipc/server.h"
#include "proto/sieve.pb.h"
#include "service/daemon.h"

namespace postern::sieved_daemon {

class Server {
 public:
  explicit Server(service::Daemon& daemon);
  void begin();
  io::Task<void> stop();

 private:
  // A run that waits for an answer, or steps.
  struct Run {
    std::uint32_t peer = 0;
    bool asking = false, gone = false;   // gone: its caller
    std::optional<sieved::Answer> answer;
    io::Notifier answered;
    std::uint64_t stepping_since = 0;   // monotonic ms; 0: it is not
  };
  // Takes a run out of the table with the coroutine that runs it.
  struct Registered;

  io::Task<void> serve(ipc::Call call);
  io::Task<void> check(ipc::Call call, sieved::Request request);
  io::Task<void> run(ipc::Call call, sieved::Request request);
  sieved::Reply take_answer(const ipc::Call& call, sieved::Answer answer);
  sieved::Reply described() const;
  // The programs of a stack, compiled where the cache has none.  An error is a reply: NEED_TEXT, INVALID.
  using Programs = std::vector<Cached>;
  io::Task<base::Result<Programs>> programs(const sieved::Run& run, std::vector<std::string>& need);
  io::Task<Cached> compiled(std::string sha256, std::string text, bool imap_event);
  io::Task<base::Result<sieve::Outcome>> evaluate(ipc::Call& call, std::shared_ptr<sieve::Interpreter> interpreter,
                                                  std::uint64_t id, bool imap_event);
  io::Task<base::Result<sieve::Answer>> ask(ipc::Call& call, Run& run, const sieve::Question& question, bool imap_event);
  void look_for_stuck();

  service::Daemon& daemon_;
  io::Loop& loop_;
  Settings settings_;
  Cache cache_;
  std::map<std::uint64_t, Run> runs_;
  std::uint64_t last_run_ = 0;
  io::Timer watchdog_;
  std::uint64_t& ran_;
  std::uint64_t& compiled_;
  std::unique_ptr<ipc::Server> server_;   // last: its handlers use everything above
};

}  // namespace postern::sieved_daemon
