// A disk for tests: fails or cuts short the n-th call, or loses what was not flushed, as a power cut does.
#pragma once
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "kv/disk.h"

namespace postern::test {

// Everything outside `root` is left alone.  While it is the disk in use, all calls below are counted.
class FaultDisk : public kv::Disk {
 public:
  explicit FaultDisk(std::string root) : root_(std::move(root)) { kv::set_disk(this); }
  ~FaultDisk() override { kv::set_disk(nullptr); }

  // The n-th changing call from now (1 = the next) fails with `err`; with `forever` all after it too.
  void fail_at(long n, int err, bool forever) {
    std::lock_guard lock(mutex_);
    calls_ = 0, fail_at_ = n, error_ = err, forever_ = forever;
  }
  // The n-th call answers as if it had written only half (a write of one byte or a flush: is left whole).
  void cut_short_at(long n) {
    std::lock_guard lock(mutex_);
    calls_ = 0, short_at_ = n;
  }
  // Of the n-th call, when it writes, the first half reaches the disk, in units of 512 bytes, and it answers EIO.
  void tear_at(long n) {
    std::lock_guard lock(mutex_);
    calls_ = 0, tear_at_ = n;
  }
  // The n-th call takes so long that others overtake it: it goes on after three more, or after kDelay.
  void delay_at(long n) {
    std::lock_guard lock(mutex_);
    calls_ = 0, delay_at_ = n;
  }
  // From the n-th changing call on nothing reaches the disk any more, and every call claims that it did.
  void freeze_at(long n) {
    std::lock_guard lock(mutex_);
    calls_ = 0, freeze_at_ = n;
  }
  void heal() {
    std::lock_guard lock(mutex_);
    fail_at_ = short_at_ = freeze_at_ = tear_at_ = delay_at_ = 0;
  }
  long calls() const { return calls_; }
  bool frozen() const { return freeze_at_ > 0 && calls_ >= freeze_at_; }

  // What the disk holds after the power came back: each write since the file's last flush is there, missing
  // or torn at a multiple of 512, whatever became of earlier ones, so that writes seem to have changed their order; a file whose folder was not flushed since it was made may be missing.
  void power_cut(std::mt19937& rng) {
    std::lock_guard lock(mutex_);
    for (auto& [path, f] : files_) {
      if (f.unnamed && rng() % 2) {
        std::filesystem::remove(path);
        continue;
      }
      for (const Write& w : f.pending) {
        unsigned fate = rng() % 4;
        if (fate == 0) continue;
        std::size_t n = w.bytes.size();
        if (fate == 1) n = n * (rng() % 1'000) / 1'000 / 512 * 512;
        apply(f.flushed, {w.at, w.bytes.substr(0, n)});
      }
      std::ofstream(path, std::ios::binary | std::ios::trunc) << f.flushed;
    }
    files_.clear();
    fds_.clear();
  }

  int open(const char* path, int flags, mode_t mode) override {
    bool mine = std::string_view(path).starts_with(root_);
    std::lock_guard lock(mutex_);
    if (mine && (flags & O_CREAT) && !std::filesystem::exists(path)) {
      if (int stop = change()) {
        if (stop < 0) return -1;
        return ::memfd_create("frozen", MFD_CLOEXEC);  // it is never made; its mode may be changed
      }
      int fd = Disk::open(path, flags, mode);
      if (fd >= 0) fds_[fd] = path, files_[path] = {.unnamed = true};
      return fd;
    }
    int fd = Disk::open(path, flags, mode);
    if (fd >= 0 && mine && (flags & O_ACCMODE) != O_RDONLY) {
      fds_[fd] = path;
      if (!files_.contains(path)) files_[path].flushed = content(path);
      if (flags & O_TRUNC) files_[path].flushed.clear();
    }
    return fd;
  }
  int close(int fd) override {
    std::lock_guard lock(mutex_);
    fds_.erase(fd);
    return Disk::close(fd);
  }
  bool would_wait = false;   // nothing is in the page cache
  ssize_t pread_now(int fd, void* to, std::size_t n, off_t at) override {
    if (!would_wait) return pread(fd, to, n, at);
    errno = EAGAIN;
    return -1;
  }
  ssize_t pwrite(int fd, const void* from, std::size_t n, off_t at) override {
    delay();
    std::lock_guard lock(mutex_);
    if (int stop = change()) return stop < 0 ? -1 : static_cast<ssize_t>(n);
    bool torn = tear_at_ > 0 && calls_ == tear_at_;
    if (torn) n = n / 2 / 512 * 512;
    if (short_at_ > 0 && calls_ == short_at_ && n > 1) n /= 2;
    ssize_t r = Disk::pwrite(fd, from, n, at);
    if (auto f = file(fd); f && r > 0)
      f->pending.push_back({at, std::string(static_cast<const char*>(from), static_cast<std::size_t>(r))});
    if (torn) errno = EIO;
    return torn ? -1 : r;
  }
  int fsync(int fd) override { return flush(fd, true); }
  int fdatasync(int fd) override { return flush(fd, false); }
  int ftruncate(int fd, off_t size) override {
    std::lock_guard lock(mutex_);
    if (int stop = change()) return stop < 0 ? -1 : 0;
    int r = Disk::ftruncate(fd, size);
    if (auto f = file(fd); f && r == 0) {
      for (const Write& w : f->pending) apply(f->flushed, w);
      f->pending.clear();
      f->flushed.resize(static_cast<std::size_t>(size));
    }
    return r;
  }
  int fallocate(int fd, int mode, off_t at, off_t size) override {
    std::lock_guard lock(mutex_);
    if (int stop = change()) return stop < 0 ? -1 : 0;
    return Disk::fallocate(fd, mode, at, size);
  }
  int rename(const char* from, const char* to) override {
    std::lock_guard lock(mutex_);
    if (int stop = change()) return stop < 0 ? -1 : 0;
    int r = Disk::rename(from, to);
    if (r == 0 && files_.contains(from)) {
      files_[to] = std::move(files_[from]);
      files_.erase(from);
      for (auto& [fd, path] : fds_)
        if (path == from) path = to;
    }
    return r;
  }
  int unlink(const char* path) override {
    std::lock_guard lock(mutex_);
    if (int stop = change()) return stop < 0 ? -1 : 0;
    files_.erase(path);
    return Disk::unlink(path);
  }
  int fsync_dir(const char* path) override {
    std::lock_guard lock(mutex_);
    if (int stop = change()) return stop < 0 ? -1 : 0;
    std::string dir = std::filesystem::path(std::string(path) + "/").lexically_normal();
    for (auto& [name, f] : files_)
      if (std::filesystem::path(name).parent_path().string() + "/" == dir) f.unnamed = false;
    return 0;
  }

 private:
  struct Write {
    off_t at;
    std::string bytes;
  };
  struct File {
    std::string flushed;         // content that a power cut leaves for certain
    std::vector<Write> pending;  // writes since
    bool unnamed = false;
  };

  static constexpr auto kDelay = std::chrono::milliseconds(20);
  void delay() {
    std::unique_lock lock(mutex_);
    if (delay_at_ == 0 || calls_ + 1 != delay_at_) return;
    delay_at_ = 0;
    overtaken_.wait_for(lock, kDelay, [this, n = calls_] { return calls_ >= n + 3; });
  }

  // 0: go on; -1: fail (errno set); 1: claim success.
  int change() {
    ++calls_;
    overtaken_.notify_all();
    if (freeze_at_ > 0 && calls_ >= freeze_at_) return 1;
    if (fail_at_ > 0 && (calls_ == fail_at_ || (forever_ && calls_ > fail_at_))) {
      errno = error_;
      return -1;
    }
    return 0;
  }
  // With `all` what was written past this class counts too.
  int flush(int fd, bool all) {
    delay();
    std::lock_guard lock(mutex_);
    if (int stop = change()) return stop < 0 ? -1 : 0;
    if (auto f = file(fd)) {
      if (all) f->flushed = content(fds_[fd]), f->pending.clear();
      for (const Write& w : f->pending) apply(f->flushed, w);
      f->pending.clear();
    }
    return 0;  // a crash of the machine itself is not what is tried here
  }
  File* file(int fd) {
    auto it = fds_.find(fd);
    return it == fds_.end() ? nullptr : &files_[it->second];
  }
  static void apply(std::string& content, const Write& w) {
    auto at = static_cast<std::size_t>(w.at);
    if (content.size() < at + w.bytes.size()) content.resize(at + w.bytes.size());
    content.replace(at, w.bytes.size(), w.bytes);
  }
  static std::string content(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  const std::string root_;
  std::mutex mutex_;
  std::condition_variable overtaken_;
  long calls_ = 0, fail_at_ = 0, short_at_ = 0, freeze_at_ = 0, tear_at_ = 0, delay_at_ = 0;
  int error_ = 0;
  bool forever_ = false;
  std::map<std::string, File> files_;
  std::map<int, std::string> fds_;
};

class TempDir {
 public:
  TempDir() {
    char name[] = "/tmp/postern-test-XXXXXX";
    path_ = ::mkdtemp(name);
  }
  ~TempDir() { std::filesystem::remove_all(path_); }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace postern::test
