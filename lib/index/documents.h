// The documents of a database by number.  Private to lib/index.  Throws what Xapian throws.
#pragma once
#include <span>

#include "index/limits.h"
#include "index/reader.h"
#include "index/xapian_guard.h"

namespace postern::index {

inline Ids documents_with(const Xapian::Database& db, const std::string& term) {
  Ids out;
  for (auto p = db.postlist_begin(term); p != db.postlist_end(term); ++p) out.push_back(*p);
  return out;
}

// Those of `emails` (ascending) that are not in it.
inline Ids missing_in(const Xapian::Database& db, std::span<const std::uint64_t> emails) {
  Ids out;
  auto p = db.postlist_begin({});
  auto end = db.postlist_end({});
  for (std::uint64_t email : emails) {
    if (p != end && email <= kMaxEmail && *p < email) p.skip_to(static_cast<Xapian::docid>(email));
    if (p == end || *p != email) out.push_back(email);
  }
  return out;
}

}  // namespace postern::index
