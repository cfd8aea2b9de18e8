#include "kv/page_guard.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/codec.h"
#include "base/system.h"
#include "kv/disk.h"
#include "kv/page_sum.h"
#include "kv/row.h"

namespace postern::kv {

using base::Fault;
using base::Result;

namespace {

// The double-write file: a head of kHeadSize bytes, then the images.
//   head = magic (8) | sequence (8) | count (4) | { page (4) | CRC-32C of sequence, page and image (4) } *
//   count |
//          CRC-32C of the head so far (4); all big-endian
constexpr std::string_view kMagic = "PSTRNDW1";
constexpr std::size_t kEntriesAt = 20;
constexpr std::size_t kHeadSize =
    ((kEntriesAt + 8 * kMaxDeferredPages + 4 + kPageSize - 1) / kPageSize) * kPageSize;

std::uint32_t image_sum(std::uint64_t sequence, std::uint32_t page, std::string_view image) {
  char head[12];
  put_be64(head, sequence);
  put_be32(head + 8, page);
  return base::crc32c(image, base::crc32c({head, sizeof head}));
}

off_t place(std::uint64_t page) {
  return static_cast<off_t>(page * kPageSize);
}
off_t image_place(std::uint64_t index) {
  return static_cast<off_t>(kHeadSize + index * kPageSize);
}

bool whole_pages(std::size_t n, off_t at) {
  return n % kPageSize == 0 && static_cast<std::uint64_t>(at) % kPageSize == 0;
}

}  // namespace

PageGuard::PageGuard(std::string database, std::string double_write)
    : database_(std::move(database)), double_write_(std::move(double_write)), sequence_(base::random_u64()) {}

const PageGuard::Image* PageGuard::Pages::find(std::uint32_t page) const {
  auto it = where.find(page);
  return it == where.end() ? nullptr : &images[it->second];
}

void PageGuard::Pages::put(std::uint32_t page, const void* image) {
  auto [it, fresh] = where.try_emplace(page, static_cast<std::uint32_t>(images.size()));
  if (fresh) images.emplace_back();
  std::memcpy(images[it->second].data(), image, kPageSize);
}

ssize_t PageGuard::pread(int fd, void* to, std::size_t n, off_t at) {
  if (!whole_pages(n, at)) {  // the library reads the head of a file before it knows the page size
    if (n > kPageSize ||
        static_cast<std::uint64_t>(at) / kPageSize != (static_cast<std::uint64_t>(at) + n - 1) / kPageSize)
      return disk().pread(fd, to, n, at);
    char page[kPageSize];
    off_t start = at - at % static_cast<off_t>(kPageSize);
    ssize_t got = pread(fd, page, kPageSize, start);
    if (got < 0) return got;
    std::size_t skip = static_cast<std::size_t>(at - start);
    if (static_cast<std::size_t>(got) <= skip) return 0;
    n = std::min(n, static_cast<std::size_t>(got) - skip);
    std::memcpy(to, page + skip, n);
    return static_cast<ssize_t>(n);
  }
  char* out = static_cast<char*>(to);
  std::size_t done = 0;
  for (; done < n; done += kPageSize) {
    auto page = static_cast<std::uint32_t>((static_cast<std::uint64_t>(at) + done) / kPageSize);
    {
      std::lock_guard lock(mutex_);
      const Image* image = kept_.find(page);
      if (!image) image = draining_.find(page);
      if (image) {
        std::memcpy(out + done, image->data(), kPageSize);
        continue;
      }
    }
    ssize_t got = pread_full(fd, out + done, kPageSize, place(page));
    if (got < 0) return -1;
    if (got < static_cast<ssize_t>(kPageSize)) return static_cast<ssize_t>(done) + got;
  }
  return static_cast<ssize_t>(done);
}

ssize_t PageGuard::pwrite(int fd, const void* from, std::size_t n, off_t at) {
  if (broken_) {
    errno = EIO;
    return -1;
  }
  if (!whole_pages(n, at)) {  // not a page: after what is kept, directly
    if (drain(fd) != 0) return -1;
    return pwrite_full(fd, from, n, at);
  }
  for (std::size_t done = 0; done < n; done += kPageSize) {
    for (;;) {
      std::unique_lock lock(mutex_);
      auto page = static_cast<std::uint32_t>((static_cast<std::uint64_t>(at) + done) / kPageSize);
      if (kept_.images.size() < kMaxDeferredPages || kept_.find(page)) {
        kept_.put(page, static_cast<const char*>(from) + done);
        break;
      }
      lock.unlock();
      if (drain(fd) != 0) return -1;
    }
  }
  return static_cast<ssize_t>(n);
}

int PageGuard::fsync(int fd) {
  if (drain(fd) != 0) return -1;
  if (disk().fdatasync(fd) == 0) return 0;
  broken_ = true;
  return -1;
}

int PageGuard::ftruncate(int fd, off_t size) {
  // An image of a page that is cut off now must not come back.
  if (drain(fd) != 0) return -1;
  std::lock_guard draining(drain_mutex_);
  if (invalidate_double() != 0) return -1;
  reserved_ = 0;
  return disk().ftruncate(fd, size);
}

off_t PageGuard::size(int fd) {
  struct stat st;
  if (::fstat(fd, &st) != 0) return -1;
  off_t size = st.st_size;
  std::lock_guard lock(mutex_);
  for (const Pages* pages : {&kept_, &draining_})
    for (const auto& [page, index] : pages->where) size = std::max(size, place(page + 1ull));
  return size;
}

Result<bool> PageGuard::read_intact(int fd, std::uint32_t page, char* to) {
  constexpr int kTries = 20;  // a write in place may be under way just now
  for (int i = 0; i < kTries; ++i) {
    ssize_t got = pread(fd, to, kPageSize, place(page));
    if (got < 0) return std::unexpected(base::sys_error(database_));
    if (got == static_cast<ssize_t>(kPageSize) && page_intact({to, kPageSize})) return true;
    ::usleep(1000);
  }
  return false;
}

int PageGuard::drain(int fd) {
  std::lock_guard draining(drain_mutex_);
  if (broken_) {
    errno = EIO;
    return -1;
  }
  std::vector<std::uint32_t> pages;
  {
    std::lock_guard lock(mutex_);
    if (kept_.images.empty()) return 0;
    std::swap(kept_, draining_);
    pages.reserve(draining_.where.size());
    for (const auto& [page, index] : draining_.where) pages.push_back(page);
  }
  std::sort(pages.begin(), pages.end());
  int result = reserve(fd, pages.back());
  if (result == 0) result = write_double();
  if (result == 0) result = write_in_place(fd, pages);
  int err = errno;
  if (result == 0) {
    pages_written_ += pages.size();
    std::lock_guard lock(mutex_);
    draining_.where.clear();
    draining_.images.clear();
  } else {
    put_back();
  }
  errno = err;
  return result;
}

// What could not be written stays kept, under newer versions of the same pages.
void PageGuard::put_back() {
  std::lock_guard lock(mutex_);
  for (const auto& [page, index] : draining_.where)
    if (!kept_.find(page)) kept_.put(page, draining_.images[index].data());
  draining_.where.clear();
  draining_.images.clear();
}

int PageGuard::open_double() {
  if (double_fd_) return 0;
  int fd = disk().open(double_write_.c_str(), O_RDWR | O_CREAT, 0600);
  if (fd < 0) return -1;
  double_fd_.reset(fd);
  std::string dir = double_write_.substr(0, double_write_.rfind('/'));
  if (disk().fsync_dir(dir.c_str()) == 0) return 0;
  double_fd_.reset();
  return -1;
}

// Images go out in the order in which they were kept, so that none is copied.
int PageGuard::write_double() {
  if (open_double() != 0) return -1;
  const std::vector<Image>& images = draining_.images;
  std::vector<std::uint32_t> pages(images.size());
  for (const auto& [page, index] : draining_.where) pages[index] = page;
  ++sequence_;
  std::string head(kMagic);
  base::put_u64(head, sequence_);
  base::put_u32(head, static_cast<std::uint32_t>(pages.size()));
  for (std::size_t i = 0; i < pages.size(); ++i) {
    base::put_u32(head, pages[i]);
    base::put_u32(head, image_sum(sequence_, pages[i], {images[i].data(), kPageSize}));
  }
  base::put_u32(head, base::crc32c(head));
  if (pwrite_full(double_fd_.get(), images.data(), images.size() * kPageSize, image_place(0)) < 0 ||
      pwrite_full(double_fd_.get(), head.data(), head.size(), 0) < 0) {
    return -1;
  }
  if (disk().fdatasync(double_fd_.get()) == 0) return 0;
  broken_ = true;
  return -1;
}

// Room is reserved first: a disk that fills up between two pages in place would leave a state that the next
// drain must not overwrite in the double-write file.
int PageGuard::reserve(int fd, std::uint32_t last_page) {
  off_t need = place(last_page + 1ull);
  if (need <= reserved_) return 0;
  struct stat st;
  if (::fstat(fd, &st) != 0) return -1;
  constexpr off_t kStep = 4 << 20;
  off_t until = (need + kStep - 1) / kStep * kStep;
  if (need > st.st_size && disk().fallocate(fd, FALLOC_FL_KEEP_SIZE, st.st_size, until - st.st_size) != 0) {
    if (errno != EOPNOTSUPP) return -1;
  }
  reserved_ = need > st.st_size ? until : st.st_size;
  return 0;
}

int PageGuard::write_in_place(int fd, const std::vector<std::uint32_t>& pages) {
  constexpr std::size_t kRun = 32;  // neighbours written by one call
  std::vector<Image> run;
  run.reserve(kRun);
  for (std::size_t i = 0; i < pages.size();) {
    run.clear();
    std::size_t first = i;
    do {
      run.push_back(*draining_.find(pages[i++]));
    } while (i < pages.size() && pages[i] == pages[i - 1] + 1 && run.size() < kRun);
    if (pwrite_full(fd, run.data(), run.size() * kPageSize, place(pages[first])) < 0) {
      broken_ = true;
      return -1;
    }
  }
  if (disk().fdatasync(fd) == 0) return 0;
  broken_ = true;
  return -1;
}

int PageGuard::invalidate_double() {
  if (open_double() != 0) return -1;
  const char zeros[kEntriesAt] = {};
  if (pwrite_full(double_fd_.get(), zeros, sizeof zeros, 0) < 0) return -1;
  if (disk().fdatasync(double_fd_.get()) == 0) return 0;
  broken_ = true;
  return -1;
}

namespace {

struct Entry {
  std::uint32_t page, sum;
};

// Nothing when the head is not whole.
std::vector<Entry> parse_head(std::string_view head, std::uint64_t& sequence) {
  std::vector<Entry> entries;
  base::Reader in(head);
  if (in.take(kMagic.size()) != kMagic) return entries;
  sequence = in.u64();
  std::uint32_t count = in.u32();
  if (!in.ok() || count > kMaxDeferredPages) return entries;
  for (std::uint32_t i = 0; i < count; ++i) {
    std::uint32_t page = in.u32();
    entries.push_back({page, in.u32()});
  }
  std::uint32_t sum = in.u32();
  if (!in.ok() || sum != base::crc32c(head.substr(0, kEntriesAt + 8 * count))) entries.clear();
  return entries;
}

Result<bool> restore_page(int database, int images, std::uint64_t sequence, std::size_t index,
                          const Entry& e) {
  char image[kPageSize], now[kPageSize];
  if (pread_full(images, image, kPageSize, image_place(index)) != static_cast<ssize_t>(kPageSize))
    return false;
  if (image_sum(sequence, e.page, {image, kPageSize}) != e.sum) return false;
  ssize_t got = pread_full(database, now, kPageSize, place(e.page));
  if (got == static_cast<ssize_t>(kPageSize) && std::memcmp(now, image, kPageSize) == 0) return false;
  if (pwrite_full(database, image, kPageSize, place(e.page)) < 0)
    return std::unexpected(base::sys_error("restore page"));
  return true;
}

}  // namespace

Result<std::size_t> restore_torn_pages(const std::string& database, const std::string& double_write) {
  base::Fd images(disk().open(double_write.c_str(), O_RDONLY, 0));
  if (!images && errno == ENOENT) return 0;
  if (!images) return std::unexpected(base::sys_error(double_write));
  base::Fd file(disk().open(database.c_str(), O_RDWR, 0));
  if (!file && errno == ENOENT) return 0;
  if (!file) return std::unexpected(base::sys_error(database));

  std::string head(kHeadSize, '\0');
  ssize_t got = pread_full(images.get(), head.data(), head.size(), 0);
  if (got < 0) return std::unexpected(base::sys_error(double_write));
  head.resize(static_cast<std::size_t>(got));
  std::uint64_t sequence = 0;
  std::size_t restored = 0;
  auto entries = parse_head(head, sequence);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    auto one = restore_page(file.get(), images.get(), sequence, i, entries[i]);
    if (!one) return base::pass(one);
    if (*one) ++restored;
  }
  if (restored > 0 && disk().fdatasync(file.get()) != 0) return std::unexpected(base::sys_error(database));
  return restored;
}

}  // namespace postern::kv
