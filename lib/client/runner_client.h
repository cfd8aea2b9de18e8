// The way to runner, the one process that starts other programs: those that postern.conf lists.
// Runs in: indexer, and whoever carries out Sieve's pipe, filter, execute and mail.  One a process.  What comes back was
// written by a program that read hostile input: hostile.
//
//   auto ran = co_await runner.run({.command = "text:application/pdf", .input = std::move(memfd)});
//   if (ran && ran->ok()) use(ran->output, ran->output_bytes);
//
// A run whose answer was lost because runner went down is asked for again: a program may run twice.
// Tests: t/system/test_runner.py
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "io/loop.h"
#include "io/task.h"
#include "ipc/channel.h"

namespace postern::client {

struct RunRequest {
  std::string command;                             // a row of runner.command
  std::vector<std::string> arguments = {};         // as many as the row allows
  std::map<std::string, std::string> environment = {};  // HOST USER SENDER RECIPIENT ORIG_RECIPIENT
  base::Fd input = {};                             // a regular file or memfd, read from its start; none: empty
  std::uint32_t within_ms = 0;                     // 0: the row's limit
  std::string id = {};                             // for the log
};

struct RunResult {
  enum class How { exited, signaled, time, output };
  How how = How::exited;
  int status = 0;             // exit status or signal
  std::string gives;          // media type of the output, as the row says
  std::string complaint;      // the beginning of standard error, printable
  base::Fd output;            // a sealed memfd
  std::uint64_t output_bytes = 0;
  bool ok() const { return how == How::exited && status == 0; }
  // "exit status 3: cannot open", fit to be logged.
  std::string why() const;
};

class RunnerClient {
 public:
  RunnerClient(io::Loop& loop, std::string socket_path);
  // Errors: nothing was run.  Codes NOT_FOUND, NOT_INSTALLED, BAD_ARGUMENT, TOO_LARGE; BUSY and UNAVAILABLE are temporary.
  // Waits for its turn, so up to kRunDeadlineMs.
  io::Task<base::Result<RunResult>> run(RunRequest request);
  // The commands that are listed and installed.
  io::Task<base::Result<std::vector<std::string>>> list();

 private:
  ipc::Channel channel_;
};

inline constexpr std::uint64_t kRunDeadlineMs = 600'000;

}  // namespace postern::client
