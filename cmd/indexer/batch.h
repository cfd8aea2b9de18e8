// Reads messages and puts them into an index.  What they hold was written by anybody: one that can't be read, or that brought
// the process down, is put in as unread, so that searches scan it.
#pragma once
#include <cstdint>
#include <span>

#include "cmd/indexer/shared.h"
#include "io/task.h"

namespace postern::indexer {

// Puts those of `emails` that still are there into the index, without a commit.  `account.done` is raised as it goes on.  Ends
// early at `until` (monotonic ms) or when the process is to end: what is returned is how many were dealt with.
// After an error the writer must be dropped.
io::Task<base::Result<std::size_t>> put_emails(Shared& s, Account& account, WriterPtr writer,
                                               std::span<const std::uint64_t> emails, std::uint64_t until);

}  // namespace postern::indexer
