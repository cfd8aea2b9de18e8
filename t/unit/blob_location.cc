// Locations: what is written is read, and nothing else is.
#include <gtest/gtest.h>

#include "blob/location.h"

namespace postern::blob {
namespace {

Location sample(std::uint64_t size) {
  Location l{.segment = 7, .offset = 123'456'789, .size = size};
  for (std::size_t i = 0; i < l.key.size(); ++i) l.key[i] = static_cast<std::uint8_t>(i * 17);
  l.header_length = static_cast<std::uint32_t>(124 + 4 * l.frame_count());
  for (std::uint64_t i = 0; i < l.frame_count(); ++i) {
    auto plain = static_cast<std::uint32_t>(std::min<std::uint64_t>(kFrameSize, size - i * kFrameSize));
    Frame f{plain + static_cast<std::uint32_t>(kTagSize), i % 2 && plain > 9 ? Codec::lz4 : Codec::none};
    l.stored_length += f.stored;
    if (l.frame_count() <= kMaxInlineFrames) l.frames.push_back(f);
  }
  return l;
}

TEST(BlobLocation, RoundTrip) {
  for (std::uint64_t size :
       {0ull, 1ull, 65'535ull, 65'536ull, 65'537ull, 1ull << 20, (1ull << 20) + 1, 1ull << 30}) {
    Location l = sample(size);
    std::string bytes = l.serialize();
    EXPECT_LE(bytes.size(), kMaxLocation);
    auto back = Location::parse(bytes);
    ASSERT_TRUE(back) << size << " " << back.error().what;
    EXPECT_EQ(*back, l);
  }
  EXPECT_LE(sample(5'000).serialize().size(), 36u);
}

TEST(BlobLocation, EveryCutAndEverySurplusByteIsFound) {
  for (std::uint64_t size : {0ull, 5'000ull, 1ull << 20, 50ull << 20}) {
    std::string bytes = sample(size).serialize();
    for (std::size_t n = 0; n < bytes.size(); ++n)
      EXPECT_EQ(Location::parse(bytes.substr(0, n)).error().fault, base::Fault::corrupt) << n;
    EXPECT_EQ(Location::parse(bytes + '\0').error().fault, base::Fault::corrupt);
    std::string other = bytes;
    ++other[0];
    EXPECT_EQ(Location::parse(other).error().fault, base::Fault::corrupt) << "a newer version";
  }
}

TEST(BlobLocation, FlippedBitsNeverEscapeTheLimits) {
  std::string bytes = sample(300'000).serialize();
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string bad = bytes;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    auto l = Location::parse(bad);
    if (!l) continue;
    EXPECT_LE(l->size, kMaxBlobSize);
    EXPECT_LE(l->stored_length, l->size + l->frame_count() * kTagSize);
  }
}

TEST(BlobLocation, LimitsHoldAtTheLimitAndOnePast) {
  EXPECT_TRUE(Location::parse(sample(kMaxBlobSize).serialize()));
  EXPECT_FALSE(Location::parse(sample(kMaxBlobSize + 1).serialize()));
  Location l = sample(kFrameSize);
  EXPECT_EQ(l.frames[0].stored, kMaxStoredFrame);
  l.frames[0].stored += 1;
  l.stored_length += 1;
  EXPECT_FALSE(Location::parse(l.serialize()));
}

}  // namespace
}  // namespace postern::blob
