// Reading: needs nothing but the segment file and the Location.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <list>
#include <mutex>
#include <span>
#include <utility>

#include "base/file.h"
#include "blob/blob_store.h"
#include "blob/frame.h"
#include "blob/record.h"
#include "kv/disk.h"

namespace postern::blob {

using base::fail;
using base::Fault;
using base::Fd;

namespace {

constexpr std::size_t kReadAhead = 4;  // frames fetched by one pread

base::Error damaged(const Location& l, const char* what) {
  return {Fault::corrupt, "blob at " + segment_name(l.segment) + ":" + std::to_string(l.offset) + ": " + what,
          "CORRUPT_BLOB"};
}

std::size_t plain_size(const Location& l, std::uint64_t frame) {
  return static_cast<std::size_t>(std::min<std::uint64_t>(kFrameSize, l.size - frame * kFrameSize));
}

enum class Wait { yes, no };

// False when the disk would have to be waited for.
Result<bool> read_exact(int fd, const Location& l, std::uint64_t at, std::span<char> to, Wait wait) {
  if (wait == Wait::no) {
    ssize_t got = kv::disk().pread_now(fd, to.data(), to.size(), static_cast<off_t>(at));
    return got == static_cast<ssize_t>(to.size());
  }
  ssize_t got = kv::pread_full(fd, to.data(), to.size(), static_cast<off_t>(at));
  if (got < 0) return std::unexpected(base::sys_error(segment_name(l.segment)));
  if (static_cast<std::size_t>(got) < to.size()) return std::unexpected(damaged(l, "the segment ends before it"));
  return true;
}

}  // namespace

struct Reader::Impl {
  std::string folder;
  std::mutex mutex;                                               // over `open`
  std::list<std::pair<std::uint32_t, std::shared_ptr<Fd>>> open;  // latest used first

  // Nothing when it is not open and may not be waited for.
  Result<std::shared_ptr<Fd>> segment(std::uint32_t number, Wait wait);
  Result<std::vector<Frame>> frames(int fd, const Location& l);
  // Frames [first, last], in order: each appended to `out`, then given to `take`.  False when it was not waited for.
  template <class Take>
  Result<bool> each_frame(const Location& l, std::uint64_t first, std::uint64_t last, Wait wait, std::string& out,
                          Take&& take);
  Result<std::optional<std::string>> read(const Location& l, std::uint64_t offset, std::uint64_t length, Wait wait);
};

Result<std::shared_ptr<Fd>> Reader::Impl::segment(std::uint32_t number, Wait wait) {
  std::lock_guard lock(mutex);
  for (auto it = open.begin(); it != open.end(); ++it) {
    if (it->first != number) continue;
    open.splice(open.begin(), open, it);
    return it->second;
  }
  if (wait == Wait::no) return std::shared_ptr<Fd>();
  std::string path = folder + "/" + segment_name(number);
  auto fd = std::make_shared<Fd>(kv::disk().open(path.c_str(), O_RDONLY, 0));
  if (!*fd && errno == ENOENT) return fail(Fault::permanent, path + ": no such segment", "NOT_FOUND");
  if (!*fd) return std::unexpected(base::sys_error(path));
  open.emplace_front(number, fd);
  if (open.size() > kMaxOpenSegments) open.pop_back();
  return fd;
}

Result<std::vector<Frame>> Reader::Impl::frames(int fd, const Location& l) {
  if (l.frame_count() <= kMaxInlineFrames) {
    if (l.frames.size() != l.frame_count()) return std::unexpected(damaged(l, "its location lacks frames"));
    return l.frames;
  }
  if (l.header_length != header_size(l.frame_count()))
    return std::unexpected(damaged(l, "its location is wrong"));
  std::string header(l.header_length, '\0');
  if (auto read = read_exact(fd, l, l.offset, header, Wait::yes); !read) return base::pass(read);
  auto fixed = parse_fixed(header);
  if (!fixed || fixed->size != l.size || fixed->stored_length != l.stored_length)
    return std::unexpected(damaged(l, "its header is damaged"));
  auto table = parse_table(*fixed, header);
  if (!table) return std::unexpected(damaged(l, "its frame table is damaged"));
  return table;
}

template <class Take>
Result<bool> Reader::Impl::each_frame(const Location& l, std::uint64_t first, std::uint64_t last, Wait wait,
                                      std::string& out, Take&& take) {
  // What is read from the disk lies in a buffer that the thread keeps: a new one of this size for each body would
  // be mapped, cleared and unmapped again.
  static thread_local std::string kept;
  std::string stored = std::move(kept);
  kept.clear();
  auto fd = segment(l.segment, wait);
  if (!fd) return base::pass(fd);
  if (!*fd || (wait == Wait::no && l.frame_count() > kMaxInlineFrames)) return false;
  auto table = frames((*fd)->get(), l);
  if (!table) return base::pass(table);
  FrameCipher cipher(l.key);
  std::uint64_t at = l.offset + l.header_length;
  for (std::uint64_t i = 0; i < first; ++i) at += (*table)[i].stored;
  for (std::uint64_t i = first; i <= last;) {
    std::uint64_t until = std::min(last + 1, i + kReadAhead);
    std::size_t n = 0;
    for (std::uint64_t k = i; k < until; ++k) n += (*table)[k].stored;
    if (stored.size() < n) stored.resize(n);
    auto got = read_exact((*fd)->get(), l, at, {stored.data(), n}, wait);
    if (!got || !*got) return got;
    at += n;
    for (std::size_t used = 0; i < until; used += (*table)[i].stored, ++i) {
      std::string_view one = std::string_view(stored).substr(used, (*table)[i].stored);
      if (!append_plain(out, one, (*table)[i], plain_size(l, i), i, cipher))
        return std::unexpected(damaged(l, "a frame is not what was written"));
      if (!take()) return true;
    }
  }
  kept = std::move(stored);
  return true;
}

Reader::Reader(std::string folder) : impl_(std::make_unique<Impl>()) {
  impl_->folder = std::move(folder);
}
Reader::~Reader() = default;
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;

Result<std::optional<std::string>> Reader::Impl::read(const Location& l, std::uint64_t offset, std::uint64_t length,
                                                      Wait wait) {
  std::optional<std::string> out(std::in_place);
  if (l.size > kMaxBlobSize) return std::unexpected(damaged(l, "its location is wrong"));
  if (offset >= l.size || length == 0) return out;
  length = std::min(length, l.size - offset);
  std::uint64_t first = offset / kFrameSize, last = (offset + length - 1) / kFrameSize;
  // Whole frames go to their place at once; what surrounds the range is cut off afterwards.
  out->reserve(static_cast<std::size_t>(std::min(l.size, (last + 1) * kFrameSize) - first * kFrameSize));
  auto done = each_frame(l, first, last, wait, *out, [] { return true; });
  if (!done) return base::pass(done);
  if (!*done) return std::optional<std::string>();
  out->resize(static_cast<std::size_t>(offset - first * kFrameSize + length));
  out->erase(0, static_cast<std::size_t>(offset - first * kFrameSize));
  return out;
}

Result<std::string> Reader::read(const Location& location, std::uint64_t offset, std::uint64_t length) {
  auto out = impl_->read(location, offset, length, Wait::yes);
  if (!out) return base::pass(out);
  return std::move(**out);
}

Result<std::optional<std::string>> Reader::read_now(const Location& location, std::uint64_t offset,
                                                    std::uint64_t length) {
  return impl_->read(location, offset, length, Wait::no);
}

Result<> Reader::read_frames(const Location& location, std::uint64_t from,
                             const std::function<bool(std::string_view)>& fn) {
  if (location.size > kMaxBlobSize) return std::unexpected(damaged(location, "its location is wrong"));
  if (from >= location.size) return {};
  std::size_t skip = static_cast<std::size_t>(from % kFrameSize);
  std::string frame;
  auto take = [&] {
    bool more = fn(std::string_view(frame).substr(std::exchange(skip, 0)));
    frame.clear();
    return more;
  };
  auto done = impl_->each_frame(location, from / kFrameSize, location.frame_count() - 1, Wait::yes, frame, take);
  if (!done) return base::pass(done);
  return {};
}

void Reader::forget(std::uint32_t segment) {
  std::lock_guard lock(impl_->mutex);
  impl_->open.remove_if([&](const auto& e) { return e.first == segment; });
}

}  // namespace postern::blob
