// Named limits of lib/managesieve.
#pragma once
#include <cstddef>
#include <cstdint>

namespace postern::managesieve {

inline constexpr std::size_t kMaxText = 16 * 1024;            // bytes of one command's lines, and of all before login
inline constexpr std::size_t kMaxArguments = 8;               // words of one command after its name
inline constexpr std::size_t kMaxQuotedOut = 1024;            // longer strings leave as literals (RFC 5804 4, quoted)
inline constexpr std::uint64_t kMaxSwallow = 16u << 20;       // bytes of a refused literal that are read away

}  // namespace postern::managesieve
