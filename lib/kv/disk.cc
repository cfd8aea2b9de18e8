#include "kv/disk.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>

namespace postern::kv {

int Disk::open(const char* path, int flags, mode_t mode) {
  return ::open(path, flags | O_CLOEXEC, mode);
}
int Disk::close(int fd) {
  return ::close(fd);
}
ssize_t Disk::pread_now(int fd, void* to, std::size_t n, off_t at) {
  iovec piece{to, n};
  ssize_t got = ::preadv2(fd, &piece, 1, at, RWF_NOWAIT);
  // Some file systems and older kernels do not know the flag.
  if (got < 0 && (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL)) errno = EAGAIN;
  return got;
}
ssize_t Disk::pread(int fd, void* to, std::size_t n, off_t at) {
  return ::pread(fd, to, n, at);
}
ssize_t Disk::pwrite(int fd, const void* from, std::size_t n, off_t at) {
  return ::pwrite(fd, from, n, at);
}
int Disk::fsync(int fd) {
  return ::fsync(fd);
}
int Disk::fdatasync(int fd) {
  return ::fdatasync(fd);
}
int Disk::ftruncate(int fd, off_t size) {
  return ::ftruncate(fd, size);
}
int Disk::fallocate(int fd, int mode, off_t at, off_t size) {
  return ::fallocate(fd, mode, at, size);
}
int Disk::rename(const char* from, const char* to) {
  return ::rename(from, to);
}
int Disk::unlink(const char* path) {
  return ::unlink(path);
}

int Disk::fsync_dir(const char* path) {
  int fd = ::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return -1;
  int r = ::fsync(fd);
  ::close(fd);
  return r;
}

namespace {

// The one process-wide seam, as db_env_set_func_* is one for the process too.
std::atomic<Disk*> replaced{nullptr};

}  // namespace

Disk& disk() {
  static Disk real;
  Disk* d = replaced.load(std::memory_order_acquire);
  return d ? *d : real;
}

ssize_t pread_full(int fd, void* to, std::size_t n, off_t at) {
  std::size_t done = 0;
  while (done < n) {
    ssize_t r = disk().pread(fd, static_cast<char*>(to) + done, n - done, at + static_cast<off_t>(done));
    if (r < 0 && errno == EINTR) continue;
    if (r < 0) return -1;
    if (r == 0) break;
    done += static_cast<std::size_t>(r);
  }
  return static_cast<ssize_t>(done);
}

ssize_t pwrite_full(int fd, const void* from, std::size_t n, off_t at) {
  std::size_t done = 0;
  while (done < n) {
    ssize_t r =
        disk().pwrite(fd, static_cast<const char*>(from) + done, n - done, at + static_cast<off_t>(done));
    if (r < 0 && errno == EINTR) continue;
    if (r == 0) errno = ENOSPC;  // a regular file that takes nothing is full
    if (r <= 0) return -1;
    done += static_cast<std::size_t>(r);
  }
  return static_cast<ssize_t>(done);
}

void set_disk(Disk* replacement) {
  replaced.store(replacement, std::memory_order_release);
}

}  // namespace postern::kv
