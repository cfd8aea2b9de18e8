#include "store/access.h"

#include <algorithm>

#include "proto/records.pb.h"
#include "store/verbs.h"

namespace postern::store {

using base::Fault;

bool is_owner(const Principal& who, std::uint64_t account) {
  return who.kind == Kind::index || who.kind == Kind::admin || who.account == account;
}

Rights rights_in(const Principal& who, std::uint64_t account, const records::Mailbox& m) {
  Rights possible = model::possible_rights(m.all());
  if (is_owner(who, account)) return possible;
  Rights given = 0, taken = 0;
  for (const auto& g : m.acl()) {
    bool his = g.principal() == who.id || g.principal() == model::kAnyone ||
               std::ranges::find(who.groups, g.principal()) != who.groups.end();
    if (his) (g.negative() ? taken : given) |= g.rights();
  }
  return given & ~taken & possible;
}

base::Result<> permit(Rights have, Rights need) {
  if ((have & need) == need) return {};
  if (have & model::kLookup) return base::fail(Fault::permanent, "no right to do this here", "DENIED");
  return base::fail(Fault::permanent, "no such mailbox", "NOT_FOUND");
}

base::Result<> may(const Principal& who, const Verb& verb, std::uint64_t account,
                   const Revocations& revoked) {
  if (auto it = revoked.find(who.id); it != revoked.end() && who.generation < it->second &&
                                      (who.kind == Kind::user || who.kind == Kind::deliver))
    return base::fail(Fault::permanent, "the ticket was revoked", "TICKET");
  if (!(verb.kinds & static_cast<std::uint8_t>(who.kind)))
    return base::fail(Fault::permanent, "this ticket may not call this verb", "DENIED");
  if (!verb.needs_account) return {};
  if (account == 0 && verb.store_too && who.kind == Kind::admin) return {};
  if (account == 0) return base::fail(Fault::permanent, "account 0 is the store's own", "DENIED");
  switch (who.kind) {
    case Kind::user:
      // Same answer for an account that exists and one that does not, here and in Store::account().
      if (account == who.account || verb.needs != kOwnerOnly) return {};
      return base::fail(Fault::permanent, "no access to this account", "DENIED");
    case Kind::deliver:
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
