// The one place that decides who may do what.  A Principal is what a verified ticket says; the caller has
// checked the signature and the time.  Runs in: stored.  Tests: t/unit/store_access.cc walks all verbs by all
// kinds.
#pragma once
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"

namespace postern::store {

// Of a ticket.  The values are bits, so that a verb names the set of kinds that may call it.
enum class Kind : std::uint8_t {
  user = 1,     // a login: its own account (and, once there are grants, what was granted)
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
  std::uint64_t account = 0;           // the account that the ticket is for; 0 for index and admin
};

struct Verb;

// Generations below which a principal's tickets are void.
using Revocations = std::unordered_map<std::uint64_t, std::uint64_t>;

// Errors: TICKET (void), DENIED.  REQUIRES: `account` is what the request names.
base::Result<> may(const Principal& who, const Verb& verb, std::uint64_t account, const Revocations& revoked);

}  // namespace postern::store
