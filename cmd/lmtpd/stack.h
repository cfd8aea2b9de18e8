// The scripts that a delivery runs through: the administrator's before, the user's active one, a default for who has
// none, the administrator's after.
// Runs in: lmtpd.  The administrator's files are read at the start and at a reload; the user's script is asked of stored
// with each delivery and its text kept, by content.  Limits: kMaxKept.
#pragma once
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "client/account_store.h"
#include "client/sieve_client.h"
#include "service/config.h"

namespace postern::lmtpd {

// What stored and the configuration have for one account.
struct Scripts {
  std::vector<client::SieveScript> stack;      // none: everything is kept
  std::optional<records::Vacation> vacation;   // JMAP's, while it is enabled
};

class Stack {
 public:
  // A file that can't be read is an error that names it.
  base::Result<> read(const service::Config& c);
  io::Task<base::Result<Scripts>> of(client::AccountStore& store);

 private:
  std::vector<client::SieveScript> before_, after_;
  std::optional<client::SieveScript> default_;
  // Texts of users' active scripts by account, latest first.
  struct Kept {
    client::SieveScript script;
    std::list<std::uint64_t>::iterator place;
  };
  client::SieveScript keep(std::uint64_t account, const records::Script& s, std::string text);
  std::unordered_map<std::uint64_t, Kept> kept_;
  std::list<std::uint64_t> recent_;
  std::size_t bytes_ = 0;
};

}  // namespace postern::lmtpd
