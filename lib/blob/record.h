// The format of segment files.  All integers are big-endian; every header has its own checksum.
// Trust: none; parse functions take hostile bytes.  Tests: t/unit/blob_store.cc, t/fuzz/blob_segment.cc
//
// Segment: a head of kSegmentHead bytes, then records at multiples of kAlign:
//   head    magic "PSTRNSEG" | version (4) | number (4) | salt (32) | CRC-32C of all before (4) | zeros
//   record  fixed part | frame table | frames | unused rest of its extent
//   fixed   magic "PBR1" | version (1), zeros (3) | header length (4) | frame count (4) | size (8) |
//           stored length (8) | extent (8) | nonce (12) | sealed: SHA-256 (32), key (16), tag (16) |
//           CRC-32C of all before (4)
//   table   a frame: codec (1), stored length (3) | CRC-32C of the table, begun with the fixed part's (4)
// `extent` counts header, frames and what was reserved and not used; the next record begins behind it.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/codec.h"
#include "blob/aead.h"
#include "blob/location.h"

namespace postern::blob {

inline constexpr std::size_t kSegmentHead = 64;
inline constexpr std::size_t kSaltSize = 32;
inline constexpr std::size_t kAlign = 8;
inline constexpr std::size_t kFixedPart = 120;
inline constexpr std::size_t kSecretSize = 48;  // SHA-256 and key

inline std::uint64_t aligned(std::uint64_t n) {
  return (n + kAlign - 1) / kAlign * kAlign;
}
// Bytes of a record's header.
inline std::size_t header_size(std::uint64_t frames) {
  return kFixedPart + 4 * static_cast<std::size_t>(frames) + 4;
}
// NNNNNNNN.seg
std::string segment_name(std::uint32_t number);
std::optional<std::uint32_t> segment_number(std::string_view name);

struct SegmentHead {
  std::uint32_t number = 0;
  std::string salt;
};
std::string encode_segment_head(const SegmentHead& head);
Result<SegmentHead> parse_segment_head(std::string_view bytes);

struct FixedPart {
  std::uint32_t header_length = 0, frame_count = 0;
  std::uint64_t size = 0, stored_length = 0, extent = 0;
  std::string_view nonce, sealed, bound;  // into the parsed bytes
  std::uint32_t sum = 0;
};
// Nothing unless magic, version, checksum and all lengths agree.  `bytes` begins at the record.
std::optional<FixedPart> parse_fixed(std::string_view bytes);
// The frame table behind a fixed part; `bytes` begins at the record and holds the whole header.
Result<std::vector<Frame>> parse_table(const FixedPart& fixed, std::string_view bytes);

struct Secret {
  base::Digest sha256{};
  Key key{};
};
// REQUIRES: frames.size() == location.frame_count() whatever its number; key and lengths are taken from
// `location`.
std::string encode_header(const Location& location, const std::vector<Frame>& frames, std::uint64_t extent,
                          const base::Digest& sha256, const HeaderCipher& cipher);
std::optional<Secret> open_secret(const FixedPart& fixed, const HeaderCipher& cipher);

}  // namespace postern::blob
