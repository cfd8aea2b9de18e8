// The one place that decides who may do what.  A Principal is what a verified ticket says; the caller has
// checked the signature and the time.  Two steps: may() decides from the ticket and the verb alone, then what a
// mailbox grants decides, where somebody reaches into an account that is not his.
// Runs in: stored.  Tests: t/unit/store_access.cc walks all verbs by all kinds and, for sharers, by all rights.
#pragma once
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "model/rights.h"

namespace postern::records {
class Mailbox;
}

namespace postern::store {

// Of a ticket.  The values are bits, so that a verb names the set of kinds that may call it.
enum class Kind : std::uint8_t {
  user = 1,     // a login: its own account, and in others what was granted
  deliver = 2,  // one account: adds mail, lists and makes mailboxes; reads nothing
  index = 4,    // reads every account
  admin = 8,    // the admin's verbs; audited
};
constexpr std::uint8_t operator|(Kind a, Kind b) {
  return static_cast<std::uint8_t>(a) | static_cast<std::uint8_t>(b);
}
constexpr std::uint8_t operator|(std::uint8_t a, Kind b) { return a | static_cast<std::uint8_t>(b); }

struct Principal {
  Kind kind = Kind::user;
  std::uint64_t id = 0;
  std::string name;                    // for logs
  std::vector<std::uint64_t> groups;
  std::uint64_t generation = 0;        // tickets below the revoked generation of `id` are void
  std::string session;                 // for logs
  std::uint64_t quota_bytes = 0;       // 0 = none
  std::uint64_t quota_emails = 0;
  std::uint64_t quota_mailboxes = 0;
  bool admin = false;                  // may see what other accounts use of their quota
  std::uint64_t account = 0;           // the account that the ticket is for; 0 for index and admin
};

struct Verb;
using model::Rights;

// Verb::needs of what nobody but the owner may do.
inline constexpr Rights kOwnerOnly = 1u << 31;

// Generations below which a principal's tickets are void.
using Revocations = std::unordered_map<std::uint64_t, std::uint64_t>;

// Nobody asks what is granted to him: the account is his own, or the kind of ticket says all.
bool is_owner(const Principal& who, std::uint64_t account);
// What `who` may do in a mailbox of `account`: the owner everything, others what is granted to them, to a group of
// theirs or to anyone, less what is taken from any of these (RFC 4314 2).  Nobody has model::kNotInAllMail in the mailbox
// that shows all mail.
Rights rights_in(const Principal& who, std::uint64_t account, const records::Mailbox& m);
// Has he all of `need`?  DENIED; NOT_FOUND, as if there were no such mailbox, for who may not even list it.
base::Result<> permit(Rights have, Rights need);

// Errors: TICKET (void), DENIED.  REQUIRES: `account` is what the request names.  What passes here with another's
// account must pass Store::account() and, for each mailbox, open_mailbox().
base::Result<> may(const Principal& who, const Verb& verb, std::uint64_t account, const Revocations& revoked);

}  // namespace postern::store
