// The one small layer through which lib/kv and lib/blob reach the disk, so that tests can fail, cut short,
// delay, reorder or tear any call.  Runs in: stored, authd, front ends (blob reads). Every function answers
// as the system call of its name does: -1 and errno on failure.
#pragma once
#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace postern::kv {

class Disk {
 public:
  virtual ~Disk() = default;
  virtual int open(const char* path, int flags, mode_t mode);
  virtual int close(int fd);
  virtual ssize_t pread(int fd, void* to, std::size_t n, off_t at);
  // What lies in the page cache only: EAGAIN where the disk would have to be waited for.
  virtual ssize_t pread_now(int fd, void* to, std::size_t n, off_t at);
  virtual ssize_t pwrite(int fd, const void* from, std::size_t n, off_t at);
  virtual int fsync(int fd);
  virtual int fdatasync(int fd);
  virtual int ftruncate(int fd, off_t size);
  virtual int fallocate(int fd, int mode, off_t at, off_t size);
  virtual int rename(const char* from, const char* to);
  virtual int unlink(const char* path);
  virtual int fsync_dir(const char* path);  // makes names in the folder durable
};

// All n bytes, whatever the number of calls, EINTR retried.  -1 and errno on failure; a short read at the end
// of the file answers what there was.
ssize_t pread_full(int fd, void* to, std::size_t n, off_t at);
ssize_t pwrite_full(int fd, const void* from, std::size_t n, off_t at);

// The disk in use: the real one unless replaced.
Disk& disk();
// Replaces it for the whole process (nullptr: the real one again).  Call it before any engine, writer or
// reader is opened, and only from tests.  `replacement` is borrowed.
void set_disk(Disk* replacement);

}  // namespace postern::kv
