// Names of annotations and their limits (RFC 5464 3.2), the same in every program.
// Names begin with /shared/ (one value for all who may see it), /private/ (one a principal) or /internal/ (one a
// principal, Postern's own: no protocol passes these on).  Stored filters are /private/filters/values/NAME and
// /shared/filters/values/NAME of the server (RFC 5466).
// Runs in: stored and front ends.  Pure; input: hostile.  Tests: t/unit/model_metadata.cc
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace postern::model {

inline constexpr std::size_t kMaxEntryName = 400;
inline constexpr std::size_t kMaxEntryValue = 65'536;
// Of one mailbox, or of the server, and there of /shared or of one principal.
inline constexpr std::size_t kMaxEntries = 1'000;
inline constexpr std::size_t kMaxEntryBytes = 256u << 10;  // names and values together

enum class EntryScope { shared, personal, internal };

// What a name is for: entries have two components at least (four below /…/vendor), but a question may name what
// stands above them.
enum class EntryUse { value, question };
// In lower case.  INVALID when it can't be a name: answer BAD.
base::Result<std::string> canonical_entry(std::string_view name, EntryUse use);
// REQUIRES: canonical.
EntryScope scope_of(std::string_view entry);
// Does a question for `asked` want `entry`?  Depth 0: itself; 1: and what is right below; 2: and all below.
bool entry_matches(std::string_view asked, std::string_view entry, int depth);

}  // namespace postern::model
