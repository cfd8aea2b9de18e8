// The order of a message's words, and phrases looked for in it.  Private to lib/index.  Stored bytes are checked.
// Tests: t/unit/index_phrase.cc, t/fuzz/index_dictionary.cc
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "index/limits.h"
#include "index/xapian_guard.h"

namespace postern::index {

// TermList::order as bytes: a plane of low bytes, then as many planes of higher ones as the largest number needs; Xapian
// compresses them.
std::string encode_order(std::span<const std::uint32_t> order);
// Nothing when malformed.
std::vector<std::uint32_t> decode_order(std::string_view bytes);

// Documents in which these terms (two or more, of a field with order) follow each other, ascending.  Throws what Xapian throws.
std::vector<Xapian::docid> emails_with_phrase(const Xapian::Database& db, const std::vector<std::string>& terms);

// The terms that a needle's words can be, in the order of their bytes: bit i where one can be its word i.
using Steps = std::vector<std::pair<std::string, std::uint32_t>>;
static_assert(kMaxSteps < 32);
// Which neighbours a document has: bit i where a term of step i stands right before one of step i + 1.  Throws likewise.
std::uint32_t neighbours_in(const Xapian::Database& db, Xapian::docid d, const Steps& steps);

// A query that matches these documents, ascending, without weight.
Xapian::Query only(std::vector<Xapian::docid> documents);

}  // namespace postern::index
