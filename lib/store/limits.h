// Named limits of lib/store.
#pragma once
#include <cstddef>
#include <cstdint>

namespace postern::store {

// Shape of an account
inline constexpr std::size_t kMaxMailboxes = 100'000;         // living ones
inline constexpr std::size_t kMaxNameBytes = 255;             // one component of a mailbox name
inline constexpr std::size_t kMaxDepth = 100;                 // components of a path
inline constexpr std::size_t kMaxRoleBytes = 32;
inline constexpr std::size_t kMaxPlaces = 200;                // rows of one email, in all mailboxes
inline constexpr std::size_t kMaxLostPlaces = 10'000;         // of one email that is loaded: where it stood before
inline constexpr std::size_t kMaxThreadMembers = 1'000;       // a larger thread goes on as a new one
inline constexpr std::size_t kMaxThreadIds = 32;    // message ids of one email that join it to a thread
inline constexpr std::size_t kMaxHashedId = 1'000;  // bytes of a message id or subject that are looked at

inline constexpr int kMaxGrants = 500;                        // entries of one access control list
inline constexpr std::size_t kMaxSharedAccounts = 1'000;      // accounts in one answer of ListShared

// Work in one piece
inline constexpr std::size_t kMaxEmailsPerCommit = 1'000;
inline constexpr std::size_t kMaxRowsPerRead = 10'000;        // of one scan
inline constexpr std::size_t kMaxRowsPerAnswer = 10'000;      // uid rows in one answer
inline constexpr std::size_t kMaxAnswerBytes = 900'000;       // below ipc's 1 MB with room for the frame
inline constexpr std::size_t kItemBytes = 256'000;            // of one item of a stream
inline constexpr std::size_t kItemEmails = 200;

inline constexpr std::uint64_t kHeldPauseMs = 5;   // between two looks whether an account is free again

// One call
inline constexpr std::size_t kMaxTargets = 100;               // of one AddEmails
inline constexpr std::size_t kMaxBatch = 1'000;               // messages of one AddBatch
inline constexpr std::size_t kMaxBatchBytes = 16u << 20;      // of one AddBatch in a descriptor
inline constexpr std::size_t kMaxUpdates = 1'000;             // of one UpdateEmails
inline constexpr std::size_t kMaxThreadsAsked = 5'000;
inline constexpr int kMaxEntriesAsked = 1'000;                // annotations in one question or change
inline constexpr int kMaxMarksAsked = 100;                    // marks in one question or change
inline constexpr std::size_t kMaxVacationBytes = 200'000;     // of a vacation response with its texts
inline constexpr std::size_t kMarkBytes = 16;                 // of a mark's id
inline constexpr std::size_t kMaxUrlRump = 8'192;             // bytes of a URL that is signed
inline constexpr std::size_t kMaxBlobsAsked = 2'000;
inline constexpr std::size_t kMaxBlobType = 255;              // bytes of an upload's media type
inline constexpr std::size_t kMaxWatches = 10'000;            // accounts in one Watch
inline constexpr std::size_t kMaxUndeleted = 1'000;           // emails named in one Undelete
inline constexpr std::size_t kMaxListedText = 200;  // bytes of a subject or sender in a listing of deleted mail
inline constexpr std::size_t kMaxChanges = 10'000;            // ids of one Changes answer
inline constexpr std::size_t kMaxRecordBytes = 640u << 10;    // Wire and Content of one email together
inline constexpr std::size_t kMaxPrefix = 16'384;             // bytes that delivery puts before a message
inline constexpr std::size_t kMaxInlineWork = 256u << 10;  // larger bodies are hashed and written by a worker
inline constexpr std::size_t kMaxPrefixInMemory =
    8u << 20;  // larger bodies with a prefix are joined in a spool file

// What is remembered
inline constexpr std::int64_t kKeepResult = 3'600;  // seconds that a write's result can be asked for again
inline constexpr std::size_t kMaxResultSlots = 50'000;       // of one account; past it the oldest go
inline constexpr std::size_t kMaxClients = 100'000;  // client processes whose acknowledgement is remembered
inline constexpr std::size_t kMaxRecentTouches = 20'000;      // changes of a hot mailbox that cost no scan
inline constexpr std::size_t kMaxCachedRows = 2'000;          // email and thread rows kept for one account
inline constexpr std::int64_t kKeepUpload = 3'600;   // seconds that an uploaded blob lives without an email
inline constexpr std::int64_t kRestampBlob = 3'600;  // seconds after which a second put renews last_put

}  // namespace postern::store
