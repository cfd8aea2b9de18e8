// The named limits of searching.  Those of the trees are the parsers' (imap/limits.h, jmap/limits.h).
#pragma once
#include <cstddef>
#include <cstdint>

namespace postern::query {

inline constexpr std::size_t kMaxReadableHtml = 4u << 20;    // of one HTML part, looked at without its markup
inline constexpr std::uint64_t kMaxHeaderRead = 1u << 20;    // of one message's header
inline constexpr std::size_t kContentsAtOnce = 500;          // stored contents asked for in one call
inline constexpr std::size_t kHeadersAtOnce = 2'000;         // header caches asked for in one call
inline constexpr std::size_t kMaxFieldsKept = 8;             // of one filter; with more of them, header caches are read each time
inline constexpr std::size_t kMaxRowsKept = 100'000;         // of a sheet; with more an index is asked of header fields, where there is one
inline constexpr std::size_t kMaxColumns = 1'000;            // of a KeyCache
inline constexpr std::size_t kBodiesAtOnce = 16;             // bodies read in one job of a worker
inline constexpr std::size_t kNewerLookedAt = 32;            // messages that an index may not hold: they are scanned
inline constexpr std::size_t kMaxAskedByName = 400'000;      // more of them are asked for by name, up to this
inline constexpr std::size_t kMaxThreadReferences = 100;     // of one message, the last ones
inline constexpr std::uint64_t kMaxThreadSteps = 20'000'000;  // looks at an ancestor while one THREAD is computed

}  // namespace postern::query
