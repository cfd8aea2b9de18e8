// Who may be told what of an index: its owner all of it; others what it says of the messages of one mailbox, when stored says
// that they may read it.  Loop thread.  Input: tickets and numbers from front ends that may have been taken over.
// Tests: t/system/test_search.py, t/system/test_shared_search.py
#pragma once
#include <memory>

#include "auth/ticket.h"
#include "client/auth_client.h"
#include "client/store_client.h"
#include "index/reader.h"
#include "proto/search.pb.h"

namespace postern::searchd {

// Emails (ascending) that may be told of; null: all.
using Allowed = std::shared_ptr<const index::Ids>;

class Access {
 public:
  // `stored_socket`: takes get_sheet alone.
  Access(io::Loop& loop, std::unique_ptr<auth::Verifier> verifier, std::string stored_socket);
  // TICKET; DENIED, as if there were no such mailbox; UNAVAILABLE.
  io::Task<base::Result<Allowed>> check(const search::Ask& ask);

 private:
  io::Task<base::Result<Allowed>> of_mailbox(const search::Ask& ask, std::int64_t expires);
  std::unique_ptr<auth::Verifier> verifier_;
  std::string stored_socket_;
  client::AuthClient nobody_;  // a Login has one; these tickets are not renewed
  client::StoreClient store_;
};

}  // namespace postern::searchd
