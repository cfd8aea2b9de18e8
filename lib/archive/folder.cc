#include "archive/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>

#include "base/system.h"
#include "base/text.h"

namespace postern::archive {

using base::fail;
using base::Fault;

namespace {

bool one_component(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
         name.find('\0') == std::string::npos;
}

struct DirClose {
  void operator()(DIR* d) const noexcept { ::closedir(d); }
};

}  // namespace

base::Error Folder::error(const std::string& name) const {
  int err = errno;
  auto e = base::sys_error(base::printable(path_ + "/" + name), err);
  if (err == ENOENT) e.code = "NOT_FOUND";
  if (err == EACCES || err == EPERM) e.code = "DENIED";
  if (err == ELOOP || err == ENOTDIR) e.what += " (symbolic links are not followed)";
  return e;
}

Result<Folder> Folder::open(const std::string& path) {
  base::Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) {
    int err = errno;
    auto e = base::sys_error(path, err);
    if (err == ENOENT) e.code = "NOT_FOUND";
    return std::unexpected(std::move(e));
  }
  return Folder(std::move(fd), path);
}

Result<Folder> Folder::create(const std::string& path) {
  if (auto ok = base::make_dirs(path, 0700); !ok) return pass(ok);
  return open(path);
}

Result<Folder> Folder::again() const {
  base::Fd fd(::openat(fd_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return std::unexpected(error("."));
  return Folder(std::move(fd), path_);
}

Result<Folder> Folder::sub(const std::string& name) const {
  if (!one_component(name)) return fail(Fault::permanent, "no name of a folder: " + base::printable(name));
  base::Fd fd(::openat(fd_.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return std::unexpected(error(name));
  return Folder(std::move(fd), path_ + "/" + name);
}

Result<Folder> Folder::make(const std::string& name) const {
  if (!one_component(name)) return fail(Fault::permanent, "no name of a folder: " + base::printable(name));
  if (::mkdirat(fd_.get(), name.c_str(), 0700) != 0) {
    if (errno != EEXIST) return std::unexpected(error(name));
  } else if (auto ok = sync(); !ok) {
    return pass(ok);
  }
  return sub(name);
}

Result<Folder::File> Folder::file(const std::string& name) const {
  if (!one_component(name)) return fail(Fault::permanent, "no name of a file: " + base::printable(name));
  File f;
  f.fd = base::Fd(::openat(fd_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!f.fd) return std::unexpected(error(name));
  struct stat st {};
  if (::fstat(f.fd.get(), &st) != 0) return std::unexpected(error(name));
  if (!S_ISREG(st.st_mode))
    return fail(Fault::corrupt, base::printable(path_ + "/" + name) + ": no regular file");
  f.size = static_cast<std::uint64_t>(st.st_size);
  return f;
}

Result<std::string> Folder::read(const std::string& name, std::size_t max) const {
  auto f = file(name);
  if (!f) return pass(f);
  if (f->size > max)
    return fail(Fault::limit, base::printable(path_ + "/" + name) + ": larger than " + std::to_string(max) + " bytes");
  return base::pread_exact(f->fd.get(), f->size, 0);
}

bool Folder::has(const std::string& name, std::uint64_t size) const {
  struct stat st {};
  return one_component(name) && ::fstatat(fd_.get(), name.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISREG(st.st_mode) && static_cast<std::uint64_t>(st.st_size) == size;
}

Result<std::vector<std::string>> Folder::list(std::size_t max) const {
  auto copy = again();   // whoever reads a folder moves its position
  if (!copy) return pass(copy);
  std::unique_ptr<DIR, DirClose> dir(::fdopendir(copy->fd_.get()));
  if (!dir) return std::unexpected(error("."));
  copy->fd_.release();
  std::vector<std::string> out;
  errno = 0;
  while (const dirent* entry = ::readdir(dir.get())) {
    std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (out.size() == max) return fail(Fault::limit, path_ + ": more than " + std::to_string(max) + " entries");
    out.push_back(std::move(name));
  }
  if (errno != 0) return std::unexpected(error("."));
  std::ranges::sort(out);
  return out;
}

Result<Folder::New> Folder::create_new() const {
  New n;
  n.name = ".new-" + base::random_token(9);
  n.fd = base::Fd(::openat(fd_.get(), n.name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!n.fd) return std::unexpected(error(n.name));
  return n;
}

Result<> Folder::rename(const std::string& from, const Folder& to, const std::string& name) const {
  if (!one_component(name)) return fail(Fault::permanent, "no name of a file: " + base::printable(name));
  if (::renameat(fd_.get(), from.c_str(), to.fd_.get(), name.c_str()) != 0) return std::unexpected(error(from));
  return {};
}

Result<> Folder::remove(const std::string& name) const {
  if (::unlinkat(fd_.get(), name.c_str(), 0) != 0 && errno != ENOENT) return std::unexpected(error(name));
  return {};
}

Result<> Folder::put(const std::string& name, std::string_view content) const {
  auto n = create_new();
  if (!n) return pass(n);
  auto done = base::write_all(n->fd.get(), content);
  if (done && ::fsync(n->fd.get()) != 0) done = std::unexpected(error(n->name));
  if (done) done = rename(n->name, *this, name);
  if (!done) {
    (void)remove(n->name);
    return done;
  }
  return sync();
}

Result<> Folder::sync() const {
  if (::fsync(fd_.get()) != 0) return std::unexpected(error("."));
  return {};
}

Result<> Folder::sync_filesystem() const {
  if (::syncfs(fd_.get()) != 0) return std::unexpected(error("."));
  return {};
}

Result<> Folder::lock() const {
  if (::flock(fd_.get(), LOCK_EX | LOCK_NB) == 0) return {};
  if (errno == EWOULDBLOCK)
    return fail(Fault::temporary, path_ + ": another postern is writing there; wait until it has ended");
  return std::unexpected(error("."));
}

std::string folder_name(std::string_view account, std::uint64_t id) {
  std::string out;
  for (char c : account) {
    bool plain = base::is_alpha(c) || base::is_digit(c) || std::string_view("@._+=-").find(c) != std::string_view::npos;
    if (plain && !(c == '.' && out.empty())) {
      out += c;
      continue;
    }
    char hex[4];
    std::snprintf(hex, sizeof hex, "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
    out += hex;
  }
  return out.size() > 200 || out.empty() ? "id-" + std::to_string(id) : out;
}

}  // namespace postern::archive
