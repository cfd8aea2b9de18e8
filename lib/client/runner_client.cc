#include "client/runner_client.h"

#include <utility>

#include "ipc/typed.h"
#include "proto/runner.pb.h"

namespace postern::client {
namespace {

using base::fail;
using base::Fault;
using base::Result;

using Answer = Result<ipc::Typed<runner::Reply>>;

Answer refused(Answer answer) {
  if (!answer || !answer->message.has_error()) return answer;
  const auto& e = answer->message.error();
  return fail(e.temporary() ? Fault::temporary : Fault::permanent, e.what(), e.code());
}

std::unexpected<base::Error> unexpected_answer() {
  return fail(Fault::temporary, "runner: unexpected answer", "UNAVAILABLE");
}

RunResult::How how_of(runner::Ran::How how) {
  switch (how) {
    case runner::Ran::EXITED: return RunResult::How::exited;
    case runner::Ran::TIME: return RunResult::How::time;
    case runner::Ran::OUTPUT: return RunResult::How::output;
    default: return RunResult::How::signaled;
  }
}

}  // namespace

std::string RunResult::why() const {
  std::string out = how == How::exited     ? "exit status " + std::to_string(status)
                    : how == How::signaled ? "ended by signal " + std::to_string(status)
                    : how == How::time     ? "ran too long"
                                           : "wrote too much";
  return complaint.empty() ? out : out + ": " + complaint;
}

RunnerClient::RunnerClient(io::Loop& loop, std::string path) : channel_(loop, std::move(path), "runner/1") {}

io::Task<Result<RunResult>> RunnerClient::run(RunRequest wanted) {
  runner::Request request;
  runner::Run& run = *request.mutable_run();
  run.set_command(std::move(wanted.command));
  for (auto& a : wanted.arguments) run.add_arguments(std::move(a));
  for (auto& [name, value] : wanted.environment) (*run.mutable_environment())[name] = std::move(value);
  run.set_within_ms(wanted.within_ms);
  run.set_id(std::move(wanted.id));
  std::vector<base::Fd> fds;
  if (wanted.input) fds.push_back(std::move(wanted.input));
  auto called = co_await ipc::call_typed<runner::Reply>(channel_, request, std::move(fds), kRunDeadlineMs);
  Answer answer = refused(std::move(called));
  if (!answer) co_return base::pass(answer);
  if (!answer->message.has_ran() || answer->fds.size() != 1) co_return unexpected_answer();
  runner::Ran& ran = *answer->message.mutable_ran();
  RunResult out;
  out.how = how_of(ran.how());
  out.status = ran.status();
  out.gives = std::move(*ran.mutable_gives());
  out.complaint = std::move(*ran.mutable_complaint());
  out.output = std::move(answer->fds[0]);
  out.output_bytes = ran.output_bytes();
  co_return out;
}

io::Task<Result<std::vector<std::string>>> RunnerClient::list() {
  runner::Request request;
  request.mutable_list();
  auto called = co_await ipc::call_typed<runner::Reply>(channel_, request);
  Answer answer = refused(std::move(called));
  if (!answer) co_return base::pass(answer);
  if (!answer->message.has_names()) co_return unexpected_answer();
  const auto& names = answer->message.names().names();
  co_return std::vector<std::string>(names.begin(), names.end());
}

}  // namespace postern::client
