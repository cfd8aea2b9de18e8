#include "service/breakout.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>

#include "base/file.h"

namespace postern::service {
namespace {

// A call that answers -1 and one of these was refused by the sandbox, not by chance; what is no folder has no room for a file.
bool is_refusal(int error) { return error == EPERM || error == EACCES || error == ENOTDIR; }

Attempt attempt(std::string what, const std::function<long()>& f) {
  errno = 0;
  bool failed = f() < 0;
  int error = errno;
  char text[128];
  return {std::move(what), failed && is_refusal(error), failed ? strerror_r(error, text, sizeof text) : "it was allowed"};
}

long list(const char* path) {
  base::Fd fd(::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd.get();
}

long make_file(const std::string& folder) {
  std::string path = folder + "/postern-trial-" + std::to_string(::getpid());
  base::Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (fd) ::unlink(path.c_str());
  return fd.get();
}

// What may be read can be a single file, too.
bool is_folder(const std::string& path) {
  struct stat st{};
  return ::stat(path.c_str(), &st) == 0 && S_ISDIR(st.st_mode);
}

bool lists(const std::vector<std::string>& paths, const std::string& path) {
  return std::ranges::find(paths, path) != paths.end();
}

}  // namespace

std::vector<Attempt> try_to_break_out(const Privileges& p) {
  std::vector<Attempt> out;
  auto add = [&](std::string what, const std::function<long()>& f) { out.push_back(attempt(std::move(what), f)); };
  add("list /", [] { return list("/"); });
  add("make a file in /", [] { return make_file(""); });
  add("make a file in /etc", [] { return make_file("/etc"); });
  for (const std::string& path : p.read)
    if (is_folder(path) && !lists(p.write, path)) add("make a file in " + path, [&] { return make_file(path); });
  if (!p.dial_inet)
    for (int family : {AF_INET, AF_INET6})
      add(family == AF_INET ? "make an IPv4 socket" : "make an IPv6 socket", [&] {
        base::Fd fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
        return fd.get();
      });
  if (p.isolated) {
    add("read /etc/passwd", [] {
      base::Fd fd(::open("/etc/passwd", O_RDONLY | O_CLOEXEC));
      return fd.get();
    });
    add("make a Unix socket", [] {
      base::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
      return fd.get();
    });
  }
  // One that is not there: the filter answers before the kernel looks for it.
  if (!p.run_programs)
    add("execute a program", [] { return ::execl("/nonexistent/program", "program", static_cast<char*>(nullptr)); });
  add("be traced", [] { return ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); });
  add("trace another process", [] { return ::ptrace(PTRACE_SEIZE, ::getppid(), nullptr, nullptr); });
  add("become another user", [] { return ::setuid(::getuid()); });
  add("make a user namespace", [] { return ::syscall(SYS_unshare, CLONE_NEWUSER); });
  add("mount", [] { return ::syscall(SYS_mount, "none", "/", "no-such-filesystem", 0, nullptr); });
  return out;
}

}  // namespace postern::service
