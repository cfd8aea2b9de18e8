// How rows look below the contract, the same in every engine: key = account (8, big-endian) | key, value =
// value | CRC-32C (4, big-endian) over both.  So a value under a wrong key, account or bit is found out. An
// account's version row has an empty key, which no caller can write.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "kv/batch.h"

namespace postern::kv {

inline constexpr std::size_t kAccountSize = 8;
inline constexpr std::size_t kSumSize = 4;

void put_be64(char* at, std::uint64_t v);
void put_be32(char* at, std::uint32_t v);
std::uint64_t get_be64(const char* at);
std::uint32_t get_be32(const char* at);

// account | key
std::string row_key(Account account, std::string_view key);
// CRC-32C of both, one behind the other.
std::uint32_t row_sum(std::string_view full_key, std::string_view value);
// True when `stored` ends with the checksum of `full_key` and the rest of it.
bool row_intact(std::string_view full_key, std::string_view stored);
// `stored` without its checksum.  REQUIRES: row_intact().
inline std::string_view row_value(std::string_view stored) {
  return stored.substr(0, stored.size() - kSumSize);
}
// The version row's stored value.
std::string version_value(std::string_view full_key, std::uint64_t version);
base::Result<std::uint64_t> parse_version(std::string_view full_key, std::string_view stored);

base::Error corrupt_row(std::string_view full_key);
base::Error stale_snapshot();
// Limits of one batch: row count, bytes, each key and value.
base::Result<> check_batch(const Batch& batch);

}  // namespace postern::kv
