// What the walk over a segment needs of its bytes, so that files and memory are walked by the same code.
// Internal to lib/blob.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "blob/blob_store.h"
#include "blob/record.h"

namespace postern::blob {

class SegmentBytes {
 public:
  virtual ~SegmentBytes() = default;
  virtual std::uint64_t size() const = 0;
  // Up to n bytes at `at`, less at the end; the view lives until the next call.
  virtual Result<std::string_view> view(std::uint64_t at, std::size_t n) = 0;
};

class SegmentFile : public SegmentBytes {
 public:
  SegmentFile(int fd, std::uint64_t size);  // `fd` is borrowed
  std::uint64_t size() const override { return size_; }
  Result<std::string_view> view(std::uint64_t at, std::size_t n) override;

 private:
  int fd_;
  std::uint64_t size_;
  std::string window_;
  std::uint64_t window_at_ = 0;
};

// Without a cipher the secret parts are left zero (for whoever looks for ends only).
Result<WalkEnd> walk_records(SegmentBytes& bytes, std::uint32_t segment, const HeaderCipher* cipher,
                             const std::function<bool(const WalkedRecord&, std::uint64_t extent)>& fn);

}  // namespace postern::blob
