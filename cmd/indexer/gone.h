// What is gone from an account leaves its index.  One whose rows all have \Deleted, which the change log calls destroyed, is not
// gone: IMAP's clients search for it until it is expunged.
#pragma once
#include <cstdint>
#include <vector>

#include "cmd/indexer/shared.h"
#include "io/task.h"

namespace postern::indexer {

// Those of `emails` that are gone are taken out.
io::Task<base::Result<>> remove_gone(Shared& s, Account& account, WriterPtr writer, std::vector<std::uint64_t> emails);
// The same with all that the index has beside `alive` (ascending).
io::Task<base::Result<>> remove_others(Shared& s, Account& account, WriterPtr writer, std::vector<std::uint64_t> alive);

}  // namespace postern::indexer
