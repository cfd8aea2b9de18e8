// Named limits of lib/archive: an archive may come from anybody.
#pragma once
#include <cstddef>
#include <cstdint>

namespace postern::archive {

inline constexpr std::size_t kMaxManifest = 64u << 10;
inline constexpr std::size_t kMaxLine = 4u << 20;        // a mailing list of 100,000 members
inline constexpr std::size_t kMaxJsonDepth = 6;
inline constexpr std::size_t kMaxItems = 200'000;        // of one array
inline constexpr std::size_t kMaxText = 1'400'000;       // bytes of one string: a Sieve script of 1 MB in base64
inline constexpr std::size_t kMaxFolders = 1'000'000;    // accounts of one archive
inline constexpr std::size_t kMaxSubject = 200;          // bytes of a subject that go into a line
inline constexpr std::size_t kMaxMessageIds = 4;         // Message-IDs of one email that do
inline constexpr std::uint64_t kMaxMessage = 1ull << 40;
inline constexpr std::size_t kMaxFindings = 10'000;      // of one folder, then no more are told

}  // namespace postern::archive
