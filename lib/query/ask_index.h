// Asks searchd about the text conditions of a filter.  Runs in: imapd, jmapd, loop thread.
// Tests: t/unit/query_index.cc, t/system/test_search.py
#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "query/contents.h"
#include "query/hints.h"

namespace postern::query {

// What is asked for one text condition; fields are bits of index::Field.  REQUIRES: `filter` is bound.
struct LeafQuestion {
  std::int32_t condition = -1;
  search::Question question;
  bool required = false;
  bool provable = false;  // a substring that the index may find by itself, as the text would be compared (search.proto: decided)
};
std::vector<LeafQuestion> questions_of(const Filter& filter);

// Hints from an answer; null when it says nothing.  `known`: emails that were found not to be missing.
std::shared_ptr<const Hints> hints_of(const std::vector<LeafQuestion>& asked, const search::Answer& answer,
                                      std::vector<std::uint64_t> known);

// The filter with what the index knows of it, or as it is when there is nothing to ask or nobody answers.
// `newer`: the emails whose rows changed after this modseq, ascending.
using Newer = std::function<std::vector<std::uint64_t>(std::uint64_t modseq)>;
io::Task<std::shared_ptr<const Filter>> with_hints(Access access, std::shared_ptr<const Filter> filter, Newer newer);

}  // namespace postern::query
