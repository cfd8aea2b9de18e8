// Named limits of lib/kv.
#pragma once
#include <cstddef>

namespace postern::kv {

inline constexpr std::size_t kMaxKey = 512;               // bytes of a key, without the account
inline constexpr std::size_t kMaxValue = 1u << 20;        // bytes of a value
inline constexpr std::size_t kMaxBatchRows = 50'000;      // puts and deletes of one batch
inline constexpr std::size_t kMaxBatchBytes = 64u << 20;  // keys and values of one batch
inline constexpr std::size_t kMaxCorruptReported =
    1'000;                                               // damaged rows that one scan names; more only count
inline constexpr std::size_t kPageSize = 4096;           // of the database file
inline constexpr std::size_t kMaxDeferredPages = 2'048;  // page writes held back before a drain (8 MB)

}  // namespace postern::kv
