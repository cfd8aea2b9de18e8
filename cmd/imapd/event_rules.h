// The administrator's scripts for IMAP events, as imap.sieve_event lists them.
// The files are read at the start and at a reload.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "client/sieve_client.h"
#include "service/config.h"
#include "service/sieve_events.h"

namespace postern::imapd {

class EventRules {
 public:
  // A mailbox as rules see it; empty where there is none.
  struct Place {
    std::string path;   // below its account, "/" between names
    std::string role;   // JMAP's word for its special use
  };
  // A file that can't be read is an error that names it, and nothing has changed.
  base::Result<> read(const service::Config& c);
  // Could some rule be for such an event?
  bool any(std::string_view cause) const;
  // The scripts of those that are, in the order of the configuration; `after`: of those after the mailbox's own.
  std::vector<client::SieveScript> matching(std::string_view cause, const Place& to, const Place& from, bool after) const;

 private:
  struct Row {
    service::SieveEventRule rule;
    client::SieveScript script;
  };
  std::vector<Row> rows_;
};

}  // namespace postern::imapd
