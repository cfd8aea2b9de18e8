// The scripts that a delivery runs through: the administrator's before, the user's active one, a default for who has
// none, the administrator's after.
// Runs in: lmtpd.  The administrator's files are read at the start and at a reload; what an account has is asked of stored
// and kept (client/kept_scripts.h).
#pragma once
#include <optional>
#include <vector>

#include "client/account_store.h"
#include "client/kept_scripts.h"
#include "service/config.h"

namespace postern::lmtpd {

// What stored and the configuration have for one account.
struct Scripts {
  std::vector<client::SieveScript> stack;      // none: everything is kept
  std::optional<records::Vacation> vacation;   // JMAP's, while it is enabled
  stored::ScriptState state;                   // of the account, when it had these
  bool is_kept = false;                        // that was before this delivery: it may have others by now
};

class Stack {
 public:
  // A file that can't be read is an error that names it.
  base::Result<> read(const service::Config& c);
  // As they are kept, or else as ask() has them.
  io::Task<base::Result<Scripts>> of(client::AccountStore& store);
  // As they are now.
  io::Task<base::Result<Scripts>> ask(client::AccountStore& store);

 private:
  Scripts with(const client::AccountScripts& own) const;
  std::vector<client::SieveScript> before_, after_;
  std::optional<client::SieveScript> default_;
  client::KeptScripts kept_;
};

}  // namespace postern::lmtpd
