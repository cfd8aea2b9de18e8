// The named limits of the IMAP library.  Each has a test at the limit and one past it.
#pragma once
#include <cstddef>
#include <cstdint>

namespace postern::imap {

// One command: its lines and the literals that are kept in memory.
inline constexpr std::size_t kMaxCommand = 256 * 1024;
inline constexpr std::size_t kMaxCommandBeforeLogin = 8 * 1024;
// Literals in one command, streamed ones included.
inline constexpr std::size_t kMaxLiterals = 1000;
inline constexpr std::size_t kMaxLiteralsBeforeLogin = 8;
// What a client pushed in non-synchronizing literals of a refused command is read and dropped up to this
// size; above it the connection is closed.
inline constexpr std::uint64_t kMaxSwallow = 128u << 20;
// Values (atoms, strings, list openings) in one command.
inline constexpr std::size_t kMaxNodes = 20'000;
inline constexpr std::size_t kMaxNodesBeforeLogin = 100;
inline constexpr std::size_t kMaxTag = 200;

inline constexpr std::size_t kMaxSetRanges = 60'000;      // ranges of one sequence set as written
inline constexpr std::size_t kMaxFlags = 128;             // flags in one list
inline constexpr std::size_t kMaxKeyword = 128;           // bytes of a keyword
inline constexpr std::size_t kMaxFetchItems = 200;        // items of one FETCH
inline constexpr std::size_t kMaxSectionDepth = 100;      // numbers in BODY[1.2.3]
inline constexpr std::size_t kMaxHeaderNames = 500;       // names in HEADER.FIELDS
inline constexpr std::size_t kMaxHeaderName = 200;        // bytes of one of them
inline constexpr std::size_t kMaxSearchDepth = 64;        // NOT, OR and parentheses inside one another
inline constexpr std::size_t kMaxSearchKeys = 2'000;      // keys of one SEARCH
inline constexpr std::size_t kMaxSearchText = 4'096;      // bytes of one needle
inline constexpr std::size_t kMaxSortKeys = 32;           // criteria of one SORT
inline constexpr std::size_t kMaxComparators = 100;       // arguments of one COMPARATOR
inline constexpr std::size_t kMaxFilterPasses = 10;       // FILTERs that name FILTERs (RFC 5466 3.1)
inline constexpr std::size_t kMaxMailboxFilters = 100;    // choices of mailboxes of one ESEARCH or NOTIFY
inline constexpr std::size_t kMaxFilterNames = 1'000;     // mailbox names in one of them
inline constexpr std::size_t kMaxListPatterns = 200;      // patterns of one LIST
inline constexpr std::size_t kMaxPattern = 5'100;         // bytes of one pattern
inline constexpr std::size_t kMaxMailboxName = 1'000;     // bytes of a whole name in UTF-8
inline constexpr std::size_t kMaxMailboxComponent = 255;  // bytes between two separators
inline constexpr std::size_t kMaxMailboxLevels = 30;
inline constexpr std::size_t kMaxIdPairs = 30;  // RFC 2971 3.3
inline constexpr std::size_t kMaxIdField = 30;
inline constexpr std::size_t kMaxIdValue = 1'024;
inline constexpr std::size_t kMaxQuotaLimits = 20;  // limits in one SETQUOTA
inline constexpr std::size_t kMaxAppendMessages = 1'000;  // messages of one APPEND
inline constexpr std::size_t kMaxAppendParts = 1'000;     // parts of one CATENATE
inline constexpr std::size_t kMaxUrl = 8'192;             // bytes of an IMAP URL
inline constexpr std::size_t kMaxUrls = 500;              // URLs of one GENURLAUTH or URLFETCH
inline constexpr std::size_t kMaxConvertParams = 20;      // parameters of one CONVERT

}  // namespace postern::imap
