// Every named limit of runner.
#pragma once
#include <cstddef>
#include <cstdint>

namespace postern::runner {

inline constexpr std::size_t kMaxArgument = 1024;      // bytes of one further argument or variable
inline constexpr std::size_t kMaxArguments = 64u << 10;  // bytes of all of them
inline constexpr std::size_t kMaxWaiting = 64;         // runs that wait for their turn; past it BUSY
inline constexpr std::size_t kMaxComplaint = 512;      // bytes of standard error that are kept
inline constexpr std::uint64_t kMaxFiles = 256;        // descriptors of one program
inline constexpr std::uint64_t kVerdictGraceMs = 10'000;  // for the keeper to say how it ended, past the time limit

}  // namespace postern::runner
