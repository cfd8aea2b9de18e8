// One run of a listed program, from the request to the answer: what it asks is checked against the row, its input is
// copied, a keeper runs it, and its output is sealed.
// Runs in: runner, loop thread; copying on a worker.  The request is hostile, and so is what the program writes.
// Limits: cmd/runner/limits.h and the row.  Tests: t/system/test_runner.py
#pragma once
#include <string>

#include "base/file.h"
#include "base/result.h"
#include "io/loop.h"
#include "io/sync.h"
#include "proto/runner.pb.h"
#include "service/commands.h"
#include "service/config.h"

namespace postern::runner {

// What postern.conf says.
struct Settings {
  service::Commands commands;
  service::CommandLimits limits;  // of rows that name none
  std::uint64_t input = 0;
  static base::Result<Settings> read(const service::Config& config);
};

// A row with all its limits.  REQUIRES: `command` lives as long.
struct Allowed {
  const service::Command& command;
  service::CommandLimits limits;
};

// The request as it may be carried out: words and variables filled in.  Codes of proto/runner.proto.
base::Result<std::vector<std::string>> fill_words(const service::Command& row, const Run& run);
base::Result<std::vector<std::string>> fill_environment(const Run& run);

struct Finished {
  Ran ran;
  base::Fd output;
};
// REQUIRES: `run` was checked by nobody; `input` is what came with it, if anything.
io::Task<base::Result<Finished>> carry_out(io::Loop& loop, Settings settings, Run run, base::Fd input);

}  // namespace postern::runner
