// Copying accounts into an archive: the work of `postern backup` and `dump`.
#pragma once
#include <string>
#include <vector>

#include "cmd/postern/account_backup.h"
#include "cmd/postern/context.h"

namespace postern::cli {

// The archive in this folder; in a dry run nothing where there is none yet.
base::Result<> open_for_writing(Context& c, const std::string& dir, std::optional<ArchiveRoot>& root);
// One account after the other into `root` (nothing in a dry run).  An account that fails is told and counted in
// `failures`; the others go on.
std::vector<BackedUp> back_up(Context& c, const archive::Folder* root, const std::vector<KnownAccount>& accounts,
                              std::uint64_t& failures);
// What was done, as text or JSON, and the exit status.
int report(Context& c, const std::vector<BackedUp>& done, std::uint64_t failures);

}  // namespace postern::cli
