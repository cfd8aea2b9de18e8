// The named limits of indexer.
#pragma once
#include <cstddef>
#include <cstdint>

namespace postern::indexer {

inline constexpr std::uint64_t kInUseDelayMs = 1'000;         // after a change of an account that somebody has open
inline constexpr std::uint64_t kListIntervalMs = 60'000;      // accounts come and go
inline constexpr std::uint64_t kRetryMinMs = 5'000;           // after an account's index could not be brought on
inline constexpr std::uint64_t kRetryMaxMs = 600'000;
inline constexpr unsigned kMaxCrashes = 2;                    // of one message; then it is set aside
inline constexpr std::size_t kMaxSuspects = 1'000;            // messages set aside that are remembered
inline constexpr std::size_t kEmailsAtOnce = 50;              // read in one job of a worker
inline constexpr std::uint64_t kSliceMs = 1'000;              // of one account's work before others have their turn
inline constexpr std::uint32_t kChangesAtOnce = 2'000;        // asked of the change log in one call
inline constexpr std::size_t kMaxDeferredBytes = 96u << 20;   // of messages that wait for runner
inline constexpr std::size_t kMaxAttachedBytes = 32u << 20;   // of one document; a larger one is left out
inline constexpr std::uint64_t kCommitBytes = 4u << 20;       // of text, in one commit; with more Xapian's trees outgrow the caches
inline constexpr std::size_t kMaxOpenWriters = 8;

}  // namespace postern::indexer
