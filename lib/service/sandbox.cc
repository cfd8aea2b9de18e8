#include "service/sandbox.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <pwd.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "base/file.h"
#include "base/system.h"

namespace postern::service {
namespace {

using base::Result;

// What every daemon does: read and write descriptors, memory, time, threads, the event loop.
constexpr const char* kCore[] = {
    "read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "preadv2", "pwritev", "close", "close_range", "dup", "dup2", "dup3",
    "fstat", "newfstatat", "stat", "lstat", "statx", "lseek", "fcntl", "ioctl", "poll", "ppoll", "select", "pselect6",
    "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "eventfd2", "timerfd_create", "timerfd_settime",
    "pipe2", "mmap", "munmap", "mremap", "mprotect", "madvise", "brk", "mincore", "memfd_create", "msync", "mlock", "munlock",
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigtimedwait", "sigaltstack", "kill", "tgkill", "tkill", "getpid", "gettid",
    "getppid", "getuid", "geteuid", "getgid", "getegid", "getgroups", "getrandom", "clock_gettime", "clock_getres",
    "clock_nanosleep", "nanosleep", "gettimeofday", "time", "times", "getrusage", "futex", "set_robust_list", "rseq",
    "clone", "clone3", "exit", "exit_group", "sched_yield", "sched_getaffinity", "sched_setaffinity", "prctl", "arch_prctl",
    "prlimit64", "getrlimit", "setrlimit", "sysinfo", "uname", "restart_syscall", "membarrier", "get_mempolicy", "set_tid_address",
    "accept", "accept4", "getsockname", "getpeername", "getsockopt", "setsockopt",
    "shutdown", "sendmsg", "sendmmsg", "recvmsg", "recvmmsg", "sendto", "recvfrom", "sendfile", "splice", "personality",
};
// What makes a way out: all but the isolated need names and sockets.
constexpr const char* kNames[] = {
    "openat", "open", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "getdents64", "getcwd", "umask",
    "connect", "bind", "listen", "socketpair",
};
// What those do that own files.
constexpr const char* kFiles[] = {
    "fsync", "fdatasync", "sync_file_range", "ftruncate", "fallocate", "rename", "renameat", "renameat2", "unlink", "unlinkat",
    "mkdir", "mkdirat", "rmdir", "link", "linkat", "chmod", "fchmod", "fchmodat", "chown", "fchown", "fchownat", "flock", "fadvise64",
    "utimensat", "copy_file_range", "statfs", "fstatfs", "creat", "truncate", "symlink", "inotify_init1", "inotify_add_watch",
};

// What the programs need that runner starts, and what starts and ends them.
constexpr const char* kPrograms[] = {
    "execve", "fork", "vfork", "wait4", "waitid", "setsid", "setpgid", "getpgid", "getpgrp", "getsid", "chdir", "fchdir", "pipe",
    "pidfd_open", "alarm", "setitimer", "getitimer", "pause", "getresuid", "getresgid", "getpriority", "setpriority",
    "sched_getparam", "sched_getscheduler", "sched_get_priority_max", "sched_get_priority_min", "fadvise64", "statfs", "fstatfs",
    "epoll_create", "eventfd", "signalfd4", "timer_create", "timer_settime", "timer_delete", "mbind", "set_mempolicy",
    "rt_sigsuspend", "rt_sigpending", "seccomp", "capget", "ftruncate", "tee", "readahead", "getcpu",
};

struct FilterFree {
  void operator()(void* c) const noexcept { seccomp_release(c); }
};

Result<> seccomp_error(const char* what, int rc) { return std::unexpected(base::sys_error(what, -rc)); }

template <std::size_t N>
void allow(scmp_filter_ctx c, const char* const (&names)[N]) {
  for (const char* n : names) {
    int nr = seccomp_syscall_resolve_name(n);
    if (nr != __NR_SCMP_ERROR) seccomp_rule_add(c, SCMP_ACT_ALLOW, nr, 0);
  }
}

Result<> filter_calls(const Privileges& p) {
  std::unique_ptr<void, FilterFree> c(seccomp_init(SCMP_ACT_ERRNO(EPERM)));
  if (!c) return base::fail(base::Fault::temporary, "seccomp_init failed");
  seccomp_attr_set(c.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
  seccomp_attr_set(c.get(), SCMP_FLTATR_CTL_NNP, 1);
  seccomp_attr_set(c.get(), SCMP_FLTATR_CTL_TSYNC, 1);  // threads that start() made, too
  allow(c.get(), kCore);
  if (!p.write.empty()) allow(c.get(), kFiles);
  if (p.run_programs) allow(c.get(), kPrograms);
  if (!p.isolated) {
    allow(c.get(), kNames);
    seccomp_rule_add(c.get(), SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
  }
  if (p.dial_inet) {
    seccomp_rule_add(c.get(), SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, AF_INET));
    seccomp_rule_add(c.get(), SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, AF_INET6));
  }
  int rc = seccomp_load(c.get());
  if (rc != 0) return seccomp_error("seccomp_load", rc);
  return {};
}

constexpr std::uint64_t kFolderWaitMs = 30'000;

constexpr std::uint64_t kReadRights = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kAllRights =
    kReadRights | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
    LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
    LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;
constexpr std::uint64_t kWriteRights = kReadRights | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                                       LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
                                       LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK;
constexpr std::uint64_t kFileRights =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_EXECUTE;

void add_path(int ruleset, const std::string& path, std::uint64_t rights) {
  base::Fd fd(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!fd) return;  // what is not there needs no right
  base::Fd dir(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  landlock_path_beneath_attr a{};
  a.allowed_access = dir ? rights : rights & kFileRights;
  a.parent_fd = fd.get();
  ::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &a, 0);
}

bool restrict_paths(const Privileges& p) {
  landlock_ruleset_attr attr{};
  attr.handled_access_fs = kAllRights;
  base::Fd ruleset(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0)));
  if (!ruleset) return false;
  if (!p.isolated)
    for (const char* path : {"/usr", "/lib", "/lib64", "/etc", "/proc", "/sys/devices/system/cpu", "/dev"})
      add_path(ruleset.get(), path, kReadRights | LANDLOCK_ACCESS_FS_EXECUTE);
  if (!p.isolated) add_path(ruleset.get(), "/dev/null", kReadRights | LANDLOCK_ACCESS_FS_WRITE_FILE);
  for (const auto& path : p.read) add_path(ruleset.get(), path, kReadRights);
  for (const auto& path : p.execute) add_path(ruleset.get(), path, kReadRights | LANDLOCK_ACCESS_FS_EXECUTE);
  for (const auto& path : p.write) add_path(ruleset.get(), path, kWriteRights);
  return ::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) == 0;
}

// A right is given to what is there: one that another daemon is about to make has to be waited for.
Result<> await_folders(const std::vector<std::string>& paths) {
  std::uint64_t end = base::monotonic_ms() + kFolderWaitMs;
  for (const auto& path : paths) {
    while (::access(path.c_str(), F_OK) != 0) {
      if (errno != ENOENT) break;  // said by whoever opens it
      if (base::monotonic_ms() > end)
        return base::fail(base::Fault::temporary, path + " is not there; the daemon that makes it has not started");
      if (::usleep(10'000) != 0)
        return base::fail(base::Fault::temporary, "told to stop while " + path + " was not there yet");
    }
  }
  return {};
}

}  // namespace

Result<> become(const std::string& user) {
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (user.empty() || ::geteuid() != 0) return {};
  passwd entry{};
  passwd* found = nullptr;
  std::string buffer(16384, '\0');
  int rc = ::getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (rc != 0 || !found)
    return base::fail(base::Fault::permanent, "no such user " + user + "; make install or postern quickstart makes it");
  if (::initgroups(user.c_str(), entry.pw_gid) != 0 || ::setresgid(entry.pw_gid, entry.pw_gid, entry.pw_gid) != 0 ||
      ::setresuid(entry.pw_uid, entry.pw_uid, entry.pw_uid) != 0)
    return std::unexpected(base::sys_error("becoming user " + user));
  return {};
}

Result<std::string> enter_sandbox(const Privileges& p) {
  if (auto there = await_folders(p.read); !there) return pass(there);
  bool landlock = restrict_paths(p);
  if (auto ok = filter_calls(p); !ok) return pass(ok);
  return std::string(landlock ? "seccomp landlock" : "seccomp");
}

}  // namespace postern::service
