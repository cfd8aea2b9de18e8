#include "cmd/master/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/text.h"

extern char** environ;

namespace postern::master {
namespace {

constexpr int kFirstSocket = 3;    // SD_LISTEN_FDS_START
constexpr int kExitNotSetUp = 71;  // EX_OSERR
constexpr int kExitNotRun = 127;
constexpr std::string_view kKept[] = {"PATH",          "TZ", "LANG", "ASAN_OPTIONS", "UBSAN_OPTIONS",
                                      "JOURNAL_STREAM"};

// argv or envp and what it points to.
class Strings {
 public:
  void add(std::string s) { owned_.push_back(std::move(s)); }
  char** list() {
    list_.clear();
    for (auto& s : owned_) list_.push_back(s.data());
    list_.push_back(nullptr);
    return list_.data();
  }

 private:
  std::vector<std::string> owned_;
  std::vector<char*> list_;
};

Strings arguments(const Launch& l) {
  Strings out;
  out.add(l.program);
  out.add("-C");
  out.add(l.conf_dir);
  out.add("--service=" + l.service.name);
  if (l.service.clients) out.add("--clients=" + std::to_string(*l.service.clients));
  if (!l.service.user.empty() && ::geteuid() == 0) out.add("--user=" + l.service.user);
  if (l.log_to_syslog) out.add("--log=syslog");
  for (const auto& [key, value] : l.service.options) out.add("--" + key + "=" + value);
  return out;
}

bool is_kept(std::string_view variable) {
  auto name = variable.substr(0, variable.find('='));
  if (name == "POSTERN_CONTROL" || name == "POSTERN_TALLY") return false;
  return name.starts_with("POSTERN_") || std::ranges::find(kKept, name) != std::end(kKept);
}

// LISTEN_PID is set in the child, which alone knows it.
Strings environment(const Launch& l, int control_fd) {
  Strings out;
  for (char** v = environ; *v; ++v)
    if (is_kept(*v)) out.add(*v);
  std::vector<std::string> names;
  for (const auto& s : l.sockets) names.push_back(s.name);
  out.add("POSTERN_CONTROL=" + std::to_string(control_fd));
  if (l.tally_fd >= 0) out.add("POSTERN_TALLY=" + std::to_string(control_fd + 1) + ":" + std::to_string(l.column));
  if (names.empty()) return out;
  out.add("LISTEN_FDS=" + std::to_string(names.size()));
  out.add("LISTEN_FDNAMES=" + base::join(names, ":"));
  out.add("LISTEN_PID=" + std::to_string(::getpid()));
  return out;
}

void default_signals() {
  for (int s = 1; s < NSIG; ++s) ::signal(s, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

bool set_limits(const ServiceSpec& s) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return false;
  files.rlim_cur = files.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &files) != 0) return false;
  // No core dumps: they would hold mail and passwords.  The hard limit stays, for who must debug.
  rlimit core{};
  if (::getrlimit(RLIMIT_CORE, &core) != 0) return false;
  core.rlim_cur = 0;
  if (::setrlimit(RLIMIT_CORE, &core) != 0) return false;
  if (!kLimitsMemory || !s.memory) return true;
  rlimit data{*s.memory, *s.memory};
  return ::setrlimit(RLIMIT_DATA, &data) == 0;
}

// Puts `fds` at kFirstSocket and up, whatever their numbers are now.
bool place(std::vector<int> fds) {
  int above = kFirstSocket + static_cast<int>(fds.size());
  for (int& fd : fds)
    if ((fd = ::fcntl(fd, F_DUPFD_CLOEXEC, above)) < 0) return false;
  for (std::size_t i = 0; i < fds.size(); ++i)
    if (::dup2(fds[i], kFirstSocket + static_cast<int>(i)) < 0) return false;
  int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  return null >= 0 && ::dup2(null, 0) == 0 && ::dup2(null, 1) == 1;
}

// In the child.  master has one thread, so that everything may be called here; but the log's descriptor may
// be one of those that sockets are put on, hence stderr.
[[noreturn]] void become(const Launch& l, const std::vector<int>& fds, int control_fd, pid_t master) {
  ::setsid();
  default_signals();
  // The kernel forgets this when the program changes its user; that program sees its control socket close.
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != master) ::_exit(0);
  auto argv = arguments(l);
  auto envp = environment(l, control_fd);
  const char* step = "set limits";
  if (set_limits(l.service)) {
    step = "place descriptors";
    if (place(fds) && ::chdir("/") == 0) {
      ::execve(l.program.c_str(), argv.list(), envp.list());
      ::dprintf(2, "master: %s: cannot run %s: %s\n", l.service.name.c_str(), l.program.c_str(),
                ::strerror(errno));
      ::_exit(kExitNotRun);
    }
  }
  ::dprintf(2, "master: %s: cannot %s: %s\n", l.service.name.c_str(), step, ::strerror(errno));
  ::_exit(kExitNotSetUp);
}

std::uint64_t number_after(std::string_view text, std::string_view label) {
  auto at = text.find(label);
  if (at == text.npos) return 0;
  auto words = base::split_blank(text.substr(at + label.size(), 40));
  return words.empty() ? 0 : base::parse_u64(words[0]).value_or(0);
}

}  // namespace

base::Result<Started> start_child(const Launch& launch) {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
    return std::unexpected(base::sys_error("socketpair"));
  base::Fd ours(pair[0]), theirs(pair[1]);
  base::set_nonblock(ours.get());
  std::vector<int> fds;
  for (const auto& s : launch.sockets) fds.push_back(s.fd);
  int control_fd = kFirstSocket + static_cast<int>(fds.size());
  fds.push_back(theirs.get());
  if (launch.tally_fd >= 0) fds.push_back(launch.tally_fd);
  pid_t master = ::getpid();
  // No handler of ours may run in the child: it would write into the loop's own pipe.
  sigset_t all, before;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &before);
  pid_t pid = ::fork();
  if (pid == 0) become(launch, fds, control_fd, master);
  int error = errno;
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return std::unexpected(base::sys_error("fork", error));
  return Started{pid, std::move(ours)};
}

std::uint64_t memory_kb(pid_t pid) {
  std::string dir = "/proc/" + std::to_string(pid);
  if (auto rollup = base::read_file(dir + "/smaps_rollup", 1u << 16))
    if (auto pss = number_after(*rollup, "\nPss:")) return pss;
  auto statm = base::read_file(dir + "/statm", 4096);
  if (!statm) return 0;
  auto words = base::split_blank(*statm);
  auto pages = words.size() > 1 ? base::parse_u64(words[1]).value_or(0) : 0;
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) / 1024;
}

}  // namespace postern::master
