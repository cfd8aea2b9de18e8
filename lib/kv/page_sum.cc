#include "kv/page_sum.h"

#include <cstdint>
#include <cstring>

#include "kv/limits.h"

namespace postern::kv {

namespace {

// Places in a page, from Berkeley DB's documentation of its file format (db_page.h).
constexpr std::size_t kTypeAt = 25;
constexpr std::size_t kSumAt = 28;
constexpr std::size_t kMetaSize = 512;   // only this much of a metadata page is summed
constexpr std::size_t kMetaSumAt = 492;  // of 20 bytes, the first 4 used
constexpr unsigned char kBtreeMeta = 9;

// Bernstein's times 33, eight bytes a step so that the multiplications overlap.
std::uint32_t sum33(std::uint32_t h, const unsigned char* p, std::size_t n) {
  constexpr std::uint32_t p1 = 33, p2 = p1 * 33, p3 = p2 * 33, p4 = p3 * 33, p5 = p4 * 33, p6 = p5 * 33,
                          p7 = p6 * 33, p8 = p7 * 33;
  for (; n >= 8; n -= 8, p += 8) {
    h = h * p8 + p[0] * p7 + p[1] * p6 + p[2] * p5 + p[3] * p4 + p[4] * p3 + p[5] * p2 + p[6] * p1 + p[7];
  }
  for (; n > 0; --n, ++p) h = h * 33 + *p;
  return h;
}

std::uint32_t sum_without(const unsigned char* page, std::size_t size, std::size_t at, std::size_t width) {
  std::uint32_t h = sum33(0, page, at);
  for (std::size_t i = 0; i < width; ++i) h *= 33;
  return sum33(h, page + at + width, size - at - width);
}

}  // namespace

bool page_intact(std::string_view page) {
  if (page.size() != kPageSize) return false;
  const auto* p = reinterpret_cast<const unsigned char*>(page.data());
  bool meta = p[kTypeAt] == kBtreeMeta;
  std::size_t at = meta ? kMetaSumAt : kSumAt;
  std::uint32_t stored;
  std::memcpy(&stored, p + at, sizeof stored);
  std::uint32_t sum = meta ? sum_without(p, kMetaSize, at, 4) : sum_without(p, kPageSize, at, 4);
  if (sum == stored) return true;
  return page.find_first_not_of('\0') == std::string_view::npos;
}

}  // namespace postern::kv
