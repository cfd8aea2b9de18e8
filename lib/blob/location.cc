#include "blob/location.h"

#include <algorithm>
#include <cstring>

#include "base/codec.h"

namespace postern::blob {

using base::fail;
using base::Fault;

namespace {

constexpr std::uint8_t kVersion = 1;

}  // namespace

// version (1) | segment, offset, header_length, stored_length, size (varints) | key (16) |
// a varint a frame: stored * 4 + codec, only when frame_count() <= kMaxInlineFrames
std::string Location::serialize() const {
  std::string out;
  out.reserve(48);
  base::put_u8(out, kVersion);
  for (std::uint64_t v : {std::uint64_t{segment}, offset, std::uint64_t{header_length}, stored_length, size})
    base::put_varint(out, v);
  out.append(reinterpret_cast<const char*>(key.data()), key.size());
  for (const Frame& f : frames)
    base::put_varint(out, std::uint64_t{f.stored} * 4 + static_cast<std::uint64_t>(f.codec));
  return out;
}

Result<Location> Location::parse(std::string_view bytes) {
  auto corrupt = [](const char* why) { return fail(Fault::corrupt, std::string("blob location: ") + why); };
  base::Reader in(bytes);
  Location l;
  if (in.u8() != kVersion || !in.ok()) return corrupt("unknown version");
  std::uint64_t segment = in.varint();
  l.offset = in.varint();
  std::uint64_t header = in.varint();
  l.stored_length = in.varint();
  l.size = in.varint();
  std::string_view key = in.take(l.key.size());
  if (!in.ok()) return corrupt("cut short");
  constexpr std::uint64_t kFar = 1ull << 62;
  if (segment > UINT32_MAX || l.offset > kFar || header > UINT32_MAX || l.size > kMaxBlobSize)
    return corrupt("out of range");
  l.segment = static_cast<std::uint32_t>(segment);
  l.header_length = static_cast<std::uint32_t>(header);
  std::copy(key.begin(), key.end(), l.key.begin());
  if (l.stored_length > l.size + l.frame_count() * kTagSize) return corrupt("longer than its blob");
  if (l.frame_count() > kMaxInlineFrames) {
    if (!in.at_end()) return corrupt("surplus bytes");
    return l;
  }
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < l.frame_count(); ++i) {
    std::uint64_t v = in.varint();
    if (!in.ok()) return corrupt("cut short");
    if (v % 4 > static_cast<std::uint64_t>(Codec::zstd)) return corrupt("unknown codec");
    if (v / 4 <= kTagSize || v / 4 > kMaxStoredFrame) return corrupt("frame length");
    l.frames.push_back({static_cast<std::uint32_t>(v / 4), static_cast<Codec>(v % 4)});
    sum += v / 4;
  }
  if (!in.at_end()) return corrupt("surplus bytes");
  if (sum != l.stored_length) return corrupt("frames do not add up");
  return l;
}

}  // namespace postern::blob
