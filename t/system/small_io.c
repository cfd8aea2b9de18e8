/* Preloaded into daemons by t/system/test_small_io.py (RELIABILITY F07): every read and write on a socket moves one byte at
 * most, and every seventh is interrupted.  Both are what the kernel may do at any time. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int is_socket(int fd) {
  struct stat st;
  int kept = errno;
  int yes = syscall(SYS_fstat, fd, &st) == 0 && S_ISSOCK(st.st_mode);
  errno = kept;
  return yes;
}

static int interrupted(void) {
  static uint32_t calls;
  if (__atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED) % 7) return 0;
  errno = EINTR;
  return 1;
}

/* `how` and the arguments of the system call; `n` is cut to one byte. */
#define SMALL(fd, n, call)             \
  if (is_socket(fd)) {                 \
    if (interrupted()) return -1;      \
    if ((n) > 1) (n) = 1;              \
  }                                    \
  return call

ssize_t read(int fd, void* to, size_t n) { SMALL(fd, n, syscall(SYS_read, fd, to, n)); }
ssize_t write(int fd, const void* from, size_t n) { SMALL(fd, n, syscall(SYS_write, fd, from, n)); }
ssize_t recv(int fd, void* to, size_t n, int flags) {
  SMALL(fd, n, syscall(SYS_recvfrom, fd, to, n, flags, NULL, NULL));
}
ssize_t send(int fd, const void* from, size_t n, int flags) {
  SMALL(fd, n, syscall(SYS_sendto, fd, from, n, flags, NULL, 0));
}

/* The first byte of the first piece that has one. */
static int first(const struct iovec* v, size_t count, struct iovec* one) {
  for (size_t i = 0; i < count; ++i)
    if (v[i].iov_len) {
      one->iov_base = v[i].iov_base;
      one->iov_len = 1;
      return 1;
    }
  return 0;
}

ssize_t readv(int fd, const struct iovec* v, int count) {
  struct iovec one;
  if (!is_socket(fd) || !first(v, (size_t)count, &one)) return syscall(SYS_readv, fd, v, count);
  return interrupted() ? -1 : syscall(SYS_readv, fd, &one, 1);
}
ssize_t writev(int fd, const struct iovec* v, int count) {
  struct iovec one;
  if (!is_socket(fd) || !first(v, (size_t)count, &one)) return syscall(SYS_writev, fd, v, count);
  return interrupted() ? -1 : syscall(SYS_writev, fd, &one, 1);
}
ssize_t recvmsg(int fd, struct msghdr* m, int flags) {
  struct msghdr small = *m;
  struct iovec one;
  if (!first(m->msg_iov, m->msg_iovlen, &one)) return syscall(SYS_recvmsg, fd, m, flags);
  if (interrupted()) return -1;
  small.msg_iov = &one;
  small.msg_iovlen = 1;
  ssize_t r = syscall(SYS_recvmsg, fd, &small, flags);
  if (r >= 0) {
    m->msg_controllen = small.msg_controllen;
    m->msg_flags = small.msg_flags;
    m->msg_namelen = small.msg_namelen;
  }
  return r;
}
ssize_t sendmsg(int fd, const struct msghdr* m, int flags) {
  struct msghdr small = *m;
  struct iovec one;
  if (!first(m->msg_iov, m->msg_iovlen, &one)) return syscall(SYS_sendmsg, fd, m, flags);
  if (interrupted()) return -1;
  small.msg_iov = &one;
  small.msg_iovlen = 1;
  return syscall(SYS_sendmsg, fd, &small, flags);
}
