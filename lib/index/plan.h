// From what is asked to what Xapian is asked.  Private to lib/index.
#pragma once
#include <span>
#include <string_view>

#include "index/query.h"
#include "index/terms.h"
#include "index/xapian_guard.h"

namespace postern::index {

// The languages that a word of `q` is stemmed in.
std::span<const Language> languages_of(const Query& q, std::span<const Language> frequent);

// REQUIRES: check_query(q).  Phrases are looked for in `db` meanwhile.  `frequent`: the languages of the index, most frequent
// first.  Throws what Xapian throws.
Xapian::Query plan(const Xapian::Database& db, const Query& q, std::span<const Language> frequent, Stemmers& stemmers);

}  // namespace postern::index
