// SetAcl and ListShared: who may do what in a mailbox (RFC 4314).  What is granted stands in the mailbox's row; a hint
// "shared with" in account 0, written in the same commit, tells a grantee where to look.
#include <algorithm>

#include "store/keys.h"
#include "store/verb_util.h"

namespace postern::store {

using base::fail;
using base::Fault;

namespace {

Rights changed(Rights before, const stored::SetAcl& r) {
  switch (r.mode()) {
    case stored::SetAcl::ADD: return before | r.rights();
    case stored::SetAcl::REMOVE: return before & ~r.rights();
    default: return r.rights();
  }
}

// Where the entry stands, or the list's end.
int find_grant(const records::Mailbox& m, const stored::SetAcl& r) {
  int i = 0;
  while (i < m.acl_size() && (m.acl(i).principal() != r.principal() || m.acl(i).negative() != r.negative())) ++i;
  return i;
}

Result<> check(const AccountState& a, const stored::SetAcl& r) {
  if (!stored::SetAcl::Mode_IsValid(r.mode()) || !r.principal() || (r.rights() & ~model::kAllRights))
    return fail(Fault::permanent, "no such right, or nobody to have it", "INVALID");
  if (r.principal() == a.id) return fail(Fault::permanent, "the owner has all rights, always", "INVALID");
  return {};
}

}  // namespace

Result<> set_acl(Store& store, Call& call) {
  auto opened = open_account(store, call);
  if (!opened) return pass(opened);
  AccountState& a = **opened;
  const auto& r = call.request.set_acl();
  auto found = open_mailbox(call, a, r.mailbox());
  if (!found) return pass(found);
  MailboxState& m = **found;
  if (auto ok = check(a, r); !ok) return ok;
  int at = find_grant(m.rec, r);
  if (m.rec.all() && r.mode() != stored::SetAcl::REMOVE && (r.rights() & model::kNotInAllMail))
    return fail(Fault::permanent, "Nobody has the rights i, p, k and x in the mailbox that shows all mail", "CANNOT");
  bool there = at < m.rec.acl_size();
  Rights before = there ? m.rec.acl(at).rights() : 0;
  Rights after = changed(before, r);
  call.reply.mutable_done()->set_modseq(a.rec.modseq());
  if (before == after) return {};
  if (!there && m.rec.acl_size() >= kMaxGrants) return fail(Fault::limit, "too many entries in this list", "LIMIT");
  Txn txn(store.engine(), a, store.now());
  txn.change_mailbox(m);
  if (!there) {
    auto& g = *m.rec.add_acl();
    g.set_principal(r.principal());
    g.set_negative(r.negative());
  }
  m.rec.mutable_acl(at)->set_rights(after);
  if (!after) m.rec.mutable_acl()->DeleteSubrange(at, 1);
  txn.reindex(m);
  a.grants_changed();
  kv::Batch hints;
  if (!r.negative()) put_hints(a, {r.principal()}, hints);
  if (auto done = txn.apply(); !done) return done;
  call.reply.mutable_done()->set_modseq(txn.modseq());
  if (auto done = store.commit(txn, call, &hints); !done) return done;
  // Sessions of who got or lost something look at what is shared with them, though nothing of their own has changed.
  if (r.principal() != model::kAnyone)
    if (std::uint64_t theirs = store.modseq_of(r.principal())) call.changed.push_back({r.principal(), theirs});
  return {};
}

Result<> list_shared(Store& store, Call& call) {
  auto opened = open_account(store, call);
  if (!opened) return pass(opened);
  std::vector<std::uint64_t> owners, mine = call.who.groups;
  mine.push_back(call.who.id);
  mine.push_back(model::kAnyone);
  {
    auto snapshot = store.engine().snapshot(0);
    if (!snapshot) return pass(snapshot);
    for (std::uint64_t p : mine) {
      std::string from = keys::shared_with(p);
      auto end = (*snapshot)->scan(from, keys::after(from), kMaxRowsPerRead, [&](std::string_view key, std::string_view) {
        if (key.size() == 17) owners.push_back(keys::u64_at(key, 9));
        return true;
      });
      if (!end) return pass(end);
      log_corrupt(0, *end);
    }
  }
  std::ranges::sort(owners);
  owners.erase(std::unique(owners.begin(), owners.end()), owners.end());
  auto& out = *call.reply.mutable_shared();
  // A hint says where to look, no more: only accounts that show something are named.
  for (std::uint64_t owner : owners) {
    if (owner == call.who.account) continue;
    if (static_cast<std::size_t>(out.accounts_size()) >= kMaxSharedAccounts) break;
    auto a = store.account(owner, call.who, call);
    if (!a && a.error().code != "DENIED") return pass(a);
    if (a) out.add_accounts(owner);
  }
  return {};
}

}  // namespace postern::store
