#include "cmd/runner/keeper.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

#include "base/system.h"
#include "cmd/runner/limits.h"
#include "service/options.h"

namespace postern::runner {
namespace {

// Where the keeper's descriptors are: moved there, so that all others can be closed.
constexpr int kLink = 3, kFailed = 4, kFailedWrite = 5;

// A program without `network` makes no socket of any kind, not even to a daemon on this machine.
void forbid_sockets() {
  static sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
  };
  static const sock_fprog program = {static_cast<unsigned short>(std::size(filter)), filter};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) ::_exit(126);
}

void limit(__rlimit_resource what, std::uint64_t n) {
  rlimit l{n, n};
  if (n == service::kNone || ::setrlimit(what, &l) == 0) return;
  // A limit that is lower already cannot be raised, and need not be.
  if (::getrlimit(what, &l) != 0 || l.rlim_cur > n) ::_exit(126);
}

// Becomes the program; `argv` and `env` end with nullptr.
[[noreturn]] void become_program(const Job& job, char* const* argv, char* const* env) {
  ::setsid();
  ::umask(077);
  if (::chdir("/") != 0) ::_exit(126);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_NOFILE, kMaxFiles);
  limit(RLIMIT_CPU, job.ms / 1000 + 1);
  limit(RLIMIT_FSIZE, job.output_bytes + 1);  // one more than allowed shows that there was more
  limit(RLIMIT_NPROC, job.processes);
  limit(RLIMIT_AS, job.memory);
  if (!job.network) forbid_sockets();
  ::execve(argv[0], argv, env);
  int error = errno;
  [[maybe_unused]] auto n = ::write(kFailedWrite, &error, sizeof error);
  ::_exit(127);
}

// The children of this process, as the kernel lists them; at most as many as fit.
std::size_t list_children(pid_t (&out)[256]) {
  static char path[64], text[4096];
  std::snprintf(path, sizeof path, "/proc/self/task/%d/children", static_cast<int>(::getpid()));
  int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  auto n = ::read(fd, text, sizeof text - 1);
  ::close(fd);
  text[n < 0 ? 0 : n] = 0;
  std::size_t count = 0;
  for (char* at = text; count < std::size(out);) {
    char* end = nullptr;
    long pid = std::strtol(at, &end, 10);
    if (end == at) break;
    // The last number may have been cut.
    if (*end == 0 && n == static_cast<ssize_t>(sizeof text - 1)) break;
    out[count++] = static_cast<pid_t>(pid);
    at = end;
  }
  return count;
}

// Kills until nobody is left.  A process whose parent dies becomes our child, so that no one is out of reach; turns quickly,
// because a program that forks and ends all the time has another number at each look.
void kill_all(pid_t session, int& status, rusage& used) {
  static pid_t children[256];
  for (;;) {
    ::kill(-session, SIGKILL);
    for (std::size_t i = 0, n = list_children(children); i < n; ++i) ::kill(children[i], SIGKILL);
    for (;;) {
      int st = 0;
      rusage u{};
      pid_t pid = ::wait4(-1, &st, WNOHANG, &u);
      if (pid < 0 && errno == ECHILD) return;
      if (pid <= 0) break;
      if (pid == session) {
        status = st;
        used = u;
      }
    }
    ::sched_yield();
  }
}

// Until the program ends, its time is over or runner has gone.  True when it was the time.
bool wait_for(pid_t program, std::uint64_t ms) {
  int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, program, 0));
  pollfd watched[] = {{kLink, POLLIN, 0}, {pidfd, POLLIN, 0}};
  std::uint64_t end = base::monotonic_ms() + ms;
  for (;;) {
    std::uint64_t now = base::monotonic_ms();
    if (now >= end) return true;
    int n = ::poll(watched, 2, static_cast<int>(std::min<std::uint64_t>(end - now, 60'000)));
    if (n > 0) return false;
    if (n < 0 && errno != EINTR) return false;
  }
}

int duplicate_high(int fd) { return ::fcntl(fd, F_DUPFD_CLOEXEC, 64); }

// Moves the descriptors to 0 to 3 and closes all others.
void arrange(const Job& job, int link) {
  int from[] = {duplicate_high(job.input), duplicate_high(job.output), duplicate_high(job.errors), duplicate_high(link)};
  for (int i = 0; i < 4; ++i)
    if (from[i] < 0 || ::dup2(from[i], i) < 0) ::_exit(126);
  ::fcntl(kLink, F_SETFD, FD_CLOEXEC);
  ::close_range(kLink + 1, ~0u, 0);
}

[[noreturn]] void keep(const Job& job, int link, char* const* argv, char* const* env) {
  for (int sig = 1; sig < 32; ++sig) ::signal(sig, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::setsid();
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  arrange(job, link);
  int failed[2];
  if (::pipe2(failed, O_CLOEXEC) != 0 || failed[0] != kFailed || failed[1] != kFailedWrite) ::_exit(126);
  Verdict v;
  pid_t program = ::fork();
  if (program == 0) become_program(job, argv, env);
  int forked = errno;
  ::close(kFailedWrite);
  int error = program > 0 ? 0 : forked;
  if (program > 0) {
    bool late = wait_for(program, job.ms);
    int status = 0;
    rusage used{};
    kill_all(program, status, used);
    v.peak_kb = static_cast<std::uint64_t>(used.ru_maxrss);
    v.how = late ? Verdict::time : WIFEXITED(status) ? Verdict::exited : Verdict::signaled;
    v.status = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
    if (::read(kFailed, &error, sizeof error) != sizeof error) error = 0;
  }
  if (error != 0) v = {Verdict::not_started, error, 0};
  [[maybe_unused]] auto n = ::send(kLink, &v, sizeof v, MSG_NOSIGNAL);
  ::_exit(0);
}

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> out;
  for (const auto& w : words) out.push_back(const_cast<char*>(w.c_str()));
  out.push_back(nullptr);
  return out;
}

}  // namespace

base::Result<Keeper> start_keeper(const Job& job) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
    return std::unexpected(base::sys_error("socketpair"));
  Keeper out{-1, base::Fd(ends[0])};
  base::Fd other(ends[1]);
  auto argv = pointers(job.argv), env = pointers(job.env);
  out.pid = ::fork();
  if (out.pid == 0) keep(job, other.get(), argv.data(), env.data());
  if (out.pid < 0) return std::unexpected(base::sys_error("fork"));
  return out;
}

}  // namespace postern::runner
