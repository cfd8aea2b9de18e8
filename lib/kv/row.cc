#include "kv/row.h"

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

#include <bit>
#include <cstring>

#include "base/codec.h"
#include "kv/limits.h"

namespace postern::kv {

using base::Error;
using base::fail;
using base::Fault;
using base::Result;

static_assert(std::endian::native == std::endian::little);

void put_be64(char* at, std::uint64_t v) {
  v = __builtin_bswap64(v);
  std::memcpy(at, &v, sizeof v);
}

void put_be32(char* at, std::uint32_t v) {
  v = __builtin_bswap32(v);
  std::memcpy(at, &v, sizeof v);
}

std::uint64_t get_be64(const char* at) {
  std::uint64_t v;
  std::memcpy(&v, at, sizeof v);
  return __builtin_bswap64(v);
}

std::uint32_t get_be32(const char* at) {
  std::uint32_t v;
  std::memcpy(&v, at, sizeof v);
  return __builtin_bswap32(v);
}

std::string row_key(Account account, std::string_view key) {
  std::string full;
  full.reserve(kAccountSize + key.size());
  full.resize(kAccountSize);
  put_be64(full.data(), account);
  full.append(key);
  return full;
}

namespace {

#if defined(__x86_64__)
// Scans check every row, and rows are short: no byte loop for the rest, no call for each part.
__attribute__((target("sse4.2"))) std::uint64_t crc_add(std::uint64_t c, std::string_view bytes) {
  const char* p = bytes.data();
  std::size_t n = bytes.size();
  for (; n >= 8; n -= 8, p += 8) {
    std::uint64_t v;
    std::memcpy(&v, p, 8);
    c = _mm_crc32_u64(c, v);
  }
  auto low = static_cast<std::uint32_t>(c);
  if (n & 4) {
    std::uint32_t v;
    std::memcpy(&v, p, 4);
    low = _mm_crc32_u32(low, v);
    p += 4;
  }
  if (n & 2) {
    std::uint16_t v;
    std::memcpy(&v, p, 2);
    low = _mm_crc32_u16(low, v);
    p += 2;
  }
  if (n & 1) low = _mm_crc32_u8(low, static_cast<unsigned char>(*p));
  return low;
}

__attribute__((target("sse4.2"))) std::uint32_t row_sum_fast(std::string_view key, std::string_view value) {
  return ~static_cast<std::uint32_t>(crc_add(crc_add(~0u, key), value));
}
#endif

}  // namespace

std::uint32_t row_sum(std::string_view full_key, std::string_view value) {
#if defined(__x86_64__)
  static const bool fast = __builtin_cpu_supports("sse4.2");
  if (fast) return row_sum_fast(full_key, value);
#endif
  return base::crc32c(value, base::crc32c(full_key));
}

bool row_intact(std::string_view full_key, std::string_view stored) {
  if (stored.size() < kSumSize) return false;
  std::string_view value = row_value(stored);
  return row_sum(full_key, value) == get_be32(value.data() + value.size());
}

std::string version_value(std::string_view full_key, std::uint64_t version) {
  std::string value(8 + kSumSize, '\0');
  put_be64(value.data(), version);
  put_be32(value.data() + 8, row_sum(full_key, {value.data(), 8}));
  return value;
}

Result<std::uint64_t> parse_version(std::string_view full_key, std::string_view stored) {
  if (stored.size() != 8 + kSumSize || !row_intact(full_key, stored))
    return std::unexpected(corrupt_row(full_key));
  return get_be64(stored.data());
}

Error corrupt_row(std::string_view full_key) {
  std::string what = "row of account ";
  what += std::to_string(full_key.size() >= kAccountSize ? get_be64(full_key.data()) : 0);
  what += ", key " + base::hex(full_key.substr(std::min(full_key.size(), kAccountSize))) +
          ": checksum does not fit";
  return {Fault::corrupt, std::move(what), "CORRUPT_ROW"};
}

Error stale_snapshot() {
  return {Fault::temporary, "the account changed while its snapshot was in use", "STALE"};
}

Result<> check_batch(const Batch& batch) {
  if (batch.size() > kMaxBatchRows) return fail(Fault::limit, "too many rows in one commit");
  if (batch.bytes() > kMaxBatchBytes) return fail(Fault::limit, "too many bytes in one commit");
  for (std::size_t i = 0; i < batch.size(); ++i) {
    Batch::Row row = batch.row(i);
    if (row.key.size() == kAccountSize) return fail(Fault::limit, "empty key");
    if (row.key.size() > kAccountSize + kMaxKey) return fail(Fault::limit, "key longer than 512 bytes");
    if (row.value.size() > kMaxValue + kSumSize) return fail(Fault::limit, "value longer than 1 MB");
  }
  return {};
}

}  // namespace postern::kv
