// Segments without an index: every record found again from the bytes alone.
#include "blob/walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "base/file.h"
#include "blob/blob_store.h"
#include "blob/record.h"
#include "kv/disk.h"

namespace postern::blob {

using base::fail;
using base::Fault;
using base::Fd;

namespace {

class Memory : public SegmentBytes {
 public:
  explicit Memory(std::string_view bytes) : bytes_(bytes) {}
  std::uint64_t size() const override { return bytes_.size(); }
  Result<std::string_view> view(std::uint64_t at, std::size_t n) override {
    return bytes_.substr(static_cast<std::size_t>(std::min<std::uint64_t>(at, bytes_.size())), n);
  }

 private:
  std::string_view bytes_;
};

// A record that lies whole in the segment, or how to go on.
struct Step {
  std::optional<WalkedRecord> record;
  bool header = false;          // there is a header: the extent after it belongs to it, whole or not
  std::uint64_t skip = kAlign;  // to the next place where a record may begin
};

Result<Step> step_at(SegmentBytes& bytes, std::uint64_t at, std::uint32_t segment,
                     const HeaderCipher* cipher) {
  Step step;
  auto head = bytes.view(at, kFixedPart);
  if (!head) return base::pass(head);
  auto fixed = parse_fixed(*head);
  if (!fixed) return step;
  // From here on the lengths may be believed, so damage costs this record and no search through its body.
  step.header = true;
  step.skip = fixed->extent;
  if (at + fixed->header_length + fixed->stored_length > bytes.size()) return step;
  auto header = bytes.view(at, fixed->header_length);
  if (!header) return base::pass(header);
  fixed = parse_fixed(*header);  // its views follow the new window
  if (!fixed) return step;
  auto table = parse_table(*fixed, *header);
  if (!table) return step;
  std::optional<Secret> secret = Secret{};
  if (cipher) secret = open_secret(*fixed, *cipher);
  if (!secret) return step;
  WalkedRecord r;
  r.sha256 = secret->sha256;
  r.location = {.segment = segment,
                .offset = at,
                .header_length = fixed->header_length,
                .stored_length = fixed->stored_length,
                .size = fixed->size,
                .key = secret->key};
  if (table->size() <= kMaxInlineFrames) r.location.frames = std::move(*table);
  step.record = std::move(r);
  return step;
}

}  // namespace

SegmentFile::SegmentFile(int fd, std::uint64_t size) : fd_(fd), size_(size) {}

// From header to header little is read; where a search goes on from place to place, much.
Result<std::string_view> SegmentFile::view(std::uint64_t at, std::size_t n) {
  constexpr std::size_t kFewBytes = 1024, kManyBytes = 256 * 1024;
  std::uint64_t window_end = window_at_ + window_.size();
  if (at < window_at_ || at + n > window_end) {
    bool searching = at >= window_at_ && at <= window_end;
    window_.resize(std::max(n, searching ? kManyBytes : kFewBytes));
    ssize_t got = kv::pread_full(fd_, window_.data(), window_.size(), static_cast<off_t>(at));
    if (got < 0) return std::unexpected(base::sys_error("segment"));
    window_.resize(static_cast<std::size_t>(got));
    window_at_ = at;
  }
  std::string_view all(window_);
  return all.substr(static_cast<std::size_t>(at - window_at_), n);
}

Result<WalkEnd> walk_records(SegmentBytes& bytes, std::uint32_t segment, const HeaderCipher* cipher,
                             const std::function<bool(const WalkedRecord&, std::uint64_t extent)>& fn) {
  WalkEnd end{.end = kSegmentHead};
  std::uint64_t covered = kSegmentHead;  // end of the last whole record
  for (std::uint64_t at = kSegmentHead; at < bytes.size();) {
    auto step = step_at(bytes, at, segment, cipher);
    if (!step) return base::pass(step);
    if (step->record) {
      ++end.records;
      end.skipped += at - covered;
      covered = at + step->skip;
      if (!fn(*step->record, step->skip)) return end;
    }
    at += step->skip;
    if (step->header) end.end = at;
  }
  return end;
}

Result<WalkEnd> walk_bytes(std::string_view bytes, std::uint32_t segment, const MasterKey& key,
                           const std::function<bool(const WalkedRecord&)>& fn) {
  auto head = parse_segment_head(bytes.substr(0, kSegmentHead));
  if (!head) return base::pass(head);
  HeaderCipher cipher(key.bytes(), head->salt);
  Memory memory(bytes);
  return walk_records(memory, segment, &cipher, [&](const WalkedRecord& r, std::uint64_t) { return fn(r); });
}

Result<WalkEnd> walk_segment(const std::string& folder, std::uint32_t segment, const MasterKey& key,
                             const std::function<bool(const WalkedRecord&)>& fn) {
  std::string path = folder + "/" + segment_name(segment);
  Fd fd(kv::disk().open(path.c_str(), O_RDONLY, 0));
  if (!fd && errno == ENOENT) return fail(Fault::permanent, path + ": no such segment", "NOT_FOUND");
  struct stat st;
  if (!fd || ::fstat(fd.get(), &st) != 0) return std::unexpected(base::sys_error(path));
  SegmentFile file(fd.get(), static_cast<std::uint64_t>(st.st_size));
  auto bytes = file.view(0, kSegmentHead);
  if (!bytes) return base::pass(bytes);
  auto head = parse_segment_head(*bytes);
  if (!head) return fail(head.error().fault, path + ": " + head.error().what);
  HeaderCipher cipher(key.bytes(), head->salt);
  return walk_records(file, segment, &cipher, [&](const WalkedRecord& r, std::uint64_t) { return fn(r); });
}

Result<std::vector<std::uint32_t>> list_segments(const std::string& folder) {
  DIR* dir = ::opendir(folder.c_str());
  if (!dir) return std::unexpected(base::sys_error(folder));
  std::vector<std::uint32_t> numbers;
  while (const dirent* e = ::readdir(dir))
    if (auto n = segment_number(e->d_name)) numbers.push_back(*n);
  ::closedir(dir);
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

}  // namespace postern::blob
