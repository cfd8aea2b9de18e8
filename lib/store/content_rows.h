// The immutable part of an email that searches and JMAP read, as two rows.  The header cache stands apart ("J"), because
// a search over a mailbox reads it of every message and nothing else: small rows of neighbours come by the page, while a
// row above 1 KB would stand in pages of its own.  Both are records.Content: J with its
// first two fields and has_attachment, which searches ask for too, I with all but the first two, so that the one behind
// the other is the whole.  An I row may hold the header too, where no J row is.
// Runs in: stored.  Input: what front ends made of messages, and the disk.  Tests: t/unit/store_content_rows.cc
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "kv/batch.h"
#include "kv/engine.h"

namespace postern::store {

// The header cache's part of a serialised records.Content and the rest.  All of it is rest where the fields do not stand
// in order.
std::pair<std::string_view, std::string_view> split_content(std::string_view content);

// What a J row of this content holds; empty where it has no header cache in front.
std::string header_row(std::string_view content);

// `content`: a serialised records.Content.  `prefix`: what delivery put before the message; it belongs to its header.
void put_content(kv::Batch& batch, std::uint64_t email, std::string_view content, std::string_view prefix = {});
void drop_content(kv::Batch& batch, std::uint64_t email);
// The whole, serialised; nothing when the email has none.
base::Result<std::optional<std::string>> read_content(kv::Snapshot& snapshot, std::uint64_t email);

}  // namespace postern::store
