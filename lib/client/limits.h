// Named limits of what front ends keep for deliveries.
#pragma once
#include <cstddef>

namespace postern::client {

inline constexpr std::size_t kMaxKeptAccounts = 10'000;      // whose scripts a process remembers
inline constexpr std::size_t kMaxKeptBytes = 16u << 20;      // of these scripts and vacation responses

}  // namespace postern::client
