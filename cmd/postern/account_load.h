// One account of an archive into a store that does not have it: the work of `postern load`.
#pragma once
#include <cstdint>

#include "archive/reader.h"
#include "cmd/postern/context.h"

namespace postern::cli {

// Ids, UIDs and modseqs stay, or are void by decision with --fork.  The emails that were loaded; EXISTS when the store
// has the account.  Whatever is wrong ends it before stored's `finish`: then the store does not have the account.
base::Result<std::uint64_t> load_account(Context& c, const archive::Reader& from);

}  // namespace postern::cli
