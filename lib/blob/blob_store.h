// Immutable bodies in append-only segment files.  A Writer (stored only) appends; Readers (front ends) read
// with a Location that stored handed them; walk_segment() finds every record again from the segments alone.
// blob/record.h describes the format.
// Tests: t/unit/blob_store.cc, t/fuzz/blob_segment.cc
//
// Each blob: frames of 64 KB, each LZ4 where that gains a fifth, then AES-128-GCM under a random key of the
// blob, nonce = frame number; the tag is the checksum.  Before them a header whose secret part (SHA-256 and
// key) is sealed under the store's master key: to whom has no Location a segment is noise and lengths.
//
// Durability: put() writes, sync() makes durable.  The order is: put(), sync(), and only then the commit of a row
// that names the body: the engine's log may reach the disk at any time after a commit, asked or not.
// A put that was never synced may vanish or be torn by a crash; no acknowledged one is
// ever touched again: after each opening the writer goes on, on a fresh block of 4096, behind the end of the
// last segment's file, behind the room of its last header and behind `known_end`.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/codec.h"
#include "base/result.h"
#include "blob/location.h"

namespace postern::blob {

struct WriterOptions {
  std::string folder;      // segments: NNNNNNNN.seg (hex).  Made if missing, mode 0750
  std::string master_key;  // path of the key file, made with mode 0600 if missing and no segment exists yet
  std::uint64_t segment_target = kSegmentTarget;
  Codec codec =
      Codec::lz4;  // of new blobs, frame by frame where it gains a fifth; zstd is smaller and slower
  mode_t segment_mode = 0640;  // front ends read through the folder's group
  // The highest place that an index row names (segment, Location::end()); both 0 if unknown.
  std::uint32_t known_segment = 0;
  std::uint64_t known_end = 0;
};

struct Stored {
  Location location;
  base::Digest sha256{};
  std::uint64_t put = 0;  // its number, for durable(); they grow with each put of this writer, from 1
};

struct SegmentStats {
  std::uint32_t segment = 0;
  std::uint64_t bytes = 0;  // end of the last record, headers included
  std::uint64_t dead = 0;   // bytes told by mark_dead() since the writer was opened
  bool current = false;     // still written to
};

struct WalkedRecord {
  base::Digest sha256{};
  Location location;
};
struct WalkEnd {
  std::uint64_t records = 0;
  std::uint64_t end = 0;      // behind the room of the last header found; may be behind the file's end
  std::uint64_t skipped = 0;  // bytes before the last record that belong to none (torn or damaged)
};
class Writer {
 public:
  static Result<std::unique_ptr<Writer>> open(const WriterOptions& options);
  virtual ~Writer() = default;

  // Any thread; calls run in parallel but for the reservation of room.  On failure (disk full ...) nothing is
  // named by anybody and the writer stays usable.  `known` is the body's SHA-256 where the caller has it
  // already.
  virtual Result<Stored> put(std::string_view body, const base::Digest* known = nullptr) = 0;
  // The bytes [0, size) of `fd` (a regular file or memfd, read with pread), in bounded memory.
  // Fault::permanent when it is no such file or shorter.
  virtual Result<Stored> put(int fd, std::uint64_t size, const base::Digest* known = nullptr) = 0;
  // Makes every put that returned before this call durable.  For the flush thread.  After a failure nothing
  // more may be promised: every later sync() and put() answers Fault::temporary, code PANIC; end the process.
  virtual Result<> sync() = 0;
  // The number of the latest put.  Any thread.
  virtual std::uint64_t last_put() const = 0;
  // Whether a sync() has covered it; of put 0 it is true.  Any thread.
  virtual bool durable(std::uint64_t put) const = 0;

  // What gc needs.  mark_dead() only counts; remove_segment() refuses the current one and unlinks at once
  // (the caller waits for the readers' leases).
  virtual std::vector<SegmentStats> segment_stats() = 0;
  virtual void mark_dead(const Location& location) = 0;
  virtual Result<> remove_segment(std::uint32_t segment) = 0;
  // Closes the current segment, so that the next put begins a new one (before a rewrite, or for a backup).
  virtual Result<> roll() = 0;
  // Copies a blob from wherever it lies to the current segment, under a new key, with zstd where that gains.  The copy
  // has `sha256`, or the answer is Fault::corrupt and nobody names it.  Any thread, as put().
  virtual Result<Stored> rewrite(const Location& from, const base::Digest& sha256) = 0;
  // Reads it whole; Fault::corrupt when it is not the body with this hash.
  virtual Result<> verify(const Location& at, const base::Digest& sha256) = 0;
  // walk_segment() with the writer's key.
  virtual Result<WalkEnd> walk(std::uint32_t segment, const std::function<bool(const WalkedRecord&)>& fn) = 0;
};

// Reads blobs.  Needs read permission on the folder, no key but the Location's.  Any thread.
class Reader {
 public:
  explicit Reader(std::string folder);
  ~Reader();
  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;

  // The plain bytes [offset, offset + length) cut to the blob; reads only the frames that they touch.
  // Fault::corrupt when the disk has something else than was written; Fault::permanent NOT_FOUND when the
  // segment is gone.
  Result<std::string> read(const Location& location, std::uint64_t offset = 0,
                           std::uint64_t length = kMaxBlobSize);
  // The same, when all that it takes is in memory already: the segment is open and the page cache has its bytes.
  // Nothing where the disk would have to be waited for.  For an event loop, and little of it at a time.
  Result<std::optional<std::string>> read_now(const Location& location, std::uint64_t offset, std::uint64_t length);
  // Hands over the bytes from `from` to the end in pieces of at most kFrameSize, in order, in bounded memory
  // (1 MB is read ahead); stops early, without error, when `fn` answers false.
  Result<> read_frames(const Location& location, std::uint64_t from,
                       const std::function<bool(std::string_view)>& fn);
  // Forgets the descriptor of a segment that was removed.
  void forget(std::uint32_t segment);
  // While the answer lives, locations in this segment can be read, though gc may remove it: for who reads longer than
  // the minute for which a location is good.  Nothing when it is gone already.
  std::shared_ptr<void> hold(std::uint32_t segment);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The store's master key: 32 random bytes in a file of mode 0600.
class MasterKey {
 public:
  static Result<MasterKey> load(const std::string& path);
  static Result<MasterKey> create(const std::string& path);  // durable on return; fails if the file exists
  MasterKey(MasterKey&&) noexcept = default;
  MasterKey& operator=(MasterKey&&) noexcept = default;
  ~MasterKey();
  std::string_view bytes() const { return bytes_; }

 private:
  MasterKey() = default;
  std::string bytes_;
};

// Finds every record of one segment in order, from the bytes alone; damaged ones are passed over.  Only
// headers are checked: read the blob and compare its SHA-256 to know that the body is whole.  Stops early
// when `fn` answers false.  Hostile bytes cost linear time.
Result<WalkEnd> walk_segment(const std::string& folder, std::uint32_t segment, const MasterKey& key,
                             const std::function<bool(const WalkedRecord&)>& fn);
// The same over bytes in memory (tests, fuzzing).
Result<WalkEnd> walk_bytes(std::string_view bytes, std::uint32_t segment, const MasterKey& key,
                           const std::function<bool(const WalkedRecord&)>& fn);
// Numbers of the segments present, ascending.
Result<std::vector<std::uint32_t>> list_segments(const std::string& folder);

}  // namespace postern::blob
