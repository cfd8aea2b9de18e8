// Appending.  Room is reserved under one mutex; compressing, encrypting and writing run in parallel.
// Nothing that was ever written is written over: an opening goes on behind the end of the last segment's
// file, on a fresh block, whatever lies before that.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>

#include "base/file.h"
#include "base/system.h"
#include "blob/blob_store.h"
#include "blob/frame.h"
#include "blob/record.h"
#include "blob/walk.h"
#include "kv/disk.h"

namespace postern::blob {

using base::fail;
using base::Fault;
using base::Fd;

namespace {

constexpr std::size_t kPiece = 16 * kFrameSize;  // larger bodies are written piece by piece
constexpr std::uint64_t kBlock = 4096;
constexpr std::uint64_t kPreallocate = 16u << 20;  // room asked from the file system at a time

base::Error io_error(const std::string& what) {
  int err = errno;
  base::Error e = base::sys_error(what, err);
  if (err == ENOSPC || err == EDQUOT) e.code = "NO_SPACE";
  return e;
}

base::Error panic_error(const std::string& folder) {
  return {Fault::temporary,
          folder + ": a flush failed; nothing more is promised until the process starts again", "PANIC"};
}

struct Segment {
  std::uint32_t number = 0;
  Fd fd;
  HeaderCipher cipher;
  std::uint64_t end = kSegmentHead;  // of what is reserved
  std::uint64_t allocated = 0;       // room that the file system has set aside
  bool dirty = true;                 // written to since the last flush began
};

// Where the plain bytes come from.
class Source {
 public:
  virtual ~Source() = default;
  // Exactly n bytes at `at`; the view lives until the next call.
  virtual Result<std::string_view> bytes(std::uint64_t at, std::size_t n) = 0;
};

class MemorySource : public Source {
 public:
  explicit MemorySource(std::string_view body) : body_(body) {}
  Result<std::string_view> bytes(std::uint64_t at, std::size_t n) override {
    return body_.substr(static_cast<std::size_t>(at), n);
  }

 private:
  std::string_view body_;
};

class FileSource : public Source {
 public:
  explicit FileSource(int fd) : fd_(fd) {}
  Result<std::string_view> bytes(std::uint64_t at, std::size_t n) override {
    auto read = base::pread_exact(fd_, n, at);
    if (!read && read.error().fault == Fault::corrupt)
      return fail(Fault::permanent, "the body is shorter than was said");
    if (!read) return base::pass(read);
    buffer_ = std::move(*read);
    return buffer_;
  }

 private:
  int fd_;
  std::string buffer_;
};

// A blob that lies in a segment already: each frame is checked as it is read.
class BlobSource : public Source {
 public:
  BlobSource(Reader& reader, const Location& from) : reader_(reader), from_(from) {}
  Result<std::string_view> bytes(std::uint64_t at, std::size_t n) override {
    auto read = reader_.read(from_, at, n);
    if (!read) return base::pass(read);
    buffer_ = std::move(*read);
    return buffer_;
  }

 private:
  Reader& reader_;
  const Location& from_;
  std::string buffer_;
};

class SegmentWriter : public Writer {
 public:
  SegmentWriter(const WriterOptions& options, MasterKey key)
      : options_(options), key_(std::move(key)), reader_(options.folder) {}
  Result<> start();

  Result<Stored> put(std::string_view body, const base::Digest* known) override {
    MemorySource source(body);
    return put_source(source, body.size(), known, options_.codec);
  }
  Result<Stored> put(int fd, std::uint64_t size, const base::Digest* known) override;
  Result<> sync() override;
  std::uint64_t last_put() const override { return last_put_.load(std::memory_order_acquire); }
  bool durable(std::uint64_t put) const override { return put <= durable_.load(std::memory_order_acquire); }
  std::vector<SegmentStats> segment_stats() override;
  void mark_dead(const Location& location) override;
  Result<> remove_segment(std::uint32_t segment) override;
  Result<> roll() override;
  Result<Stored> rewrite(const Location& from, const base::Digest& sha256) override;
  Result<> verify(const Location& at, const base::Digest& sha256) override;
  Result<WalkEnd> walk(std::uint32_t segment, const std::function<bool(const WalkedRecord&)>& fn) override {
    return walk_segment(options_.folder, segment, key_, fn);
  }

 private:
  struct Room {
    std::shared_ptr<Segment> segment;
    std::uint64_t offset = 0, length = 0;
  };

  std::string path(std::uint32_t number) const { return options_.folder + "/" + segment_name(number); }
  Result<> continue_segment(std::uint32_t number);
  Result<> new_segment();
  Result<> allocate(Segment& s, std::uint64_t until);
  Result<Room> reserve(std::uint64_t length);
  void shrink(Room& room, std::uint64_t length);
  void give_back(Room& room);
  std::uint64_t written(const Room& room);
  Result<Stored> put_source(Source& source, std::uint64_t size, const base::Digest* known, Codec codec);
  Result<Stored> put_small(std::string_view body, const base::Digest* known, Codec codec);
  Result<Stored> put_large(Source& source, std::uint64_t size, const base::Digest* known, Codec codec);
  Result<> write_frames(Source& source, const Room& room, Location& l, std::vector<Frame>& frames,
                        base::Sha256* hash, Codec codec);

  const WriterOptions options_;
  const MasterKey key_;
  Reader reader_;  // of rewrite() and verify()
  std::atomic<bool> broken_{false};
  std::atomic<std::uint64_t> last_put_{0}, durable_{0};  // set under mutex_, sync_mutex_
  std::mutex sync_mutex_;  // one sync at a time
  std::mutex mutex_;       // over all below
  std::shared_ptr<Segment> current_;
  std::vector<std::shared_ptr<Segment>> unsynced_;  // closed, still to be flushed
  std::uint32_t next_number_ = 1;
  // A segment was made since the folder was flushed; at first, perhaps by a process that was killed before it flushed.
  bool names_dirty_ = true;
  std::map<std::uint32_t, std::uint64_t> ends_, dead_;
};

Result<> SegmentWriter::start() {
  auto numbers = list_segments(options_.folder);
  if (!numbers) return base::pass(numbers);
  for (std::uint32_t n : *numbers) {
    struct stat st;
    if (::stat(path(n).c_str(), &st) == 0) ends_[n] = static_cast<std::uint64_t>(st.st_size);
  }
  std::uint32_t last = numbers->empty() ? 0 : numbers->back();
  next_number_ = std::max(last, options_.known_segment) + 1;
  if (last == 0 || last < options_.known_segment) return {};
  return continue_segment(last);
}

// A segment whose head is not whole is left alone; the next one is begun at the first put.
Result<> SegmentWriter::continue_segment(std::uint32_t number) {
  Fd fd(kv::disk().open(path(number).c_str(), O_RDWR, 0));
  struct stat st;
  if (!fd || ::fstat(fd.get(), &st) != 0) return std::unexpected(io_error(path(number)));
  std::string head(kSegmentHead, '\0');
  ssize_t got = kv::pread_full(fd.get(), head.data(), head.size(), 0);
  if (got < 0) return std::unexpected(io_error(path(number)));
  auto parsed = parse_segment_head(head);
  auto size = static_cast<std::uint64_t>(st.st_size);
  if (number == options_.known_segment) size = std::max(size, options_.known_end);
  if (!parsed || parsed->number != number || size >= options_.segment_target) return {};
  // A torn record's header claims room that the file may not have reached.
  SegmentFile bytes(fd.get(), static_cast<std::uint64_t>(st.st_size));
  auto walked = walk_records(bytes, number, nullptr, [](const WalkedRecord&, std::uint64_t) { return true; });
  if (!walked) return base::pass(walked);
  size = std::max(size, walked->end);
  std::uint64_t end = (size + kBlock - 1) / kBlock * kBlock;
  current_ = std::make_shared<Segment>(
      Segment{number, std::move(fd), HeaderCipher(key_.bytes(), parsed->salt), end, 0, true});
  return {};
}

// REQUIRES: mutex_.
Result<> SegmentWriter::new_segment() {
  std::uint32_t number = next_number_;
  Fd fd(kv::disk().open(path(number).c_str(), O_RDWR | O_CREAT | O_EXCL, options_.segment_mode));
  if (!fd) return std::unexpected(io_error(path(number)));
  ++next_number_;
  SegmentHead head{number, std::string(kSaltSize, '\0')};
  base::random_fill({reinterpret_cast<unsigned char*>(head.salt.data()), kSaltSize});
  auto s = std::make_shared<Segment>(Segment{number, std::move(fd), HeaderCipher(key_.bytes(), head.salt)});
  auto allocated = allocate(*s, kSegmentHead);
  std::string bytes = encode_segment_head(head);
  bool ok = allocated && kv::pwrite_full(s->fd.get(), bytes.data(), bytes.size(), 0) >= 0;
  if (!ok) {
    auto error = allocated ? io_error(path(number)) : allocated.error();
    kv::disk().unlink(path(number).c_str());
    return std::unexpected(std::move(error));
  }
  ::fchmod(s->fd.get(), options_.segment_mode);  // whatever the umask
  names_dirty_ = true;
  current_ = std::move(s);
  return {};
}

// So that a full disk shows here, before anything is half written.  The size of the file stays what was
// written.
Result<> SegmentWriter::allocate(Segment& s, std::uint64_t until) {
  if (until <= s.allocated) return {};
  std::uint64_t to = std::max(until, std::min(until + kPreallocate, options_.segment_target));
  std::uint64_t from = std::max(s.allocated, s.end);
  if (kv::disk().fallocate(s.fd.get(), FALLOC_FL_KEEP_SIZE, static_cast<off_t>(from),
                           static_cast<off_t>(to - from)) != 0 &&
      errno != EOPNOTSUPP) {
    return std::unexpected(io_error(path(s.number)));
  }
  s.allocated = to;
  return {};
}

Result<SegmentWriter::Room> SegmentWriter::reserve(std::uint64_t length) {
  std::lock_guard lock(mutex_);
  if (broken_) return std::unexpected(panic_error(options_.folder));
  if (current_ && current_->end > kSegmentHead && current_->end + length > options_.segment_target) {
    unsynced_.push_back(std::move(current_));
    current_ = nullptr;
  }
  if (!current_)
    if (auto made = new_segment(); !made) return base::pass(made);
  if (auto ok = allocate(*current_, current_->end + length); !ok) return base::pass(ok);
  Room room{current_, current_->end, length};
  current_->end += length;
  return room;
}

// Gives back what was reserved behind `length`, where nobody has reserved since.
void SegmentWriter::shrink(Room& room, std::uint64_t length) {
  std::lock_guard lock(mutex_);
  if (room.segment->end != room.offset + room.length) return;
  room.segment->end = room.offset + length;
  room.length = length;
}

// After a failed write.  A header that got there must not claim the room of later records: where it cannot be
// wiped, the room is left unused.
void SegmentWriter::give_back(Room& room) {
  const char zeros[kFixedPart] = {};
  if (kv::pwrite_full(room.segment->fd.get(), zeros, sizeof zeros, static_cast<off_t>(room.offset)) >= 0)
    shrink(room, 0);
}

// The number of the put.
std::uint64_t SegmentWriter::written(const Room& room) {
  std::lock_guard lock(mutex_);
  room.segment->dirty = true;
  // Rolled away and perhaps flushed while this was being written.
  if (room.segment != current_ &&
      std::find(unsynced_.begin(), unsynced_.end(), room.segment) == unsynced_.end())
    unsynced_.push_back(room.segment);
  std::uint64_t& end = ends_[room.segment->number];
  end = std::max(end, room.offset + room.length);
  return ++last_put_;
}

Result<Stored> SegmentWriter::put(int fd, std::uint64_t size, const base::Digest* known) {
  struct stat st;
  if (::fstat(fd, &st) != 0) return std::unexpected(base::sys_error("body"));
  if (!S_ISREG(st.st_mode)) return fail(Fault::permanent, "the body is no regular file");
  if (static_cast<std::uint64_t>(st.st_size) < size)
    return fail(Fault::permanent, "the body is shorter than was said");
  FileSource source(fd);
  return put_source(source, size, known, options_.codec);
}

Result<Stored> SegmentWriter::put_source(Source& source, std::uint64_t size, const base::Digest* known,
                                         Codec codec) {
  if (broken_) return std::unexpected(panic_error(options_.folder));
  if (size > kMaxBlobSize) return fail(Fault::limit, "body larger than 1 GB");
  if (size > kPiece) return put_large(source, size, known, codec);
  auto body = source.bytes(0, static_cast<std::size_t>(size));
  if (!body) return base::pass(body);
  return put_small(*body, known, codec);
}

// The whole record is made in memory and written by one call.
Result<Stored> SegmentWriter::put_small(std::string_view body, const base::Digest* known, Codec codec) {
  Stored s{.sha256 = known ? *known : base::sha256(body)};
  Location& l = s.location;
  l.size = body.size();
  base::random_fill(l.key);
  std::size_t header = header_size(l.frame_count());
  l.header_length = static_cast<std::uint32_t>(header);
  std::string record(header, '\0');
  record.reserve(aligned(header + body.size() + l.frame_count() * kTagSize));
  FrameCipher cipher(l.key);
  for (std::uint64_t i = 0; i < l.frame_count(); ++i)
    l.frames.push_back(
        append_frame(record, body.substr(i * kFrameSize, kFrameSize), codec, i, cipher));
  l.stored_length = record.size() - header;
  record.resize(aligned(record.size()));

  auto room = reserve(record.size());
  if (!room) return base::pass(room);
  l.segment = room->segment->number;
  l.offset = room->offset;
  std::string head = encode_header(l, l.frames, record.size(), s.sha256, room->segment->cipher);
  head.copy(record.data(), head.size());
  base::kill_point("blob.put");
  if (kv::pwrite_full(room->segment->fd.get(), record.data(), record.size(), static_cast<off_t>(l.offset)) <
      0) {
    auto error = io_error(path(l.segment));
    give_back(*room);
    return std::unexpected(std::move(error));
  }
  s.put = written(*room);
  return s;
}

// Frames first, in pieces, then the header: a record without one is no record.
Result<Stored> SegmentWriter::put_large(Source& source, std::uint64_t size, const base::Digest* known, Codec codec) {
  Stored s;
  Location& l = s.location;
  l.size = size;
  base::random_fill(l.key);
  l.header_length = static_cast<std::uint32_t>(header_size(l.frame_count()));
  auto room = reserve(aligned(l.header_length + size + l.frame_count() * kTagSize));
  if (!room) return base::pass(room);
  l.segment = room->segment->number;
  l.offset = room->offset;
  std::vector<Frame> frames;
  base::Sha256 hash;
  auto done = write_frames(source, *room, l, frames, known ? nullptr : &hash, codec);
  if (done) {
    s.sha256 = known ? *known : hash.finish();
    shrink(*room, aligned(l.header_length + l.stored_length));
    std::string head = encode_header(l, frames, room->length, s.sha256, room->segment->cipher);
    base::kill_point("blob.put_large");
    if (kv::pwrite_full(room->segment->fd.get(), head.data(), head.size(), static_cast<off_t>(l.offset)) < 0)
      done = std::unexpected(io_error(path(l.segment)));
  }
  if (!done) {
    give_back(*room);
    return base::pass(done);
  }
  s.put = written(*room);
  if (frames.size() <= kMaxInlineFrames) l.frames = std::move(frames);
  return s;
}

Result<> SegmentWriter::write_frames(Source& source, const Room& room, Location& l,
                                     std::vector<Frame>& frames, base::Sha256* hash, Codec codec) {
  FrameCipher cipher(l.key);
  std::string out;
  for (std::uint64_t at = 0; at < l.size;) {
    auto piece = source.bytes(at, static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, l.size - at)));
    if (!piece) return base::pass(piece);
    if (hash) hash->update(*piece);
    out.clear();
    for (std::size_t i = 0; i < piece->size(); i += kFrameSize)
      frames.push_back(
          append_frame(out, piece->substr(i, kFrameSize), codec, frames.size(), cipher));
    std::uint64_t to = room.offset + l.header_length + l.stored_length;
    if (kv::pwrite_full(room.segment->fd.get(), out.data(), out.size(), static_cast<off_t>(to)) < 0)
      return std::unexpected(io_error(path(l.segment)));
    l.stored_length += out.size();
    at += piece->size();
  }
  return {};
}

Result<> SegmentWriter::sync() {
  std::lock_guard one(sync_mutex_);
  std::vector<std::shared_ptr<Segment>> todo;
  bool names = false;
  std::uint64_t covered = 0;
  {
    std::lock_guard lock(mutex_);
    covered = last_put_;
    if (broken_) return std::unexpected(panic_error(options_.folder));
    todo.swap(unsynced_);
    if (current_) todo.push_back(current_);
    std::erase_if(todo, [](const auto& s) { return !s->dirty; });
    for (const auto& s : todo) s->dirty = false;
    names = std::exchange(names_dirty_, false);
  }
  base::kill_point("blob.sync");
  bool ok = true;
  for (const auto& s : todo) ok = ok && kv::disk().fdatasync(s->fd.get()) == 0;
  if (ok && names) ok = kv::disk().fsync_dir(options_.folder.c_str()) == 0;
  if (ok) {
    durable_.store(covered, std::memory_order_release);
    return {};
  }
  broken_ = true;
  return std::unexpected(panic_error(options_.folder));
}

std::vector<SegmentStats> SegmentWriter::segment_stats() {
  std::lock_guard lock(mutex_);
  std::vector<SegmentStats> out;
  for (const auto& [number, end] : ends_) {
    auto dead = dead_.find(number);
    out.push_back(
        {number, end, dead == dead_.end() ? 0 : dead->second, current_ && current_->number == number});
  }
  return out;
}

void SegmentWriter::mark_dead(const Location& location) {
  std::lock_guard lock(mutex_);
  dead_[location.segment] += aligned(location.header_length + location.stored_length);
}

Result<> SegmentWriter::remove_segment(std::uint32_t segment) {
  std::lock_guard lock(mutex_);
  if (!ends_.contains(segment))
    return fail(Fault::permanent, path(segment) + ": no such segment", "NOT_FOUND");
  bool in_use = current_ && current_->number == segment;
  for (const auto& s : unsynced_) in_use = in_use || s->number == segment;
  if (in_use) return fail(Fault::temporary, path(segment) + ": still written to", "IN_USE");
  base::kill_point("blob.remove_segment");
  if (kv::disk().unlink(path(segment).c_str()) != 0) return std::unexpected(io_error(path(segment)));
  reader_.forget(segment);
  ends_.erase(segment);
  dead_.erase(segment);
  names_dirty_ = true;
  return {};
}

Result<> SegmentWriter::roll() {
  std::lock_guard lock(mutex_);
  if (current_) unsynced_.push_back(std::move(current_));
  current_ = nullptr;
  return {};
}

base::Error not_the_body(const Location& l) {
  return {Fault::corrupt,
          "blob at " + segment_name(l.segment) + ":" + std::to_string(l.offset) + ": not the body with its hash",
          "CORRUPT_BLOB"};
}

Result<Stored> SegmentWriter::rewrite(const Location& from, const base::Digest& sha256) {
  BlobSource source(reader_, from);
  auto copy = put_source(source, from.size, nullptr, options_.codec == Codec::none ? Codec::none : Codec::zstd);
  if (copy && copy->sha256 != sha256) return std::unexpected(not_the_body(from));
  return copy;
}

Result<> SegmentWriter::verify(const Location& at, const base::Digest& sha256) {
  base::Sha256 hash;
  auto read = reader_.read_frames(at, 0, [&](std::string_view piece) {
    hash.update(piece);
    return true;
  });
  if (!read) return read;
  if (hash.finish() != sha256) return std::unexpected(not_the_body(at));
  return {};
}

Result<MasterKey> key_for(const WriterOptions& options) {
  struct stat st;
  if (::stat(options.master_key.c_str(), &st) == 0) return MasterKey::load(options.master_key);
  auto segments = list_segments(options.folder);
  if (!segments) return base::pass(segments);
  if (!segments->empty())
    return fail(
        Fault::permanent,
        options.master_key + ": missing, and there are blobs that need it: restore it from the backup");
  return MasterKey::create(options.master_key);
}

}  // namespace

Result<std::unique_ptr<Writer>> Writer::open(const WriterOptions& options) {
  if (auto made = base::make_dirs(options.folder, 0750); !made) return base::pass(made);
  auto key = key_for(options);
  if (!key) return base::pass(key);
  auto writer = std::make_unique<SegmentWriter>(options, std::move(*key));
  if (auto started = writer->start(); !started) return base::pass(started);
  return writer;
}

}  // namespace postern::blob
