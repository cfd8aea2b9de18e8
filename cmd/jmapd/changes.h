// What the /changes methods have in common.  RFC 8620 5.2.
#pragma once
#include <cstdint>
#include <unordered_set>
#include <vector>

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
// The `removed` of a /queryChanges: what is gone, and `touched`, whose place may have changed, without what came since and so was
// in no result before; each once.
std::vector<std::uint64_t> removed_from_results(const Delta& delta, const std::unordered_set<std::uint64_t>& touched);

}  // namespace postern::jmapd
