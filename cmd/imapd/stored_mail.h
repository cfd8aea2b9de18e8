// Scripts over messages of one mailbox: what IMAP events (imapsieve.h) and FILTER (cmd_filter.cc) share.  How a message is
// filtered and what becomes of it is lib/client/stored_filter.h.
// Runs as the user, with what he may do in the account.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "client/stored_filter.h"
#include "cmd/imapd/session.h"

namespace postern::imapd {

class StoredMail {
 public:
  // `login`: the user where the mailbox is; `owner`: whose account that is.
  StoredMail(Session& s, std::shared_ptr<client::Login> login, std::uint32_t mailbox, std::string owner);

  // What is the same for every message, for the caller to add to.
  sieved::Run run() const;
  // An error of the message itself stands among Filtered::errors.  Without an event the envelope is filled in.
  io::Task<client::Filtered> filter(std::uint32_t uid, sieved::Run run, std::vector<client::SieveScript> stack);
  client::AccountStore& store() { return store_; }
  client::StoreHost& host() { return host_; }

 private:
  struct Fetched;
  io::Task<base::Result<Fetched>> fetch(std::uint32_t uid);
  io::Task<base::Result<>> know_keywords(model::Flags flags);

  Session& s_;
  std::shared_ptr<client::Login> login_;
  std::shared_ptr<Account> account_;
  std::uint32_t mailbox_;
  std::string owner_;
  client::LoginStore store_;
  client::StoreHost host_;
  client::StoredFilter filter_;
};

}  // namespace postern::imapd
