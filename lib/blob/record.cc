#include "blob/record.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "base/system.h"
#include "base/text.h"

namespace postern::blob {

using base::fail;
using base::Fault;

namespace {

constexpr std::string_view kSegmentMagic = "PSTRNSEG";
constexpr std::string_view kRecordMagic = "PBR1";
constexpr std::uint32_t kSegmentVersion = 1;
constexpr std::uint32_t kRecordVersion = 1u << 24;  // one byte and three zeros
constexpr std::size_t kNonceSize = 12;
constexpr std::size_t kBoundSize = 40;  // of the fixed part, before the nonce

std::span<unsigned char> raw(std::string& s, std::size_t at, std::size_t n) {
  return {reinterpret_cast<unsigned char*>(s.data()) + at, n};
}

}  // namespace

std::string segment_name(std::uint32_t number) {
  char name[16];
  std::snprintf(name, sizeof name, "%08x.seg", number);
  return name;
}

std::optional<std::uint32_t> segment_number(std::string_view name) {
  if (name.size() != 12 || !name.ends_with(".seg")) return std::nullopt;
  auto bytes = base::unhex(name.substr(0, 8));
  if (!bytes || bytes->size() != 4) return std::nullopt;
  std::uint32_t number = base::Reader(*bytes).u32();
  return segment_name(number) == name ? std::optional(number) : std::nullopt;
}

std::string encode_segment_head(const SegmentHead& head) {
  std::string out(kSegmentMagic);
  base::put_u32(out, kSegmentVersion);
  base::put_u32(out, head.number);
  out += head.salt;
  base::put_u32(out, base::crc32c(out));
  out.resize(kSegmentHead);
  return out;
}

Result<SegmentHead> parse_segment_head(std::string_view bytes) {
  base::Reader in(bytes);
  SegmentHead head;
  bool magic = in.take(kSegmentMagic.size()) == kSegmentMagic;
  std::uint32_t version = in.u32();
  head.number = in.u32();
  head.salt = in.take(kSaltSize);
  std::size_t summed = bytes.size() - in.rest().size();
  std::uint32_t sum = in.u32();
  if (!in.ok() || !magic || sum != base::crc32c(bytes.substr(0, summed)))
    return fail(Fault::corrupt, "segment head is damaged");
  if (version != kSegmentVersion) return fail(Fault::permanent, "segment of an unknown version");
  return head;
}

std::optional<FixedPart> parse_fixed(std::string_view bytes) {
  if (bytes.size() < kFixedPart || !bytes.starts_with(kRecordMagic)) return std::nullopt;
  bytes = bytes.substr(0, kFixedPart);
  base::Reader in(bytes);
  FixedPart f;
  in.take(kRecordMagic.size());
  std::uint32_t version = in.u32();
  f.header_length = in.u32();
  f.frame_count = in.u32();
  f.size = in.u64();
  f.stored_length = in.u64();
  f.extent = in.u64();
  f.bound = bytes.substr(0, kBoundSize);
  f.nonce = in.take(kNonceSize);
  f.sealed = in.take(kSecretSize + kTagSize);
  f.sum = in.u32();
  if (!in.at_end() || version != kRecordVersion) return std::nullopt;
  if (f.sum != base::crc32c(bytes.substr(0, kFixedPart - 4))) return std::nullopt;
  std::uint64_t frames = (f.size + kFrameSize - 1) / kFrameSize;
  if (f.size > kMaxBlobSize || f.frame_count != frames || f.header_length != header_size(frames))
    return std::nullopt;
  if (f.stored_length > f.size + frames * kTagSize) return std::nullopt;
  std::uint64_t least = f.header_length + f.stored_length,
                most = f.header_length + f.size + frames * kTagSize;
  if (f.extent % kAlign != 0 || f.extent < least || f.extent > aligned(most)) return std::nullopt;
  return f;
}

Result<std::vector<Frame>> parse_table(const FixedPart& fixed, std::string_view bytes) {
  auto damaged = fail(Fault::corrupt, "blob header is damaged");
  if (bytes.size() < fixed.header_length) return damaged;
  std::string_view table = bytes.substr(kFixedPart, fixed.header_length - kFixedPart - 4);
  base::Reader in(bytes.substr(kFixedPart, fixed.header_length - kFixedPart));
  std::vector<Frame> frames;
  frames.reserve(fixed.frame_count);
  std::uint64_t total = 0;
  for (std::uint32_t i = 0; i < fixed.frame_count; ++i) {
    std::uint32_t v = in.u32();
    Frame f{v & 0xffffff, static_cast<Codec>(v >> 24)};
    if (v >> 24 > static_cast<std::uint32_t>(Codec::zstd) || f.stored <= kTagSize ||
        f.stored > kMaxStoredFrame)
      return damaged;
    total += f.stored;
    frames.push_back(f);
  }
  if (in.u32() != base::crc32c(table, fixed.sum) || !in.at_end() || total != fixed.stored_length)
    return damaged;
  return frames;
}

std::string encode_header(const Location& location, const std::vector<Frame>& frames, std::uint64_t extent,
                          const base::Digest& sha256, const HeaderCipher& cipher) {
  std::string out(kRecordMagic);
  out.reserve(header_size(frames.size()));
  base::put_u32(out, kRecordVersion);
  base::put_u32(out, static_cast<std::uint32_t>(header_size(frames.size())));
  base::put_u32(out, static_cast<std::uint32_t>(frames.size()));
  base::put_u64(out, location.size);
  base::put_u64(out, location.stored_length);
  base::put_u64(out, extent);
  out.resize(kBoundSize + kNonceSize);
  base::random_fill(raw(out, kBoundSize, kNonceSize));
  std::size_t secret = out.size();
  out.append(base::view(sha256));
  out.append(reinterpret_cast<const char*>(location.key.data()), location.key.size());
  out.append(kTagSize, '\0');
  std::string_view all(out);
  cipher.seal(all.substr(kBoundSize, kNonceSize), all.substr(0, kBoundSize), out.data() + secret,
              kSecretSize);
  std::uint32_t sum = base::crc32c(out);
  base::put_u32(out, sum);
  for (const Frame& f : frames) base::put_u32(out, static_cast<std::uint32_t>(f.codec) << 24 | f.stored);
  base::put_u32(out, base::crc32c(std::string_view(out).substr(kFixedPart), sum));
  return out;
}

std::optional<Secret> open_secret(const FixedPart& fixed, const HeaderCipher& cipher) {
  char plain[kSecretSize];
  if (!cipher.open(fixed.nonce, fixed.bound, fixed.sealed, plain)) return std::nullopt;
  Secret s;
  std::memcpy(s.sha256.data(), plain, s.sha256.size());
  std::memcpy(s.key.data(), plain + s.sha256.size(), s.key.size());
  return s;
}

}  // namespace postern::blob
