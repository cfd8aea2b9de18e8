// An account on its way in by LoadAccount: what its emails have told so far.  Kept in memory: after a restart of stored
// the load begins again.  Private to lib/store.
// Tests: t/unit/store_load.cc
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "store/store.h"

namespace postern::store {

struct Loading {
  records::Account rec;
  std::uint64_t deleted = 0;                                // unix seconds: it comes in as a deleted account
  std::map<std::uint32_t, records::Mailbox> mailboxes;      // with their counts so far; deleted ones too
  std::size_t living = 0;                                   // of those
  std::map<std::uint64_t, records::Thread> threads;
  std::unordered_set<std::uint64_t> emails;                 // a repeated call adds nothing
  std::map<std::string, std::uint32_t> scripts;             // by name
  std::unordered_set<std::uint64_t> rows;                   // mailbox << 32 | uid
  std::map<std::string, std::uint64_t> seen;                // what sharers have seen: rows "G" by key
};

inline std::unexpected<base::Error> invalid_load(std::string what) {
  return base::fail(base::Fault::permanent, std::move(what), "INVALID");
}

// What one call brings, checked against all that came before it, as rows.  After an error `l` is to be thrown away: half
// of the call is in it.  load_parts.cc
Result<> load_parts(Store& store, Loading& l, std::uint64_t account, const stored::LoadAccount& call, kv::Batch& own);

}  // namespace postern::store
