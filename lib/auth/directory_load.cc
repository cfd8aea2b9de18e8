// Entries of a dump, as they were.
#include <algorithm>

#include "auth/directory.h"
#include "auth/directory_edit.h"
#include "auth/limits.h"
#include "base/text.h"

namespace postern::auth {

using base::Fault;

namespace {

constexpr Id kMaxId = UINT64_MAX / 2;   // a counter that a dump could push to its end would be the last

base::Result<> check_entry(const Entry& e) {
  if (e.deleted < 0 || (e.deleted && e.kind != Kind::account)) return invalid(e.name + ": only accounts are kept when deleted");
  if (e.kind != Kind::domain && (e.id == 0 || e.id > kMaxId)) return invalid(e.name + ": no id that an entry can have");
  if (e.members.size() > kMaxMembers) return over_limit(e.name + ": too many members");
  if (auto ok = check_text("the description", e.description, kMaxDescription); !ok) return ok;
  return check_text("the time zone", e.timezone, kMaxTimeZone);
}

}  // namespace

// The row that says what the entry is.
base::Result<std::string> Directory::load_row(Edit& e, const Entry& entry) {
  switch (entry.kind) {
    case Kind::domain: return encode(Domain{entry.name, entry.catch_all, entry.description, entry.created});
    case Kind::account: return encode(account_of(entry));
    case Kind::alias: {
      std::vector<std::string> to;
      for (const auto& m : entry.members) {
        auto address = parse_address(m, rules_);
        if (!address) return base::pass(address);
        to.push_back(m);
      }
      if (to.empty() || to.size() > kMaxAliasTargets) return invalid(entry.name + ": no targets, or too many");
      return encode(Alias{entry.id, entry.name, std::move(to), entry.created});
    }
    default: break;
  }
  if (auto ok = load_members(e, entry); !ok) return base::pass(ok);
  return encode(Group{entry.id, entry.kind, entry.name, entry.description, entry.created});
}

base::Result<> Directory::load_members(Edit& e, const Entry& entry) {
  for (const auto& m : entry.members) {
    if (entry.kind == Kind::list) {
      auto address = parse_address(m, rules_);
      if (!address) return base::pass(address);
      e.batch.put(keys::list_member(entry.id, m), "");
      continue;
    }
    NameRow row;
    if (auto name = name_for(e, m, Kind::account, {}, row); !name) return base::pass(name);
    e.batch.put(keys::member(entry.id, row.id), "");
    e.batch.put(keys::member_of(row.id, entry.id), "");
  }
  return {};
}

base::Result<bool> Directory::load(const Entry& entry, const Credential& credential) {
  if (auto ok = check_entry(entry); !ok) return base::pass(ok);
  bool domain = entry.kind == Kind::domain;
  auto canonical = domain ? canonical_domain(entry.name) : canonical_name(entry.name, rules_);
  if (!canonical) return base::pass(canonical);
  if (*canonical != entry.name) return invalid(base::printable(entry.name) + ": not in its canonical form");
  auto e = begin();
  if (!e) return base::pass(e);
  if (entry.deleted) return load_deleted(*e, entry, credential);
  std::string key = domain ? keys::domain(entry.name) : keys::principal(entry.id);
  auto row = load_row(*e, entry);
  if (!row) return base::pass(row);
  auto before = e->snap->get(key);
  if (!before) return base::pass(before);
  bool same = *before == *row;
  if (same && entry.kind == Kind::account) {
    // Two instances may have made their first accounts in one second: the salted hashes differ even then.
    auto here = read_row<Credential>(*e->snap, keys::credential(entry.id));
    if (!here) return base::pass(here);
    same = (*here ? (*here)->hash : std::string()) == credential.hash;
  }
  if (same) return false;
  // A domain that is here already (a new instance has one) has no id that could clash: it becomes the dump's.
  if (*before && !domain)
    return base::fail(Fault::permanent,
                      entry.name + " can't have its id " + std::to_string(entry.id) +
                          ", which belongs to something else here, or to another " + entry.name,
                      "EXISTS");
  if (!domain) {
    auto d = read_row<Domain>(*e->snap, keys::domain(entry.name.substr(entry.name.rfind('@') + 1)));
    if (!d) return base::pass(d);
    if (!*d) return not_found(entry.name + ": its domain is not here");
    auto name = read_row<NameRow>(*e->snap, keys::name(entry.name));
    if (!name) return base::pass(name);
    if (*name) return base::fail(Fault::permanent, entry.name + " is here with another id", "EXISTS");
    auto grave = e->snap->get(keys::grave(entry.id));
    if (!grave) return base::pass(grave);
    if (*grave)
      return base::fail(base::Fault::permanent,
                        entry.name + " can't have its id " + std::to_string(entry.id) + ", which a deleted account has here",
                        "EXISTS");
    e->batch.put(keys::name(entry.name), encode(NameRow{entry.kind, entry.id}));
    e->counters.next_id = std::max(e->counters.next_id, entry.id + 1);
  }
  if (entry.kind == Kind::account) e->batch.put(keys::credential(entry.id), encode(credential));
  e->batch.put(key, *row);
  if (auto ok = commit(*e); !ok) return base::pass(ok);
  return true;
}

}  // namespace postern::auth
