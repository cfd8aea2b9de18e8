// What the two ways of GetEmails share.  Private to lib/store.
#pragma once
#include <string>
#include <vector>

#include "store/store.h"

namespace postern::store {

struct WantedEmail {
  std::uint64_t id = 0;
  std::uint32_t uid = 0;
  std::uint64_t size = 0;   // where the uid row told it
};

// The next emails of the request, from call.cursor on, which moves behind them.
Result<std::vector<WantedEmail>> next_emails(Store& store, Call& call, AccountState& a, std::size_t max);
bool all_emails_done(const Call& call);
bool may_read(const Principal& who, AccountState& a, std::uint32_t mailbox);
// A sharer sees an email through the mailboxes that he may read.
bool may_read(const Principal& who, AccountState& a, const records::Email& e);
// Rows that are better read in one scan than looked up: by key, as the emails of a mailbox mostly are.
bool are_neighbours(const std::vector<std::string>& keys);

// GetEmails with `header`.  lib/store/verb_get_headers.cc
Result<> get_headers(Store& store, Call& call, AccountState& a);

}  // namespace postern::store
