// File descriptors that close themselves, and the few file operations that everybody needs.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace postern::base {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& o) noexcept : fd_(o.release()) {}
  Fd& operator=(Fd&& o) noexcept {
    if (this != &o) reset(o.release());
    return *this;
  }
  ~Fd() { reset(); }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() {
    int f = fd_;
    fd_ = -1;
    return f;
  }
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

// The error of the last system call, as "WHAT: strerror".  ENOSPC, EDQUOT, EIO, EMFILE, EAGAIN... are temporary.
Error sys_error(std::string what, int err);
Error sys_error(std::string what);  // uses errno

Result<std::string> read_file(const std::string& path, std::size_t max = 64u << 20);
// Writes beside `path`, flushes, renames over it and flushes the folder: after success the new content is durable.
Result<> write_file(const std::string& path, std::string_view content, mode_t mode = 0644);
Result<> make_dirs(const std::string& path, mode_t mode = 0755);
// All of `bytes`, whatever the number of calls; EINTR is retried.
Result<> write_all(int fd, std::string_view bytes);
Result<> pwrite_all(int fd, std::string_view bytes, std::uint64_t offset);
// Exactly n bytes or Fault::corrupt ("short read").
Result<std::string> pread_exact(int fd, std::size_t n, std::uint64_t offset);
// An unlinked temporary file in `dir` (O_TMPFILE), or a memfd when `dir` is empty.
Result<Fd> open_spool(const std::string& dir);
void set_cloexec(int fd, bool on);
void set_nonblock(int fd);

}  // namespace postern::base
