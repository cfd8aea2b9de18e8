#include "cmd/master/instance.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "base/text.h"

namespace postern::master {

using base::fail;
using base::Fault;
using base::Result;

void fill_standard_fds() {
  int fd;
  do {
    fd = ::open("/dev/null", O_RDWR);
  } while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd > STDERR_FILENO) ::close(fd);
}

Result<RunLock> RunLock::take(const std::string& run_dir) {
  if (!run_dir.starts_with('/'))
    return fail(Fault::permanent, "run_dir = " + run_dir + ": expected an absolute path");
  if (auto made = base::make_dirs(run_dir, 0755); !made) return pass(made);
  std::string path = run_dir + "/master.pid";
  RunLock lock;
  lock.fd_ = base::Fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!lock.fd_) return std::unexpected(base::sys_error(path));
  if (::flock(lock.fd_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return std::unexpected(base::sys_error(path));
    auto text = base::read_file(path, 64);
    auto pid = text ? std::string(base::trim(*text)) : "";
    return fail(Fault::temporary,
                "another master runs here already" +
                    (pid.empty() ? "" : " (pid " + base::printable(pid, 16) + ")") + ": " + path +
                    " is locked",
                "RUNNING");
  }
  (void)::fchmod(lock.fd_.get(), 0644);
  if (::ftruncate(lock.fd_.get(), 0) != 0) return std::unexpected(base::sys_error(path));
  if (auto ok = base::pwrite_all(lock.fd_.get(), std::to_string(::getpid()) + "\n", 0); !ok) return pass(ok);
  return lock;
}

void RunLock::release() {
  [[maybe_unused]] int r = ::ftruncate(fd_.get(), 0);
  fd_.reset();
}

Result<> Background::enter() {
  int pair[2];
  if (::pipe2(pair, O_CLOEXEC) != 0) return std::unexpected(base::sys_error("pipe"));
  base::Fd read_end(pair[0]);
  word_.reset(pair[1]);
  pid_t pid = ::fork();
  if (pid < 0) return std::unexpected(base::sys_error("fork"));
  if (pid == 0) {
    ::setsid();
    return {};
  }
  word_.reset();
  char c;
  ssize_t n;
  do {
    n = ::read(read_end.get(), &c, 1);
  } while (n < 0 && errno == EINTR);
  if (n == 1) ::_exit(0);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  ::_exit(WIFEXITED(status) && WEXITSTATUS(status) != 0 ? WEXITSTATUS(status) : 70);
}

void Background::settled(const std::string& log_file) {
  if (!word_) return;
  int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(null, STDIN_FILENO);
  ::dup2(null, STDOUT_FILENO);
  ::close(null);
  point_stderr(log_file);
  [[maybe_unused]] auto n = ::write(word_.get(), "1", 1);
  word_.reset();
}

void point_stderr(const std::string& log_file) {
  const char* path = log_file.empty() ? "/dev/null" : log_file.c_str();
  base::Fd fd(::open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
  if (fd) ::dup2(fd.get(), STDERR_FILENO);
}

}  // namespace postern::master
