// The calls of lib/proto/sieve.proto.  A run is one coroutine: it compiles, steps, asks, is answered, and ends with its
// outcome.  Most runs cost less than waking a worker: each is tried on the loop's thread with a small budget, and only what
// needs more goes to a worker, from its beginning.  A step that neither ends nor keeps its budget takes the process down,
// which the other callers survive by running again.
// Runs in: sieved, loop thread; long steps and compilations on workers.  Peers: front ends that may have been taken over;
// scripts and messages: hostile.  Tests: t/system/test_sieve.py
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "cmd/sieved/cache.h"
#include "cmd/sieved/settings.h"
#include "cmd/sieved/stuck_watch.h"
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
  struct Block;

  io::Task<void> serve(ipc::Call call);
  io::Task<void> check(ipc::Call call, std::string script);
  // REQUIRES: `asked` outlives the task.
  io::Task<void> run(ipc::Call call, sieved::Run& asked);
  // A run as far as it came at once: to its end, to a question, or nowhere.
  struct Started {
    std::shared_ptr<sieve::Interpreter> interpreter;
    const sieve::Question* question = nullptr;   // the interpreter's
    std::optional<sieve::Outcome> outcome;
  };
  Started begin_quickly(sieve::RunInput input);
  io::Task<void> run_on(ipc::Call call, Started started, const sieved::Run& asked,
                        std::shared_ptr<const sieve::MessageSource> message);
  void end(ipc::Call& call, base::Result<sieve::Outcome> outcome, const sieve::MessageSource& message);
  sieved::Reply take_answer(const ipc::Call& call, sieved::Answer answer);
  sieved::Reply described() const;
  // The programs of a stack, compiled where the cache has none.  An error is a reply: NEED_TEXT, INVALID.
  using Programs = std::vector<Cached>;
  io::Task<base::Result<Programs>> programs(const sieved::Run& run, std::vector<std::string>& need);
  static std::string key_of(std::string_view sha256, bool imap_event, bool global);
  io::Task<Cached> compiled(std::string sha256, std::string text, bool imap_event, bool global);
  io::Task<base::Result<sieve::Outcome>> evaluate(ipc::Call& call, Started started, std::uint64_t id, bool imap_event);
  io::Task<base::Result<sieve::Answer>> ask(ipc::Call& call, Run& run, const sieve::Question& question, bool imap_event);
  // It was sent to a sieved that went down before it answered.
  bool is_older(const sieved::Run& run) const;
  void look_for_stuck();

  service::Daemon& daemon_;
  io::Loop& loop_;
  Settings settings_;
  std::int64_t began_at_;            // unix seconds
  std::uint64_t new_until_;          // monotonic ms
  Cache cache_;
  std::unique_ptr<char[]> spare_;
  std::map<std::uint64_t, Run> runs_;
  std::uint64_t last_run_ = 0;
  io::Timer watchdog_;
  StuckWatch quick_;
  std::uint64_t& ran_;
  std::uint64_t& compiled_;
  std::unique_ptr<ipc::Server> server_;   // last: its handlers use everything above
};

}  // namespace postern::sieved_daemon
