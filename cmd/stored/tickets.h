// From a ticket to a Principal: the signature, and which kinds of ticket a listener takes.
// Runs in: stored.  Input: bytes of front ends that may have been taken over.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "auth/ticket.h"
#include "store/access.h"
#include "store/verbs.h"

namespace postern::stored_daemon {

// What a listener lets in: "stored" user and index tickets (and, for authd, admin tickets for revoke,
// delete_account and undelete), "stored-deliver" deliver tickets, "stored-search" user tickets for get_sheet alone,
// "stored-admin" all.
bool listener_takes(std::string_view listener, store::Kind kind, stored::Request::VerbCase verb);

class Tickets {
 public:
  explicit Tickets(std::unique_ptr<auth::Verifier> verifier) : verifier_(std::move(verifier)) {}
  // The key file is made by authd at its first start: waits for it, briefly.
  static base::Result<std::unique_ptr<Tickets>> open(const std::string& public_key);
  base::Result<store::Principal> check(std::string_view ticket, std::string_view listener,
                                       stored::Request::VerbCase verb);

 private:
  std::unique_ptr<auth::Verifier> verifier_;
};

}  // namespace postern::stored_daemon
