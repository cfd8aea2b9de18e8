#include "cmd/stored/tickets.h"

#include <unistd.h>

#include "base/system.h"

namespace postern::stored_daemon {

using base::fail;
using base::Fault;
using store::Kind;

namespace {

constexpr std::uint64_t kWaitForKeyMs = 10'000;

Kind kind_of(auth::TicketKind k) {
  switch (k) {
    case auth::TicketKind::deliver: return Kind::deliver;
    case auth::TicketKind::index: return Kind::index;
    case auth::TicketKind::admin: return Kind::admin;
    default: return Kind::user;
  }
}

}  // namespace

bool listener_takes(std::string_view listener, Kind kind, stored::Request::VerbCase verb) {
  if (listener == "stored-admin") return true;
  if (listener == "stored-deliver") return kind == Kind::deliver;
  if (listener == "stored-search") return kind == Kind::user && verb == stored::Request::kGetSheet;
  if (listener != "stored") return false;
  if (kind == Kind::admin)
    return verb == stored::Request::kRevoke || verb == stored::Request::kDeleteAccount ||
           verb == stored::Request::kUndelete;
  return kind == Kind::user || kind == Kind::index;
}

base::Result<std::unique_ptr<Tickets>> Tickets::open(const std::string& public_key) {
  std::uint64_t end = base::monotonic_ms() + kWaitForKeyMs;
  while (::access(public_key.c_str(), R_OK) != 0 && base::monotonic_ms() < end) ::usleep(20'000);
  auto verifier = auth::Verifier::from_file(public_key);
  if (!verifier) return pass(verifier);
  return std::make_unique<Tickets>(std::move(*verifier));
}

base::Result<store::Principal> Tickets::check(std::string_view ticket, std::string_view listener,
                                              stored::Request::VerbCase verb) {
  auto t = verifier_->verify(ticket, base::unix_now());
  if (!t) return fail(Fault::permanent, t.error().what, "TICKET");
  const auth::Ticket& told = **t;
  Kind kind = kind_of(told.kind);
  if (!listener_takes(listener, kind, verb))
    return fail(Fault::permanent, "this socket does not take such a ticket", "DENIED");
  store::Principal p;
  p.kind = kind;
  p.id = told.principal;
  p.name = told.name;
  p.groups = told.groups;
  p.generation = told.generation;
  p.session = told.session;
  p.quota_bytes = told.quota_bytes;
  p.quota_emails = told.quota_emails;
  p.quota_mailboxes = told.quota_mailboxes;
  p.admin = told.admin;
  p.account = kind == Kind::deliver ? told.account : kind == Kind::user ? told.principal : 0;
  return p;
}

}  // namespace postern::stored_daemon
