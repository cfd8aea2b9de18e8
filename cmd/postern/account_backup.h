// One account into an archive: the work of `postern backup` and `dump`.
#pragma once
#include <cstdint>
#include <string>

#include "cmd/postern/archive_root.h"
#include "cmd/postern/context.h"

namespace postern::cli {

struct BackedUp {
  std::string name;
  std::uint64_t account_deleted = 0;               // unix seconds, of an account that was
  std::uint64_t mailboxes = 0, emails = 0;
  std::uint64_t deleted = 0;                       // emails that were deleted and can still be had
  std::uint64_t new_messages = 0, new_bytes = 0;   // copied by this run; what a dry run would copy
  std::uint64_t failed = 0;                        // messages that could not be read; each was told
};

// Into its folder on its shelf, which is null in a dry run where there is no archive yet.
base::Result<> back_up_account(Context& c, const archive::Folder* shelf, const KnownAccount& account, BackedUp& done);

}  // namespace postern::cli
