// Tickets: who may do what, signed by authd with Ed25519 and checked by stored on every verb. The Signer runs
// in authd alone.  The Verifier runs in stored, searchd and whoever trusts tickets; it knows only the public
// key.  Input of the Verifier: hostile bytes of at most kMaxTicket; decoded after the signature holds. A
// ticket that was verified is remembered until it expires: later calls cost a look-up, not a signature.
// Tests: t/unit/auth_ticket.cc, t/fuzz/auth_ticket.cc
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace postern::auth {

enum class TicketKind : std::uint8_t {
  user = 1,     // ACL rows decide
  deliver = 2,  // one account: add mail, list mailboxes, scripts, duplicate table; no reading
  index = 3,    // read
  admin = 4,    // everything, audited
};

struct Ticket {
  TicketKind kind = TicketKind::user;
  std::uint64_t principal = 0;           // account id; 0 for index and admin
  std::string name;                      // canonical address, or what the log shall call the holder
  std::vector<std::uint64_t> groups;     // ids
  std::uint64_t generation = 0;          // of the principal when this was signed
  std::string session;                   // the front end's session id
  std::int64_t issued = 0, expires = 0;  // unix seconds
  std::uint64_t quota_bytes = 0;         // 0 = none
  std::uint64_t quota_emails = 0;
  std::uint64_t quota_mailboxes = 0;
  bool admin = false;                    // the principal is an administrator, as the directory says
  std::uint64_t account = 0;             // deliver: the only account; 0 otherwise
  std::string service;                   // "imap", "lmtp" ...
  bool operator==(const Ticket&) const = default;
};

// The signed bytes without their signature; decode is strict (version, ranges, nothing left over).  Version 1, without
// the later quotas and `admin`, is still read: sessions renew their tickets across an upgrade.
std::string encode_ticket(const Ticket& t);
base::Result<Ticket> decode_ticket(std::string_view body);

// Makes the key pair when `private_path` does not exist (PEM; 0600 and 0644); else checks that the public
// file holds its public half, and writes that again when it does not.
base::Result<> ensure_ticket_keys(const std::string& private_path, const std::string& public_path);

class Signer {
 public:
  static base::Result<Signer> from_file(const std::string& private_path);
  static base::Result<Signer> from_pem(std::string_view pem);
  Signer(Signer&&) noexcept;
  Signer& operator=(Signer&&) noexcept;
  ~Signer();
  // Fault::limit when the ticket would be longer than kMaxTicket or name more than kMaxTicketGroups groups.
  base::Result<std::string> sign(const Ticket& t) const;

 private:
  struct Key;
  explicit Signer(std::unique_ptr<Key> key);
  std::unique_ptr<Key> key_;
};

// Any thread may call any method.
class Verifier {
 public:
  static base::Result<std::unique_ptr<Verifier>> from_file(const std::string& public_path);
  static base::Result<std::unique_ptr<Verifier>> from_pem(std::string_view pem);
  ~Verifier();
  // The ticket, valid at `now`.  Errors have code TICKET: not signed by authd, expired, from the future, or
  // of a generation that was revoked.
  base::Result<std::shared_ptr<const Ticket>> verify(std::string_view bytes, std::int64_t now);
  // As verify, but takes a ticket that expired at most `grace` seconds ago: for renewal in authd.
  base::Result<std::shared_ptr<const Ticket>> verify_expired(std::string_view bytes, std::int64_t now,
                                                             std::int64_t grace);
  // From now on tickets of this principal with a generation below `generation` are void.  Kept as long as
  // such a ticket could still live.
  void revoke(std::uint64_t principal, std::uint64_t generation, std::int64_t now);
  std::size_t remembered() const;

 private:
  struct State;
  explicit Verifier(std::unique_ptr<State> state);
  base::Result<std::shared_ptr<const Ticket>> check(std::string_view bytes, std::int64_t now) const;
  std::unique_ptr<State> state_;
};

}  // namespace postern::auth
