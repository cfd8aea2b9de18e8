// What other accounts share with the user, by name (RFC 2342, RFC 4314).  Their mailboxes stand below
//     OTHER-USERS/NAME@DOMAIN/...   of an account that somebody logs in to,
//     SHARED/NAME@DOMAIN/...        of one that is disabled: nobody's, kept for a team,
// where the first component is a setting.  Which accounts these are, stored knows; an account that shares nothing is
// never asked for, so that a name tells nobody whether it exists.
#pragma once
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cmd/imapd/session.h"

namespace postern::imapd {

struct SharedAccount {
  std::string prefix;                    // "Other Users/bob@example.org"
  std::shared_ptr<client::Login> login;  // the user in this account
  std::shared_ptr<Account> account;
  std::string path;  // of shared_account_of(): what of the name is in the account
};

// All that share something and have a namespace, by prefix.
io::Task<base::Result<std::vector<SharedAccount>>> shared_accounts(Session& s);
// Does this name begin with one of the namespaces?
bool in_namespace(const Session& s, std::string_view name);
// The account that a name below a namespace leads into.  NOT_FOUND.  REQUIRES: in_namespace().
io::Task<base::Result<SharedAccount>> shared_account_of(Session& s, std::string name);

// Subscriptions of shared mailboxes are the subscriber's: annotations of his account that no protocol passes on, so
// they outlive a grant that is taken away for a while.
using SharedMailbox = std::pair<std::uint64_t, std::uint32_t>;  // account, mailbox
io::Task<base::Result<std::set<SharedMailbox>>> shared_subscriptions(Session& s);
io::Task<base::Result<>> subscribe_shared(Session& s, SharedMailbox which, bool on);

// What the directory says of these accounts and groups, in order; an empty name where there is none.
io::Task<base::Result<std::vector<authd::Entry>>> people(Session& s, std::vector<std::uint64_t> ids);

}  // namespace postern::imapd
