// Inside of the Directory: reading rows, and one change in the making.  For the directory's own .cc files
// alone.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/directory.h"
#include "base/system.h"
#include "kv/engine.h"

namespace postern::auth {

inline std::unexpected<base::Error> not_found(std::string what) {
  return base::fail(base::Fault::permanent, std::move(what), "NOT_FOUND");
}
inline std::unexpected<base::Error> invalid(std::string what) {
  return base::fail(base::Fault::permanent, std::move(what), "INVALID");
}
inline std::unexpected<base::Error> over_limit(std::string what) {
  return base::fail(base::Fault::limit, std::move(what), "LIMIT");
}

// The row under `key`, nothing when there is none.
template <class Row>
base::Result<std::optional<Row>> read_row(kv::Snapshot& s, std::string_view key) {
  auto bytes = s.get(key);
  if (!bytes) return base::pass(bytes);
  if (!*bytes) return std::optional<Row>();
  Row row;
  if (auto ok = decode(**bytes, row); !ok) return base::pass(ok);
  return std::optional<Row>(std::move(row));
}

// The row that another row points to: its absence is damage.
template <class Row>
base::Result<Row> need_row(kv::Snapshot& s, std::string_view key) {
  auto row = read_row<Row>(s, key);
  if (!row) return base::pass(row);
  if (!*row) return base::fail(base::Fault::corrupt, "directory row is missing", "CORRUPT");
  return std::move(**row);
}

// Calls fn(key) for all keys with the prefix, however many there are.  Damaged rows fail the walk.
base::Result<> walk_keys(kv::Snapshot& s, const std::string& prefix,
                         const std::function<void(std::string_view)>& fn);

// Printable UTF-8 on one line.
base::Result<> check_text(const char* what, std::string_view s, std::size_t max);

// Of a dump's entry.
inline Account account_of(const Entry& e) {
  return {e.id,       e.name,  e.generation, e.quota_bytes,  e.description,    e.timezone,
          e.disabled, e.admin, e.created,    e.quota_emails, e.quota_mailboxes};
}

struct Directory::Edit {
  std::unique_ptr<kv::Snapshot> snap;
  std::uint64_t version = 0;
  kv::Batch batch;
  Counters counters;
  std::vector<Id> raised;

  Id new_id() { return counters.next_id++; }
  void leave(OutboxItem::What what, Id account, std::uint64_t generation) {
    OutboxItem item{counters.next_outbox, what, account, generation, base::unix_now()};
    batch.put(keys::outbox(counters.next_outbox++), encode(item));
  }
  void put(const Account& a) { batch.put(keys::principal(a.id), encode(a)); }
  // Voids the account's tickets and cached passwords; the caller puts the row.
  void raise(Account& a) {
    ++a.generation;
    raised.push_back(a.id);
    leave(OutboxItem::What::revoke, a.id, a.generation);
  }
};

}  // namespace postern::auth
