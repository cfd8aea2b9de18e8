#include "store/access.h"

#include "store/verbs.h"

namespace postern::store {

using base::Fault;

base::Result<> may(const Principal& who, const Verb& verb, std::uint64_t account,
                   const Revocations& revoked) {
  if (auto it = revoked.find(who.id); it != revoked.end() && who.generation < it->second &&
                                      (who.kind == Kind::user || who.kind == Kind::deliver))
    return base::fail(Fault::permanent, "the ticket was revoked", "TICKET");
  if (!(verb.kinds & static_cast<std::uint8_t>(who.kind)))
    return base::fail(Fault::permanent, "this ticket may not call this verb", "DENIED");
  if (!verb.needs_account) return {};
  if (account == 0) return base::fail(Fault::permanent, "account 0 is the store's own", "DENIED");
  switch (who.kind) {
    case Kind::user:
    case Kind::deliver:
      // Same answer for an account that exists and one that does not.
      if (account != who.account) return base::fail(Fault::permanent, "no access to this account", "DENIED");
      return {};
    case Kind::index:
      if (verb.is_write) return base::fail(Fault::permanent, "an index ticket reads only", "DENIED");
      return {};
    case Kind::admin:
      return {};
  }
  return base::fail(Fault::permanent, "unknown kind of ticket", "DENIED");
}

}  // namespace postern::store
