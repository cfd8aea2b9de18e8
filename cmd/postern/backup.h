// Copying accounts into an archive: the work of `postern backup` and `dump`.
#pragma once
#include <string>
#include <vector>

#include "archive/line.h"
#include "cmd/postern/archive_root.h"
#include "cmd/postern/context.h"

namespace postern::cli {

struct BackedUp {
  std::string name;
  std::uint64_t mailboxes = 0, emails = 0;
  std::uint64_t deleted = 0;                       // emails that were deleted and can still be had
  std::uint64_t new_messages = 0, new_bytes = 0;   // copied by this run; what a dry run would copy
  std::uint64_t failed = 0;                        // messages that could not be read; each was told
};

// The archive in this folder; in a dry run nothing where there is none yet.
base::Result<> open_for_writing(Context& c, const std::string& dir, std::optional<ArchiveRoot>& root);
// One account after the other into `root` (nothing in a dry run).  An account that fails is told and counted in
// `failures`; the others go on.
std::vector<BackedUp> back_up(Context& c, const archive::Folder* root, const std::vector<KnownAccount>& accounts,
                              std::uint64_t& failures);
// What was done, as text or JSON, and the exit status.
int report(Context& c, const std::vector<BackedUp>& done, std::uint64_t failures);

}  // namespace postern::cli
