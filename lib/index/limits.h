// The named limits of the index.  A message past one of them is indexed as far as it goes and marked incomplete, so that
// readers scan it; a question past one is answered by "anything may match", never by less than the truth.
#pragma once
#include <cstddef>
#include <cstdint>

namespace postern::index {

inline constexpr std::size_t kMaxTerm = 64;             // bytes of one word; longer ones are kept as overlapping pieces
inline constexpr std::size_t kTermOverlap = 32;         // of such pieces: a token up to this long is whole in one of them
inline constexpr std::size_t kMaxPieces = 64;           // of one word
inline constexpr std::size_t kMaxTermsPerEmail = 250'000;  // different terms of one message
inline constexpr std::uint32_t kMaxPositions = 1'000'000;  // words with a position, of one message
inline constexpr std::size_t kMaxOrder = kMaxPositions + 1'000;  // with gaps, and the pieces of the word that goes past it
inline constexpr std::size_t kMaxText = 8u << 20;       // bytes of text taken from one message
inline constexpr std::size_t kMaxMessage = 64u << 20;   // a larger message: its first bytes only
inline constexpr std::size_t kMaxHeader = 1u << 20;     // bytes of a header block that a scan looks at, as query/limits.h has it
inline constexpr std::size_t kMaxShownHtml = 4u << 20;  // of one HTML part, likewise
inline constexpr std::size_t kMaxAttached = 100;        // parts of one message that filter commands are asked about
inline constexpr std::uint64_t kMaxEmail = 0xffff'ffffu;   // email ids are Xapian's document ids

inline constexpr std::size_t kDictionaryChunk = 16u << 10;  // bytes of one piece of the dictionary
inline constexpr std::size_t kMaxStemsKept = 20'000;    // of one Stemmer

inline constexpr std::size_t kMaxQueryNodes = 200;      // of one query tree: Xapian's time is quadratic in it
inline constexpr std::size_t kMaxQueryDepth = 200;
inline constexpr std::size_t kMaxQueryText = 8u << 10;  // bytes of all texts of one query
inline constexpr std::size_t kMaxQueryWords = 200;      // of one word list or phrase; further ones are left out
inline constexpr std::size_t kMaxExpansion = 10'000;    // terms that one prefix, suffix or infix may stand for
inline constexpr std::size_t kMaxQueryLanguages = 4;    // languages that a query of none is stemmed in
inline constexpr std::size_t kMaxSteps = 16;            // words of one needle whose order counts, the first ones
inline constexpr std::size_t kMaxOrdersRead = 50'000;   // messages whose order one needle is looked for in; further ones may match

}  // namespace postern::index
