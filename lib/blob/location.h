// Where a blob lies and how to read it: what a blob row keeps and what a front end is handed.  Holding one is
// the right to read that blob (it carries the key), so it is never logged. Runs in: stored (makes them),
// front ends (use them).  parse() trusts nothing. Tests: t/unit/blob_location.cc, t/fuzz/blob_location.cc
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "blob/limits.h"

namespace postern::blob {

using base::Result;
using Key = std::array<std::uint8_t, 16>;

enum class Codec : std::uint8_t { none = 0, lz4 = 1, zstd = 2 };

// One independent frame: kFrameSize plain bytes (the last one less), compressed if that gained, encrypted,
// tagged.
struct Frame {
  std::uint32_t stored = 0;  // bytes on disk, tag included
  Codec codec = Codec::none;
  bool operator==(const Frame&) const = default;
};

struct Location {
  std::uint32_t segment = 0;
  std::uint64_t offset = 0;         // of the record's header in the segment
  std::uint32_t header_length = 0;  // the frames begin at offset + header_length
  std::uint64_t stored_length = 0;  // sum of the frames' stored bytes
  std::uint64_t size = 0;           // plain bytes
  Key key{};
  std::vector<Frame> frames;  // empty when there are more than kMaxInlineFrames: then the header has them

  std::uint64_t frame_count() const { return (size + kFrameSize - 1) / kFrameSize; }
  std::uint64_t end() const { return offset + header_length + stored_length; }
  bool operator==(const Location&) const = default;

  // At most kMaxLocation bytes; about 30 for a blob of one frame.
  std::string serialize() const;
  // Fault::corrupt when a byte is missing, surplus or inconsistent, or the version is not known.
  static Result<Location> parse(std::string_view bytes);
};

}  // namespace postern::blob
