// An account on its way in by LoadAccount: what its emails have told so far.  Kept in memory: after a restart of stored
// the load begins again.  Private to lib/store.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "proto/records.pb.h"

namespace postern::store {

struct Loading {
  records::Account rec;
  std::map<std::uint32_t, records::Mailbox> mailboxes;      // with their counts so far
  std::map<std::uint64_t, records::Thread> threads;
  std::unordered_set<std::uint64_t> emails;                 // a repeated call adds nothing
  std::map<std::string, std::uint32_t> scripts;             // by name
  std::unordered_set<std::uint64_t> rows;                   // mailbox << 32 | uid
};

}  // namespace postern::store
