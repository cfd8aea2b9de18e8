// Budgets of the MIME library.  Mail is stored unchanged whatever it holds, so a budget is never an error:
// what lies past it stays opaque text and a `truncated` flag says so.  Each is tested at the limit and one
// past it.  They are chosen so that all that is kept of the worst message still fits one IPC message of 1 MB.
#pragma once
#include <cstddef>

namespace postern::mime {

inline constexpr std::size_t kMaxParts = 1'000;             // parts of one message, the root included
inline constexpr std::size_t kMaxDepth = 100;               // nesting of parts, the root counts as 1
inline constexpr std::size_t kMaxBoundary = 120;            // RFC 2046 5.1.1 has 70 and some mailers more; past it, none
inline constexpr std::size_t kMaxBoundaryLine = 200;        // "--" boundary "--" and blanks after it
inline constexpr std::size_t kMaxHeaderBlock = 1 << 20;     // bytes kept of one header block while parsing it
inline constexpr std::size_t kMaxHeaderFields = 10'000;     // fields read of one header block
inline constexpr std::size_t kMaxHeaderKept = 1 << 20;      // Structure::header
inline constexpr std::size_t kMaxNestedHeaders = 64 << 10;  // headers of all nested messages together
inline constexpr std::size_t kMaxParams = 128;          // parameters of one header field, RFC 2231 pieces too
inline constexpr std::size_t kMaxParamValue = 8 << 10;  // bytes of one joined parameter value
inline constexpr std::size_t kMaxFieldKept = 4 << 10;   // Content-ID, -Description, -Location, each
inline constexpr std::size_t kMaxStructureText = 128 << 10;  // all strings of one Structure's parts together
inline constexpr std::size_t kMaxLanguages = 32;           // tags of one Content-Language
inline constexpr std::size_t kMaxAddresses = 1'000;        // addresses and group marks of one field
inline constexpr std::size_t kMaxAddressName = 4 << 10;    // bytes of one display name
inline constexpr std::size_t kMaxAddressPart = 1 << 10;    // bytes of one local part, domain or route
inline constexpr std::size_t kMaxCommentDepth =
    10'000;                                         // a counter, not recursion; deeper is text to the end
inline constexpr std::size_t kMaxMessageIds = 100;  // ids of one References: the first and the last 99
inline constexpr std::size_t kMaxMessageId = 996;   // bytes of one id (a line of RFC 5322)
inline constexpr std::size_t kMaxHeaderText = 64 << 10;      // decoded text of one header field
inline constexpr std::size_t kMaxImapString = 128 << 10;     // envelope(), body(), bodystructure(), each
inline constexpr std::size_t kMaxSubject = 1 << 10;          // bytes of Summary::subject and base_subject
inline constexpr std::size_t kMaxPreview = 256;              // characters, RFC 8621 4.1.4
inline constexpr std::size_t kMaxPreviewSource = 16 << 10;   // raw bytes of a text part kept for the preview
inline constexpr std::size_t kMaxCachedHeader = 16 << 10;    // Summary::cached_header
inline constexpr std::size_t kMaxBuiltParts = 1'000;         // parts that the builder writes
inline constexpr std::size_t kMaxBuiltDepth = 50;            // nesting that the builder writes
inline constexpr std::size_t kMaxStoredStructure = 8 << 20;  // bytes that parse_structure() accepts

}  // namespace postern::mime
