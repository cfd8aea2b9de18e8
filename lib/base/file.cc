#include "base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/system.h"

namespace postern::base {

void Fd::reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

Error sys_error(std::string what, int err) {
  bool permanent = err == ENOENT || err == EACCES || err == EPERM || err == EEXIST || err == ENOTDIR ||
                   err == EISDIR || err == EINVAL || err == ELOOP || err == ENAMETOOLONG;
  char text[128];
  return {permanent ? Fault::permanent : Fault::temporary, what + ": " + strerror_r(err, text, sizeof text), ""};
}

Error sys_error(std::string what) { return sys_error(std::move(what), errno); }

Result<std::string> read_file(const std::string& path, std::size_t max) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return std::unexpected(sys_error(path));
  std::string out;
  char buf[65536];
  for (;;) {
    ssize_t n = ::read(fd.get(), buf, sizeof buf);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(sys_error(path));
    if (n == 0) return out;
    out.append(buf, static_cast<std::size_t>(n));
    if (out.size() > max) return fail(Fault::limit, path + ": larger than " + std::to_string(max) + " bytes");
  }
}

static Result<> sync_folder(const std::string& path) {
  auto slash = path.rfind('/');
  std::string dir = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  Fd fd(::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) return std::unexpected(sys_error(dir));
  return {};
}

Result<> write_file(const std::string& path, std::string_view content, mode_t mode) {
  std::string temp = path + "." + random_token(6);
  Fd fd(::open(temp.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!fd) return std::unexpected(sys_error(temp));
  auto written = write_all(fd.get(), content);
  if (written && (::fchmod(fd.get(), mode) != 0 || ::fsync(fd.get()) != 0)) written = std::unexpected(sys_error(temp));
  if (written && ::rename(temp.c_str(), path.c_str()) != 0) written = std::unexpected(sys_error(path));
  if (!written) {
    ::unlink(temp.c_str());
    return written;
  }
  return sync_folder(path);
}

Result<> make_dirs(const std::string& path, mode_t mode) {
  for (std::size_t at = 1; at <= path.size(); ++at) {
    if (at != path.size() && path[at] != '/') continue;
    std::string part = path.substr(0, at);
    if (::mkdir(part.c_str(), mode) != 0) {
      if (errno != EEXIST) return std::unexpected(sys_error(part));
    } else if (auto synced = sync_folder(part); !synced) {
      return synced;
    }
  }
  return {};
}

Result<> write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(sys_error("write"));
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Result<> pwrite_all(int fd, std::string_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    ssize_t n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(sys_error("pwrite"));
    bytes.remove_prefix(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return {};
}

Result<std::string> pread_exact(int fd, std::size_t n, std::uint64_t offset) {
  std::string out(n, '\0');
  std::size_t done = 0;
  while (done < n) {
    ssize_t r = ::pread(fd, out.data() + done, n - done, static_cast<off_t>(offset + done));
    if (r < 0 && errno == EINTR) continue;
    if (r < 0) return std::unexpected(sys_error("pread"));
    if (r == 0) return fail(Fault::corrupt, "short read");
    done += static_cast<std::size_t>(r);
  }
  return out;
}

Result<Fd> open_spool(const std::string& dir) {
  Fd fd(dir.empty() ? ::memfd_create("spool", MFD_CLOEXEC | MFD_ALLOW_SEALING)
                    : ::open(dir.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!fd) return std::unexpected(sys_error(dir.empty() ? "memfd" : dir));
  return fd;
}

void set_cloexec(int fd, bool on) {
  int f = ::fcntl(fd, F_GETFD);
  ::fcntl(fd, F_SETFD, on ? f | FD_CLOEXEC : f & ~FD_CLOEXEC);
}

void set_nonblock(int fd) { ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK); }

}  // namespace postern::base
