// Named limits of sieved.
#pragma once
#include <cstddef>
#include <cstdint>

namespace postern::sieved_daemon {

inline constexpr std::size_t kMaxRuns = 200;                 // at the same time, in one process
inline constexpr std::size_t kMaxStack = 8;                  // scripts of one run
inline constexpr std::uint64_t kAnswerMs = 30'000;           // that a caller may take for an answer
inline constexpr std::uint64_t kStuckMs = 20'000;            // beyond its own time limit, until a step is taken for stuck
inline constexpr std::size_t kMaxCachedPrograms = 1'000;
inline constexpr std::size_t kMaxCachedText = 32u << 20;     // bytes of the scripts of these programs
inline constexpr std::size_t kMaxLargeRequest = 16u << 20;   // a request in a descriptor: a stack of scripts
inline constexpr std::uint64_t kNewMs = 60'000;              // after its start a run may be one that took its predecessor down
// Of a run that is tried on the loop's thread: what most scripts need, and never more than some milliseconds.
inline constexpr std::uint64_t kQuickSteps = 2'000;
inline constexpr std::uint64_t kQuickWork = 1'000'000;       // characters that matchers look at
inline constexpr std::uint64_t kQuickMemory = 1u << 20;
inline constexpr std::size_t kMaxWhole = 64u << 20;          // bytes of messages that one outcome or question hands back

}  // namespace postern::sieved_daemon
