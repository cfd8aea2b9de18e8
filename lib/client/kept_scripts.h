// What delivery has learnt of the scripts of accounts, so that it need not ask before each message.  It may be out of date:
// who uses it sends `state` along, and stored refuses a delivery that another state has decided.
// Runs in: lmtpd, loop thread.  Limits: kMaxKeptAccounts, kMaxKeptBytes; the longest unused go.
// Tests: t/unit/client_kept_scripts.cc
#pragma once
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <unordered_map>

#include "client/sieve_client.h"
#include "proto/stored.pb.h"

namespace postern::client {

// Of one account, as stored told it at one moment.
struct AccountScripts {
  std::optional<SieveScript> active;
  std::optional<records::Vacation> vacation;   // while it is enabled
  stored::ScriptState state;
};

class KeptScripts {
 public:
  // Null when nothing is known.
  std::shared_ptr<const AccountScripts> find(std::uint64_t account);
  void put(std::uint64_t account, std::shared_ptr<const AccountScripts> scripts);
  std::size_t size() const { return kept_.size(); }

 private:
  struct Entry {
    std::shared_ptr<const AccountScripts> scripts;
    std::size_t bytes = 0;
    std::list<std::uint64_t>::iterator place;
  };
  void drop(std::unordered_map<std::uint64_t, Entry>::iterator it);
  std::unordered_map<std::uint64_t, Entry> kept_;
  std::list<std::uint64_t> recent_;   // latest first
  std::size_t bytes_ = 0;
};

}  // namespace postern::client
