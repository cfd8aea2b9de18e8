// Keeps half-written pages out of a Berkeley DB file.  Every page write of one database file passes here:
//
//   pwrite   keeps the page in memory and writes nothing; reads are answered from there meanwhile.
//   fsync    drains: all kept pages go to the double-write file, which is flushed; then they go in place, and
//   the or full  database file is flushed.  kMaxDeferredPages kept pages drain too.
//
// So at each moment one of the two copies of a page is whole on the disk.  The double-write file is never
// emptied: while it is being overwritten with the next pages, those of the last drain are already flushed in
// place. After a crash each image in it that passes its checksum is the latest version of its page that was
// ever meant to be in place (a torn image belongs to a drain that had not begun to write in place):
// restore_torn_pages() writes them all again, before Berkeley DB looks at the file.
//
// It is right for the library's ways: write-ahead holds because the log is flushed before pwrite is called,
// and a checkpoint is recorded only after it has called fsync.
//
// Runs in: the threads of the engine; any thread.  Limits: kMaxDeferredPages.  Tests: t/unit/kv_page_guard.cc
#pragma once
#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "kv/limits.h"

namespace postern::kv {

class PageGuard {
 public:
  PageGuard(std::string database, std::string double_write);

  const std::string& database() const { return database_; }

  // As the system calls, on `fd` open on the database file.
  ssize_t pread(int fd, void* to, std::size_t n, off_t at);
  ssize_t pwrite(int fd, const void* from, std::size_t n, off_t at);
  int fsync(int fd);
  int ftruncate(int fd, off_t size);
  off_t size(int fd);  // with the kept pages behind the end counted

  // A page as the library would read it, not torn by a write at the same time; false when it does not pass
  // its checksum even so.  `to` has kPageSize bytes.
  base::Result<bool> read_intact(int fd, std::uint32_t page, char* to);

  // True after a flush or a write in place failed: what is on the disk is unknown, and no later flush may be
  // believed.
  bool broken() const { return broken_; }
  std::uint64_t pages_written() const { return pages_written_; }

 private:
  using Image = std::array<char, kPageSize>;
  struct Pages {
    std::unordered_map<std::uint32_t, std::uint32_t> where;  // page -> index of its image
    std::vector<Image> images;
    const Image* find(std::uint32_t page) const;
    void put(std::uint32_t page, const void* image);
  };
  int drain(int fd);
  int reserve(int fd, std::uint32_t last_page);
  int write_double();
  int write_in_place(int fd, const std::vector<std::uint32_t>& pages);
  int invalidate_double();
  int open_double();
  void put_back();

  const std::string database_, double_write_;
  std::mutex drain_mutex_;  // one drain at a time; taken before mutex_
  std::mutex mutex_;        // over kept_; draining_ is changed under both and only read in between
  Pages kept_, draining_;
  base::Fd double_fd_;
  std::uint64_t sequence_ = 0;
  off_t reserved_ = 0;  // room up to here is known to be there
  std::atomic<bool> broken_{false};
  std::atomic<std::uint64_t> pages_written_{0};
};

// Before the database is opened: writes every whole image of the double-write file in place and flushes.
// Answers how many pages differed.  Nothing to do is success.
base::Result<std::size_t> restore_torn_pages(const std::string& database, const std::string& double_write);

}  // namespace postern::kv
