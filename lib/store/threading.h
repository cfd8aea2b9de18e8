// Which thread a new email joins (RFC 8621 3): one whose emails share a message id with it, in Message-ID,
// In-Reply-To or References, and have the same base subject.  Found through hash rows, fixed at the email's
// birth.
// Runs in: stored.  Input: hostile (header fields of the message), bounded by kMaxThreadIds and kMaxHashedId.
// Tests: t/unit/store_threading.cc
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kv/engine.h"
#include "proto/records.pb.h"
#include "store/txn.h"

namespace postern::store {

// RFC 5256 2.1, without its comparison rules: reply and forward marks, [blobs] and "(fwd)" taken off, blanks
// collapsed, ASCII lowered.  Linear in `subject`.
std::string base_subject(std::string_view subject);

// One 16-byte hash for each message id that ties this email to others.
std::vector<std::string> thread_hashes(const records::Content& content);

struct ThreadChoice {
  std::uint64_t thread = 0;               // 0: a new one
  std::vector<std::string> to_write;      // hashes that do not lead to that thread yet
};
base::Result<ThreadChoice> choose_thread(kv::Engine& engine, Txn& txn, const records::Content& content);
// After the email has its thread.
void write_thread_hashes(Txn& txn, const ThreadChoice& choice, std::uint64_t thread);

}  // namespace postern::store
