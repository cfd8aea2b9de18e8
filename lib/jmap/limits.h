// The named limits of JMAP: those that the session object announces (RFC 8620 2, RFC 8621 1.3.1) and our own.
// Each has a test at the limit and one past it.
#pragma once
#include <cstddef>
#include <cstdint>

namespace postern::jmap {

// Announced.  maxSizeRequest and maxSizeUpload come from the configuration.
inline constexpr std::size_t kMaxConcurrentRequests = 4;  // of one account at a time
inline constexpr std::size_t kMaxConcurrentUpload = 4;
inline constexpr std::size_t kMaxCallsInRequest = 16;
inline constexpr std::size_t kMaxObjectsInGet = 500;
inline constexpr std::size_t kMaxObjectsInSet = 500;
inline constexpr std::size_t kMaxMailboxDepth = 100;  // as many levels as lib/store takes (kMaxDepth)
inline constexpr std::size_t kMaxMailboxName = 255;         // octets
inline constexpr std::size_t kMaxAttachments = 50'000'000;  // maxSizeAttachmentsPerEmail, octets
inline constexpr std::size_t kMaxMailboxesPerEmail = 100;

// JSON in a request.
inline constexpr std::size_t kMaxJsonDepth = 32;        // the request object counts as 1
inline constexpr std::size_t kMaxJsonValues = 500'000;  // values and member names of one request
inline constexpr std::size_t kMaxIdLength = 255;        // RFC 8620 1.2
inline constexpr std::size_t kMaxCallId = 256;          // bytes of a method call id
inline constexpr std::size_t kMaxMethodName = 128;
inline constexpr std::size_t kMaxCreatedIds = 10'000;       // given by the client and made in one request
inline constexpr std::size_t kMaxReferences = 16;           // result references of one call
inline constexpr std::size_t kMaxReferencePath = 1'024;     // bytes of one path
inline constexpr std::size_t kMaxReferenceItems = 100'000;  // items that one reference may give
inline constexpr std::size_t kMaxReferenceBytes =
    8u << 20;  // memory of everything that references of a request copy

// Queries.
inline constexpr std::size_t kMaxFilterDepth = 16;          // FilterOperators inside one another
inline constexpr std::size_t kMaxFilterConditions = 1'000;  // of one filter, single properties
inline constexpr std::size_t kMaxSort = 16;                 // comparators
inline constexpr std::size_t kMaxSearchText = 4'096;        // bytes of one text to look for
inline constexpr std::size_t kMaxSearchWords = 64;          // words and phrases in it
inline constexpr std::size_t kMaxQueryIds = 50'000;         // ids of one answer: the enforced `limit`
inline constexpr std::size_t kMaxSnippet = 255;             // bytes of a preview with its marks (RFC 8621 5)
inline constexpr std::size_t kMaxSnippetText = 256u << 10;  // bytes of text of one part that are looked through

// Emails.
inline constexpr std::size_t kMaxProperties = 200;      // names in `properties` and `bodyProperties`, each
inline constexpr std::size_t kMaxBodyValue = 1u << 20;  // bytes of one body value; longer ones are truncated
inline constexpr std::size_t kMaxResponse = 24u
                                            << 20;  // body values and headers of all answers to one request
inline constexpr std::size_t kMaxPatches = 1'000;   // paths in one PatchObject
inline constexpr std::size_t kMaxCreateParts = 1'000;       // body parts of an Email to be created
inline constexpr std::size_t kMaxCreateDepth = 24;          // nesting of them
inline constexpr std::size_t kMaxHeaderValue = 128u << 10;  // bytes of one header field to be created

// Push.
inline constexpr std::size_t kMinPing = 1, kMaxPing = 300;  // seconds; others are moved to the nearer bound
inline constexpr std::size_t kMaxEventSources = 10;         // of one account in one process
inline constexpr std::size_t kMaxEventBacklog = 64u << 10;  // bytes queued to a reader that does not read

inline constexpr std::size_t kMaxVacationText = 12'000;   // bytes of each body of a vacation response: fits into Sieve's
inline constexpr std::size_t kMaxVacationSubject = 900;

}  // namespace postern::jmap
