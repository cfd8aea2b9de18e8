// Phrases looked for in the order of the words of documents (order.h).  Private to lib/index.  All of it throws what Xapian
// throws, for an order that is malformed too.
// Tests: t/unit/index_reader.cc
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "index/limits.h"
#include "index/order.h"
#include "index/xapian_guard.h"

namespace postern::index {

// Documents in which these terms (two or more, of a field with order) follow each other, ascending.
std::vector<Xapian::docid> emails_with_phrase(const Xapian::Database& db, const std::vector<std::string>& terms);

// The terms that a needle's words can be, in the order of their bytes: bit i where one can be its word i.
using Steps = std::vector<std::pair<std::string, std::uint32_t>>;
static_assert(kMaxSteps < 32);

// Which neighbours documents have: bit i of a pair where a term of step i stands right before one of step i + 1.
class Neighbours {
 public:
  // `documents`: ascending.  Takes 32 bytes for each and each step.
  Neighbours(const Xapian::Database& db, const Steps& steps, std::span<const std::uint64_t> documents);
  // Has the document at this place all pairs of `wanted`?
  bool has_all(std::size_t at, std::uint32_t wanted) const;

 private:
  bool may_have_all(std::size_t at, std::string_view marks, std::uint32_t wanted) const;
  const Xapian::Database& db_;
  const Steps& steps_;
  std::span<const std::uint64_t> documents_;
  std::size_t width_ = 0;       // steps
  std::vector<MarkSet> marks_;  // of each document's own terms, by step
};

// A query that matches these documents, ascending, without weight.
Xapian::Query only(std::vector<Xapian::docid> documents);

}  // namespace postern::index
