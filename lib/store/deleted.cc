#include "store/deleted.h"

#include "model/rows.h"
#include "store/keys.h"

namespace postern::store {

Result<DeletedRows> deleted_rows(kv::Engine& engine, std::uint64_t account, std::uint32_t mailbox,
                                 std::uint32_t from, std::size_t max) {
  auto snapshot = engine.snapshot(account);
  if (!snapshot) return pass(snapshot);
  DeletedRows out;
  std::uint32_t last = from;
  auto read = [&](std::string_view key, std::string_view value) {
    if (key.size() != 9) return true;
    last = keys::u32_at(key, 5);
    if (auto row = model::decode_uid_row(last, value)) out.rows.push_back({last, row->email});
    return true;
  };
  auto end = (*snapshot)->scan(keys::uid_row(mailbox, from), keys::after(keys::uid_rows(mailbox)), max, read);
  if (!end) return pass(end);
  log_corrupt(account, *end);
  if (end->more) out.next_uid = last + 1;
  return out;
}

Result<MailboxState*> deleted_mailbox(Store& store, AccountState& a, std::uint32_t id) {
  auto it = a.mailboxes.find(id);
  if (it == a.mailboxes.end() || it->second.alive() || !store.restorable(it->second.rec.destroyed()))
    return base::fail(base::Fault::permanent, "no such deleted mailbox", "NOT_FOUND");
  return &it->second;
}

}  // namespace postern::store
