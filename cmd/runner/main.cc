// runner: starts the programs that postern.conf lists, and no others, for the daemons that may not.  It may start
// programs, read what its settings name, and change the folders of runner.write; sockets of its own it has none.
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "cmd/runner/limits.h"
#include "cmd/runner/run.h"
#include "io/turns.h"
#include "ipc/server.h"
#include "ipc/typed.h"
#include "service/daemon.h"

using namespace postern;

namespace {

struct Shared {
  explicit Shared(service::Daemon& d) : daemon(d), loop(d.loop()), turns(d.config().number("runner.at_once"), runner::kMaxWaiting) {}
  service::Daemon& daemon;
  io::Loop& loop;
  runner::Settings settings;
  io::Turns turns;
  std::unique_ptr<ipc::Server> server;

  base::Result<> configure() {
    auto s = runner::Settings::read(daemon.config());
    if (!s) return base::pass(s);
    settings = std::move(*s);
    return {};
  }
};

void answer_error(ipc::Call& call, const base::Error& e) {
  runner::Reply reply;
  reply.mutable_error()->set_code(e.code.empty() ? "UNAVAILABLE" : e.code);
  reply.mutable_error()->set_what(e.what);
  reply.mutable_error()->set_temporary(e.fault == base::Fault::temporary);
  call.reply(reply.SerializeAsString());
}

void log_run(const runner::Run& run, const runner::Ran& ran) {
  bool well = ran.how() == runner::Ran::EXITED && ran.status() == 0;
  base::log(well ? base::Level::debug : base::Level::warning, "ran",
            {{"id", run.id()}, {"command", run.command()}, {"how", base::to_lower(runner::Ran::How_Name(ran.how()))},
             {"status", ran.status()}, {"ms", ran.milliseconds()}, {"peak_kb", ran.peak_kb()}, {"output", ran.output_bytes()},
             {"said", ran.complaint()}});
}

io::Task<void> run(Shared& shared, ipc::Call call, runner::Run wanted) {
  auto turn = co_await shared.turns.take();
  if (!turn) co_return answer_error(call, {base::Fault::temporary, "64 programs wait for their turn already", "BUSY"});
  // Who has gone meanwhile wants no answer.
  if (call.peer().gone()) co_return call.reply({});
  ++shared.daemon.counter("runs");
  base::Fd input = call.fds.empty() ? base::Fd() : std::move(call.fds[0]);
  auto task = runner::carry_out(shared.loop, shared.settings, wanted, std::move(input));
  auto done = co_await std::move(task);
  if (!done) {
    ++shared.daemon.counter("refused");
    base::log(base::Level::warning, "not_run", {{"id", wanted.id()}, {"command", wanted.command()}, {"error", done.error().what}});
    co_return answer_error(call, done.error());
  }
  log_run(wanted, done->ran);
  runner::Reply reply;
  *reply.mutable_ran() = std::move(done->ran);
  std::vector<base::Fd> fds;
  fds.push_back(std::move(done->output));
  call.reply(reply.SerializeAsString(), std::move(fds));
}

void list(Shared& shared, ipc::Call& call) {
  runner::Reply reply;
  auto& names = *reply.mutable_names();
  for (const auto& [name, command] : shared.settings.commands)
    if (::access(command.argv[0].c_str(), X_OK) == 0) names.add_names(name);
  call.reply(reply.SerializeAsString());
}

io::Task<void> answer(Shared& shared, ipc::Call call) {
  auto request = ipc::parse<runner::Request>(call.payload);
  if (!request || call.fds.size() > 1) {
    answer_error(call, {base::Fault::permanent, "malformed request", "BAD_ARGUMENT"});
    co_return;
  }
  if (request->has_list()) co_return list(shared, call);
  if (!request->has_run()) co_return answer_error(call, {base::Fault::permanent, "unknown method", "BAD_ARGUMENT"});
  auto task = run(shared, std::move(call), std::move(*request->mutable_run()));
  co_await std::move(task);
}

base::Result<> start(service::Daemon& d) {
  auto shared = std::make_shared<Shared>(d);
  if (auto ok = shared->configure(); !ok) return ok;
  shared->server = std::make_unique<ipc::Server>(d.loop(), "runner/1", [s = shared.get()](ipc::Call c) { return answer(*s, std::move(c)); });
  for (auto& [name, fd] : d.take_listeners()) shared->server->add_listener(std::move(fd), name);
  d.on_reload([shared] {
    if (auto ok = shared->configure(); !ok) base::log(base::Level::error, "reload_failed", {{"error", ok.error().what}});
  });
  d.on_stop([shared] {
    shared->server->drain();
    return shared->server->drained();
  });
  return {};
}

service::Privileges privileges(const service::Config& c) {
  service::Privileges p{.read = {c.dir()}, .run_programs = true};
  p.write = c.list("runner.write");
  p.execute = c.list("runner.read");
  auto commands = service::parse_commands(c.raw("runner.command"));
  if (!commands) return p;
  for (const auto& [name, command] : *commands) {
    p.execute.push_back(command.argv[0]);
    p.dial_inet = p.dial_inet || command.network;
  }
  return p;
}

}  // namespace

int main(int argc, char** argv) {
  return service::run(argc, argv,
                      {.program = "runner",
                       .summary = "runs the programs that postern.conf lists",
                       .start = start,
                       .privileges = privileges});
}
