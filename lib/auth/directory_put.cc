// Adding and changing accounts, aliases, groups and lists.
#include <algorithm>
#include <set>

#include "auth/directory.h"
#include "auth/directory_edit.h"
#include "auth/limits.h"
#include "base/text.h"

namespace postern::auth {
namespace {

using base::Fault;

base::Result<> check_timezone(std::string_view s) {
  // A path below the zone files: it must not lead out of them.
  auto fits = [](char c) {
    return base::is_alpha(c) || base::is_digit(c) || c == '/' || c == '_' || c == '-' || c == '+';
  };
  if (s.size() > kMaxTimeZone || s.starts_with('/') || !std::all_of(s.begin(), s.end(), fits))
    return invalid("the time zone is not a name such as Europe/Berlin");
  return {};
}

void note(std::string& changes, const char* what) {
  if (!changes.empty()) changes += ", ";
  changes += what;
}

// Sets what the change carries and answers with a list of it; `raise` tells whether sessions must end.
base::Result<std::string> apply(const AccountChange& c, Account& a, bool& raise) {
  std::string changes;
  if (c.credential) note(changes, "password");
  raise = c.credential.has_value();
  if (c.quota_bytes) {
    a.quota_bytes = *c.quota_bytes;
    note(changes, "quota");
  }
  if (c.quota_emails) {
    a.quota_emails = *c.quota_emails;
    note(changes, "quota of messages");
  }
  if (c.quota_mailboxes) {
    a.quota_mailboxes = *c.quota_mailboxes;
    note(changes, "quota of mailboxes");
  }
  if (c.description) {
    if (auto ok = check_text("the description", *c.description, kMaxDescription); !ok) return base::pass(ok);
    a.description = *c.description;
    note(changes, "description");
  }
  if (c.timezone) {
    if (auto ok = check_timezone(*c.timezone); !ok) return base::pass(ok);
    a.timezone = *c.timezone;
    note(changes, "time zone");
  }
  if (c.disabled) {
    raise = raise || (*c.disabled && !a.disabled);
    a.disabled = *c.disabled;
    note(changes, a.disabled ? "disabled" : "enabled");
  }
  if (c.admin) {
    raise = raise || *c.admin != a.admin;
    a.admin = *c.admin;
    note(changes, a.admin ? "admin" : "no admin");
  }
  return changes;
}

}  // namespace

// The canonical form of a name that is to be made, or that must exist as `kind` (then its row is in `row`).
base::Result<std::string> Directory::name_for(Edit& e, std::string_view name, Kind kind, PutMode mode,
                                              NameRow& row) {
  auto canonical = canonical_name(name, rules_);
  if (!canonical) return canonical;
  std::string domain = canonical->substr(canonical->rfind('@') + 1);
  auto d = read_row<Domain>(*e.snap, keys::domain(domain));
  if (!d) return base::pass(d);
  if (!*d) return not_found("no such domain " + domain + "; add it with: postern domain add " + domain);
  auto old = read_row<NameRow>(*e.snap, keys::name(*canonical));
  if (!old) return base::pass(old);
  std::string wanted(kind_name(kind));
  if (mode.create) {
    if (*old)
      return base::fail(Fault::permanent,
                        *canonical + " exists already, as " + std::string(kind_name((*old)->kind)), "EXISTS");
    row = {kind, e.new_id()};
    e.batch.put(keys::name(*canonical), encode(row));
    return canonical;
  }
  if (!*old) return not_found("no such " + wanted + " " + *canonical);
  if ((*old)->kind != kind)
    return not_found(*canonical + " is no " + wanted + ", but of kind " +
                     std::string(kind_name((*old)->kind)));
  row = **old;
  return canonical;
}

base::Result<Outcome> Directory::put_account(std::string_view name, const AccountChange& change,
                                             PutMode mode) {
  auto e = begin();
  if (!e) return base::pass(e);
  NameRow row;
  auto canonical = name_for(*e, name, Kind::account, mode, row);
  if (!canonical) return base::pass(canonical);
  Account a;
  if (mode.create) {
    a.id = row.id;
    a.name = *canonical;
    a.generation = 1;
    a.created = base::unix_now();
    if (!change.credential) e->batch.put(keys::credential(a.id), encode(Credential{}));
  } else {
    auto old = need_row<Account>(*e->snap, keys::principal(row.id));
    if (!old) return base::pass(old);
    a = std::move(*old);
  }
  bool raise = false;
  auto changes = apply(change, a, raise);
  if (!changes) return base::pass(changes);
  if (raise && !mode.create) e->raise(a);
  if (change.credential) e->batch.put(keys::credential(a.id), encode(*change.credential));
  e->put(a);
  std::string what = mode.create ? "add account " + a.name : "change account " + a.name + ": " + *changes;
  Outcome out{a.id, a.name, std::move(what), e->raised};
  if (mode.dry_run) return out;
  if (auto ok = commit(*e); !ok) return base::pass(ok);
  return out;
}

base::Result<> Directory::set_scram(Id account, std::uint64_t generation, const Credential& credential) {
  auto e = begin();
  if (!e) return base::pass(e);
  auto a = read_row<Account>(*e->snap, keys::principal(account));
  if (!a) return base::pass(a);
  if (!*a || (*a)->generation != generation) return {};
  e->batch.put(keys::credential(account), encode(credential));
  return commit(*e);
}

// Addresses, canonical and each once; those in our domains must exist, so that a typing error shows at once.
base::Result<std::vector<std::string>> Directory::targets(Edit& e, const std::vector<std::string>& given,
                                                          std::size_t limit) {
  if (given.size() > limit) return over_limit("more than " + std::to_string(limit) + " members or targets");
  std::vector<std::string> out;
  std::set<std::string> seen;
  for (const std::string& g : given) {
    auto a = parse_address(g, rules_);
    if (!a) return base::fail(a.error().fault, base::printable(g) + ": " + a.error().what, a.error().code);
    auto domain = read_row<Domain>(*e.snap, keys::domain(a->domain));
    if (!domain) return base::pass(domain);
    std::string text = a->key();
    if (*domain) {
      auto name = e.snap->get(keys::name(text));
      if (!name) return base::pass(name);
      if (!*name && (*domain)->catch_all.empty()) return not_found("no such address " + text);
    }
    if (!a->detail.empty()) text = a->local + "+" + a->detail + "@" + a->domain;
    if (text.size() > kMaxAddress) return over_limit(base::printable(g) + " is too long");
    if (seen.insert(text).second) out.push_back(std::move(text));
  }
  return out;
}

base::Result<Outcome> Directory::put_alias(std::string_view name, const std::vector<std::string>& given,
                                           PutMode mode) {
  auto e = begin();
  if (!e) return base::pass(e);
  NameRow row;
  auto canonical = name_for(*e, name, Kind::alias, mode, row);
  if (!canonical) return base::pass(canonical);
  auto to = targets(*e, given, kMaxAliasTargets);
  if (!to) return base::pass(to);
  if (to->empty()) return invalid("an alias needs at least one target");
  if (std::find(to->begin(), to->end(), *canonical) != to->end())
    return invalid("an alias can't point to itself");
  Alias a{row.id, *canonical, std::move(*to), base::unix_now()};
  if (!mode.create) {
    auto old = need_row<Alias>(*e->snap, keys::principal(row.id));
    if (!old) return base::pass(old);
    a.created = old->created;
  }
  e->batch.put(keys::principal(a.id), encode(a));
  Outcome out{a.id, a.name, (mode.create ? "add alias " : "change alias ") + a.name, {}};
  if (mode.dry_run) return out;
  if (auto ok = commit(*e); !ok) return base::pass(ok);
  return out;
}

base::Result<Outcome> Directory::put_group(std::string_view name, const std::vector<std::string>& members,
                                           const std::optional<std::string>& description, PutMode mode) {
  return put_members(Kind::group, name, members, description, mode);
}

base::Result<Outcome> Directory::put_list(std::string_view name, const std::vector<std::string>& members,
                                          const std::optional<std::string>& description, PutMode mode) {
  return put_members(Kind::list, name, members, description, mode);
}

base::Result<> Directory::set_group_members(Edit& e, Id group, const std::vector<std::string>& members) {
  std::set<Id> now, before;
  for (const std::string& m : members) {
    NameRow row;
    if (auto name = name_for(e, m, Kind::account, {}, row); !name) return base::pass(name);
    now.insert(row.id);
  }
  auto ok = walk_keys(*e.snap, keys::members(group),
                      [&](std::string_view key) { before.insert(keys::last_id(key)); });
  if (!ok) return ok;
  std::vector<Id> changed;
  std::set_symmetric_difference(now.begin(), now.end(), before.begin(), before.end(),
                                std::back_inserter(changed));
  for (Id id : changed) {
    auto a = need_row<Account>(*e.snap, keys::principal(id));
    if (!a) return base::pass(a);
    if (now.contains(id)) {
      e.batch.put(keys::member(group, id), "");
      e.batch.put(keys::member_of(id, group), "");
    } else {
      e.batch.del(keys::member(group, id));
      e.batch.del(keys::member_of(id, group));
    }
    e.raise(*a);
    e.put(*a);
  }
  return {};
}

base::Result<> Directory::set_list_members(Edit& e, Id list, const std::vector<std::string>& members) {
  auto now = targets(e, members, kMaxMembers);
  if (!now) return base::pass(now);
  auto ok = walk_keys(*e.snap, keys::list_members(list), [&](std::string_view key) { e.batch.del(key); });
  // Of several changes to one key the last one counts: those that stay are put again.
  for (const std::string& m : *now) e.batch.put(keys::list_member(list, m), "");
  return ok;
}

base::Result<Outcome> Directory::put_members(Kind kind, std::string_view name,
                                             const std::vector<std::string>& members,
                                             const std::optional<std::string>& description, PutMode mode) {
  if (members.size() > kMaxMembers)
    return over_limit("more than " + std::to_string(kMaxMembers) + " members");
  auto e = begin();
  if (!e) return base::pass(e);
  NameRow row;
  auto canonical = name_for(*e, name, kind, mode, row);
  if (!canonical) return base::pass(canonical);
  Group g{row.id, kind, *canonical, {}, base::unix_now()};
  if (!mode.create) {
    auto old = need_row<Group>(*e->snap, keys::principal(row.id));
    if (!old) return base::pass(old);
    g = std::move(*old);
  }
  if (description) {
    if (auto ok = check_text("the description", *description, kMaxDescription); !ok) return base::pass(ok);
    g.description = *description;
  }
  auto ok = kind == Kind::group ? set_group_members(*e, g.id, members) : set_list_members(*e, g.id, members);
  if (!ok) return base::pass(ok);
  e->batch.put(keys::principal(g.id), encode(g));
  std::string what = (mode.create ? "add " : "change ") + std::string(kind_name(kind)) + " " + g.name;
  Outcome out{g.id, g.name, std::move(what), e->raised};
  if (mode.dry_run) return out;
  if (auto done = commit(*e); !done) return base::pass(done);
  return out;
}

}  // namespace postern::auth
