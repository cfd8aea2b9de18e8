#include "kv/db_hooks.h"

#include <db.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdarg>
#include <map>
#include <shared_mutex>
#include <string>
#include <vector>

#include "kv/disk.h"

namespace postern::kv {

namespace {

struct OpenFile {
  std::shared_ptr<PageGuard> guard;  // null for logs and other files
  std::string fresh_in;              // folder whose entry for this file is not durable yet
};

// The library's hooks are C functions of the whole process, so the table of open files is one too.
struct Table {
  std::shared_mutex mutex;
  std::map<std::string, std::shared_ptr<PageGuard>> guards;
  std::vector<OpenFile> files;  // by descriptor

  std::shared_ptr<PageGuard> guard(int fd) {
    std::shared_lock lock(mutex);
    auto i = static_cast<std::size_t>(fd);
    return fd >= 0 && i < files.size() ? files[i].guard : nullptr;
  }
};

Table& table() {
  static Table* t = new Table;  // lives as long as the library may call
  return *t;
}

// Where the library wants the error itself, not -1.
int outcome(int result) {
  return result == 0 ? 0 : errno;
}

std::string folder_of(const std::string& path) {
  auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

int hook_open(const char* path, int flags, ...) {
  mode_t mode = 0;
  if (flags & O_CREAT) {
    va_list args;
    va_start(args, flags);
    mode = va_arg(args, mode_t);
    va_end(args);
  }
  struct stat st;
  bool fresh = (flags & O_CREAT) && ::stat(path, &st) != 0;
  int fd = disk().open(path, flags, mode);
  if (fd < 0) return fd;
  Table& t = table();
  std::unique_lock lock(t.mutex);
  auto i = static_cast<std::size_t>(fd);
  if (t.files.size() <= i) t.files.resize(i + 1);
  auto it = t.guards.find(path);
  t.files[i] = {it == t.guards.end() ? nullptr : it->second, fresh ? folder_of(path) : std::string()};
  return fd;
}

int hook_close(int fd) {
  Table& t = table();
  std::shared_ptr<PageGuard> last;  // destroyed outside the lock
  {
    std::unique_lock lock(t.mutex);
    auto i = static_cast<std::size_t>(fd);
    if (fd >= 0 && i < t.files.size()) {
      last = std::move(t.files[i].guard);
      t.files[i] = {};
    }
  }
  return outcome(disk().close(fd));
}

ssize_t hook_pread(int fd, void* to, std::size_t n, off_t at) {
  auto guard = table().guard(fd);
  return guard ? guard->pread(fd, to, n, at) : disk().pread(fd, to, n, at);
}

ssize_t hook_pwrite(int fd, const void* from, std::size_t n, off_t at) {
  auto guard = table().guard(fd);
  return guard ? guard->pwrite(fd, from, n, at) : disk().pwrite(fd, from, n, at);
}

int hook_fsync(int fd) {
  Table& t = table();
  std::shared_ptr<PageGuard> guard;
  std::string fresh_in;
  {
    std::shared_lock lock(t.mutex);
    auto i = static_cast<std::size_t>(fd);
    if (fd >= 0 && i < t.files.size()) {
      guard = t.files[i].guard;
      fresh_in = t.files[i].fresh_in;
    }
  }
  int result = guard ? guard->fsync(fd) : disk().fdatasync(fd);
  if (result != 0 || fresh_in.empty()) return outcome(result);
  if (disk().fsync_dir(fresh_in.c_str()) != 0) return errno;
  std::unique_lock lock(t.mutex);
  t.files[static_cast<std::size_t>(fd)].fresh_in.clear();
  return 0;
}

int hook_ftruncate(int fd, off_t size) {
  auto guard = table().guard(fd);
  return outcome(guard ? guard->ftruncate(fd, size) : disk().ftruncate(fd, size));
}

// The size as the library should see it: with the pages that are still kept back.
int hook_ioinfo(const char* path, int fd, u_int32_t* megabytes, u_int32_t* bytes, u_int32_t* io_size) {
  struct stat st;
  if ((fd >= 0 ? ::fstat(fd, &st) : ::stat(path, &st)) != 0) return errno;
  off_t size = st.st_size;
  if (auto guard = table().guard(fd)) size = guard->size(fd);
  if (size < 0) return errno;
  if (megabytes) *megabytes = static_cast<u_int32_t>(size >> 20);
  if (bytes) *bytes = static_cast<u_int32_t>(size & ((1 << 20) - 1));
  if (io_size) *io_size = static_cast<u_int32_t>(st.st_blksize);
  return 0;
}

int hook_rename(const char* from, const char* to) {
  if (disk().rename(from, to) != 0) return errno;
  return outcome(disk().fsync_dir(folder_of(to).c_str()));
}

int hook_unlink(const char* path) {
  return outcome(disk().unlink(path));
}

}  // namespace

void install_db_hooks() {
  static const bool done = [] {
    db_env_set_func_open(hook_open);
    db_env_set_func_close(hook_close);
    db_env_set_func_pread(hook_pread);
    db_env_set_func_pwrite(hook_pwrite);
    db_env_set_func_fsync(hook_fsync);
    db_env_set_func_ftruncate(hook_ftruncate);
    db_env_set_func_ioinfo(hook_ioinfo);
    db_env_set_func_rename(hook_rename);
    db_env_set_func_unlink(hook_unlink);
    return true;
  }();
  (void)done;
}

GuardRoute::GuardRoute(std::shared_ptr<PageGuard> guard) : guard_(std::move(guard)) {
  Table& t = table();
  std::unique_lock lock(t.mutex);
  t.guards[guard_->database()] = guard_;
}

GuardRoute::~GuardRoute() {
  Table& t = table();
  std::unique_lock lock(t.mutex);
  t.guards.erase(guard_->database());
}

}  // namespace postern::kv
