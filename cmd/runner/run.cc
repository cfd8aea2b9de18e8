#include "cmd/runner/run.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "base/log.h"
#include "base/system.h"
#include "base/text.h"
#include "cmd/runner/keeper.h"
#include "cmd/runner/limits.h"

namespace postern::runner {
namespace {

using base::fail;
using base::Fault;
using base::Result;
using service::kNone;

std::string program_missing(const std::string& program) { return program + " is not installed"; }

Result<base::Fd> new_memfd(const char* name) {
  base::Fd fd(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return std::unexpected(base::sys_error("memfd_create"));
  return fd;
}

// A copy of what `from` holds now: nobody can change it under the program, and its position is its own.
Result<base::Fd> copy_input(const base::Fd& from, std::uint64_t most) {
  auto to = new_memfd("postern-input");
  if (!to || !from) return to;
  struct stat st{};
  if (::fstat(from.get(), &st) != 0 || !S_ISREG(st.st_mode))
    return fail(Fault::permanent, "standard input is no file", "BAD_ARGUMENT");
  if (static_cast<std::uint64_t>(st.st_size) > most)
    return fail(Fault::limit, "standard input is larger than runner.input allows", "TOO_LARGE");
  std::string piece(std::min<std::size_t>(static_cast<std::size_t>(st.st_size), 256u << 10), '\0');
  for (off_t at = 0; at < st.st_size;) {
    auto want = std::min<std::size_t>(piece.size(), static_cast<std::size_t>(st.st_size - at));
    ssize_t n = ::pread(from.get(), piece.data(), want, at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(base::sys_error("reading standard input"));
    if (n == 0) break;  // it has become shorter
    if (auto ok = base::write_all(to->get(), std::string_view(piece).substr(0, static_cast<std::size_t>(n))); !ok) return pass(ok);
    at += n;
  }
  ::lseek(to->get(), 0, SEEK_SET);
  return to;
}

// The kernel's limit on processes counts all of a user: those that there are now, and what the program may add.
std::uint64_t processes_now() {
  std::uint64_t n = 0;
  std::unique_ptr<DIR, int (*)(DIR*)> proc(::opendir("/proc"), ::closedir);
  while (dirent* e = proc ? ::readdir(proc.get()) : nullptr) {
    if (!base::is_digit(e->d_name[0])) continue;
    std::string path = std::string("/proc/") + e->d_name;
    struct stat st{};
    if (::stat(path.c_str(), &st) != 0 || st.st_uid != ::getuid()) continue;
    auto status = base::read_file(path + "/status", 64u << 10);
    auto at = status ? status->find("\nThreads:") : std::string::npos;
    auto words = at == std::string::npos ? std::vector<std::string_view>() : base::split_blank(std::string_view(*status).substr(at + 9, 20));
    n += words.empty() ? 1 : base::parse_u64(words[0].substr(0, words[0].find('\n'))).value_or(1);
  }
  return n;
}

service::CommandLimits limits_of(const service::Command& row, const service::CommandLimits& usual) {
  auto either = [](std::uint64_t own, std::uint64_t other) { return own ? own : other; };
  return {either(row.limits.seconds, usual.seconds), either(row.limits.memory, usual.memory),
          either(row.limits.output, usual.output), either(row.limits.processes, usual.processes)};
}

// Cancelling a run closes the keeper's link, which ends the program.
io::Task<Result<Verdict>> verdict_of(io::Loop& loop, Keeper keeper, std::uint64_t ms) {
  bool said = co_await loop.readable(keeper.link.get(), ms + kVerdictGraceMs);
  Verdict v;
  bool whole = said && ::recv(keeper.link.get(), &v, sizeof v, 0) == sizeof v;
  if (!whole) ::kill(keeper.pid, SIGKILL);
  keeper.link.reset();
  int status = 0;
  auto reaped = [pid = keeper.pid, &status] { return ::waitpid(pid, &status, WNOHANG) != 0; };
  // It ends right after its verdict.
  while (!reaped()) co_await loop.sleep(1);
  if (!whole) co_return fail(Fault::temporary, "the keeper of the program ended without an answer", "UNAVAILABLE");
  co_return v;
}

std::string first_words(const base::Fd& errors) {
  std::string text(kMaxComplaint, '\0');
  ssize_t n = ::pread(errors.get(), text.data(), text.size(), 0);
  text.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
  return std::string(base::printable(base::trim(text), kMaxComplaint)).substr(0, kMaxComplaint);
}

Ran judge(const Verdict& v, const service::CommandLimits& limits, const base::Fd& output) {
  Ran ran;
  struct stat st{};
  ::fstat(output.get(), &st);
  auto size = static_cast<std::uint64_t>(st.st_size);
  ran.set_how(v.how == Verdict::time || (v.how == Verdict::signaled && v.status == SIGXCPU) ? Ran::TIME
              : size > limits.output                                                        ? Ran::OUTPUT
              : v.how == Verdict::exited                                                    ? Ran::EXITED
                                                                                            : Ran::SIGNALED);
  if (size > limits.output && ::ftruncate(output.get(), static_cast<off_t>(limits.output)) == 0) size = limits.output;
  ran.set_status(v.status);
  ran.set_output_bytes(size);
  ran.set_peak_kb(v.peak_kb);
  return ran;
}

}  // namespace

Result<Settings> Settings::read(const service::Config& c) {
  auto commands = service::parse_commands(c.raw("runner.command"));
  if (!commands) return pass(commands);
  return Settings{std::move(*commands),
                  {c.number("runner.time"), c.number("runner.memory"), c.number("runner.output"), c.number("runner.processes")},
                  c.number("runner.input")};
}

io::Task<Result<Finished>> carry_out(io::Loop& loop, Settings settings, Run run, base::Fd input) {
  auto row = settings.commands.find(run.command());
  if (row == settings.commands.end())
    co_return fail(Fault::permanent, "no row of runner.command is named " + base::printable(run.command(), 80), "NOT_FOUND");
  const service::Command& command = row->second;
  auto limits = limits_of(command, settings.limits);
  auto words = fill_words(command, run);
  if (!words) co_return base::pass(words);
  auto environment = fill_environment(run);
  if (!environment) co_return base::pass(environment);
  if (::access(command.argv[0].c_str(), X_OK) != 0)
    co_return fail(Fault::permanent, program_missing(command.argv[0]), "NOT_INSTALLED");

  auto copy = co_await loop.blocking([from = std::move(input), most = settings.input] { return copy_input(from, most); });
  if (!copy) co_return base::pass(copy);
  auto output = new_memfd("postern-output");
  if (!output) co_return base::pass(output);
  auto errors = new_memfd("postern-errors");
  if (!errors) co_return base::pass(errors);

  Job job;
  job.argv = std::move(*words);
  job.env = std::move(*environment);
  job.input = copy->get();
  job.output = output->get();
  job.errors = errors->get();
  job.ms = std::min<std::uint64_t>(limits.seconds * 1000, run.within_ms() ? run.within_ms() : kNone);
  job.memory = limits.memory;
  job.output_bytes = limits.output;
  job.processes = processes_now() + 1 + limits.processes;  // and the keeper
  job.network = command.network;
  auto began = base::monotonic_ms();
  auto keeper = start_keeper(job);
  if (!keeper) co_return base::pass(keeper);
  auto waiting = verdict_of(loop, std::move(*keeper), job.ms);
  auto verdict = co_await std::move(waiting);
  if (!verdict) co_return base::pass(verdict);
  if (verdict->how == Verdict::not_started)
    co_return std::unexpected(base::sys_error("starting " + command.argv[0], verdict->status));
  Finished out{judge(*verdict, limits, *output), std::move(*output)};
  out.ran.set_milliseconds(static_cast<std::uint32_t>(base::monotonic_ms() - began));
  out.ran.set_gives(command.gives);
  out.ran.set_complaint(first_words(*errors));
  ::fcntl(out.output.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
  co_return out;
}

}  // namespace postern::runner
