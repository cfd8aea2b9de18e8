// What the /changes methods have in common.  RFC 8620 5.2.
#pragma once
#include "cmd/jmapd/context.h"

namespace postern::jmapd {

// Reads sinceState and maxChanges and asks stored.  `counts_only` is set where only counts of mailboxes
// changed.
io::Task<Method<json::object>> standard_changes(Context& c, Args& args, stored::GetChanges::Type type,
                                                bool* counts_only = nullptr);

// All changes since a query's state, for /queryChanges; cannotCalculateChanges past kMaxQueryDelta.
inline constexpr std::size_t kMaxQueryDelta = 50'000;
struct Delta {
  std::vector<std::uint64_t> created, updated, destroyed;
};
io::Task<Method<Delta>> changes_since(Context& c, stored::GetChanges::Type type, model::State since);

}  // namespace postern::jmapd
