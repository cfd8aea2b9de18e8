// Annotations of mailboxes and of the server (RFC 5464), as the verbs share them.  Private to lib/store.
#pragma once
#include "store/txn.h"

namespace postern::store {

class Store;

// RFC 5464 4.1: INBOX is renamed, and its annotations are found on both mailboxes.
Result<> copy_metadata(Store& store, AccountState& a, Txn& txn, std::uint32_t from, std::uint32_t to);

}  // namespace postern::store
