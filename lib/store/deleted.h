// Deleted mailboxes and emails as they lie there until they are forgotten: what ListDeleted tells and Undelete brings
// back.  Runs in: stored, on the store thread.  Private to lib/store.
#pragma once
#include <cstdint>
#include <vector>

#include "store/store.h"

namespace postern::store {

struct DeletedRow {
  std::uint32_t uid = 0;
  std::uint64_t email = 0;
};
struct DeletedRows {
  std::vector<DeletedRow> rows;
  std::uint32_t next_uid = 0;   // 0: that was all
};
// The rows that a deleted mailbox still has from UID `from` on, at most `max`; damaged ones are passed over.
Result<DeletedRows> deleted_rows(kv::Engine& engine, std::uint64_t account, std::uint32_t mailbox,
                                 std::uint32_t from, std::size_t max);

// The deleted mailbox of this id; NOT_FOUND when it lives, never was or can't be had any more.
Result<MailboxState*> deleted_mailbox(Store& store, AccountState& a, std::uint32_t id);

}  // namespace postern::store
