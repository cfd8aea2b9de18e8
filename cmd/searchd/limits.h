// Every named limit of searchd.
#pragma once
#include <cstddef>
#include <cstdint>

namespace postern::searchd {

inline constexpr std::size_t kThreads = 2;               // requests that are worked on at the same time
inline constexpr std::size_t kMaxWaiting = 256;          // requests that wait for a thread; past it BUSY
inline constexpr std::size_t kMaxQuestionText = 64u << 10;  // bytes of one question
inline constexpr std::size_t kMaxAnswerBytes = 900u << 10;  // of all lists of an answer; what would pass it is "everything"
inline constexpr std::uint64_t kPatienceMs = 3'000;      // for one request; questions after it are answered "everything"
inline constexpr std::size_t kMaxOpen = 1'000;           // indexes
inline constexpr std::uint64_t kDamagedForMs = 5'000;    // an index that its writer just makes anew looks damaged for a moment

}  // namespace postern::searchd
