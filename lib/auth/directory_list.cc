// Listing and showing what the directory holds, and the reads of a login.
#include <map>

#include "auth/directory.h"
#include "auth/directory_edit.h"
#include "auth/limits.h"
#include "auth/password.h"

namespace postern::auth {
namespace {

Entry entry_of(const Account& a) {
  Entry e;
  e.kind = Kind::account;
  e.name = a.name;
  e.id = a.id;
  e.quota_bytes = a.quota_bytes;
  e.quota_emails = a.quota_emails;
  e.quota_mailboxes = a.quota_mailboxes;
  e.description = a.description;
  e.timezone = a.timezone;
  e.disabled = a.disabled;
  e.admin = a.admin;
  e.generation = a.generation;
  e.created = a.created;
  return e;
}

Entry entry_of(const Domain& d) {
  Entry e;
  e.kind = Kind::domain;
  e.name = d.name;
  e.description = d.description;
  e.catch_all = d.catch_all;
  e.created = d.created;
  return e;
}

// An entry of any kind that has an id, without members.
base::Result<Entry> entry_at(kv::Snapshot& s, const NameRow& row) {
  std::string key = keys::principal(row.id);
  Entry e;
  if (row.kind == Kind::account) {
    auto a = need_row<Account>(s, key);
    return a ? base::Result<Entry>(entry_of(*a)) : base::pass(a);
  }
  e.kind = row.kind;
  e.id = row.id;
  if (row.kind == Kind::alias) {
    auto a = need_row<Alias>(s, key);
    if (!a) return base::pass(a);
    e.name = std::move(a->name);
    e.members = std::move(a->targets);
    e.created = a->created;
    return e;
  }
  auto g = need_row<Group>(s, key);
  if (!g) return base::pass(g);
  e.name = std::move(g->name);
  e.description = std::move(g->description);
  e.created = g->created;
  return e;
}

// Names of the principals whose ids end the keys with this prefix.
base::Result<std::vector<std::string>> names_at(kv::Snapshot& s, const std::string& prefix, Kind kind) {
  std::vector<Id> ids;
  auto ok = walk_keys(s, prefix, [&](std::string_view key) { ids.push_back(keys::last_id(key)); });
  if (!ok) return base::pass(ok);
  std::vector<std::string> names;
  for (Id id : ids) {
    auto e = entry_at(s, {kind, id});
    if (!e) return base::pass(e);
    names.push_back(std::move(e->name));
  }
  return names;
}

base::Result<std::uint64_t> accounts_in(kv::Snapshot& s, std::string_view domain) {
  std::string from = keys::names_of(domain), to = keys::after(from);
  std::uint64_t n = 0;
  for (;;) {
    auto end = s.scan(from, to, kPageRows, [&](std::string_view, std::string_view value) {
      NameRow row;
      if (decode(value, row) && row.kind == Kind::account) ++n;
      return true;
    });
    if (!end) return base::pass(end);
    if (!end->more) return n;
    from = end->resume;
  }
}

}  // namespace

base::Result<EntryPage> Directory::list_domains(kv::Snapshot& s, std::string_view after) {
  EntryPage page;
  base::Result<> sound;
  std::string from = after.empty() ? "d" : std::string(after);
  auto end = s.scan(from, "e", kPageRows, [&](std::string_view, std::string_view value) {
    Domain d;
    sound = decode(value, d);
    if (sound) page.entries.push_back(entry_of(d));
    return sound.has_value();
  });
  if (!end) return base::pass(end);
  if (!sound) return base::pass(sound);
  for (Entry& e : page.entries) {
    auto n = accounts_in(s, e.name);
    if (!n) return base::pass(n);
    e.accounts = *n;
  }
  if (end->more) page.after = end->resume;
  return page;
}

base::Result<EntryPage> Directory::list(Kind kind, std::string_view domain, std::string_view after) {
  auto snap = engine_->snapshot(0);
  if (!snap) return base::pass(snap);
  std::string prefix = "n";
  if (!domain.empty()) {
    auto d = canonical_domain(domain);
    if (!d) return base::pass(d);
    auto row = read_row<Domain>(**snap, keys::domain(*d));
    if (!row) return base::pass(row);
    if (!*row) return not_found("no such domain " + *d);
    prefix = keys::names_of(*d);
    if (kind == Kind::domain) return EntryPage{{entry_of(**row)}, {}};
  }
  if (kind == Kind::domain) return list_domains(**snap, after);
  std::vector<NameRow> rows;
  base::Result<> sound;
  std::string from = after.empty() ? prefix : std::string(after), to = keys::after(prefix);
  auto end = (*snap)->scan(from, to, kPageRows, [&](std::string_view, std::string_view value) {
    NameRow row;
    sound = decode(value, row);
    if (sound && row.kind == kind) rows.push_back(row);
    return sound.has_value();
  });
  if (!end) return base::pass(end);
  if (!sound) return base::pass(sound);
  EntryPage page;
  for (const NameRow& row : rows) {
    auto e = entry_at(**snap, row);
    if (!e) return base::pass(e);
    page.entries.push_back(std::move(*e));
  }
  if (end->more) page.after = end->resume;
  return page;
}

base::Result<Entry> Directory::show(Kind kind, std::string_view name) {
  auto edit = begin();
  if (!edit) return base::pass(edit);
  kv::Snapshot& s = *edit->snap;
  if (kind == Kind::domain) {
    auto canonical = canonical_domain(name);
    if (!canonical) return base::pass(canonical);
    auto page = list(kind, *canonical, {});
    if (!page) return base::pass(page);
    auto n = accounts_in(s, *canonical);
    if (!n) return base::pass(n);
    page->entries.front().accounts = *n;
    return std::move(page->entries.front());
  }
  NameRow row;
  auto canonical = name_for(*edit, name, kind, {}, row);
  if (!canonical) return base::pass(canonical);
  auto e = entry_at(s, row);
  if (!e) return e;
  base::Result<std::vector<std::string>> members = std::move(e->members);
  if (kind == Kind::account) {
    members = names_at(s, keys::groups_of(row.id), Kind::group);
    auto c = need_row<Credential>(s, keys::credential(row.id));
    if (!c) return base::pass(c);
    e->scheme = scheme_name(c->hash);
  } else if (kind == Kind::group) {
    members = names_at(s, keys::members(row.id), Kind::account);
  } else if (kind == Kind::list) {
    auto ok = walk_keys(s, keys::list_members(row.id),
                        [&](std::string_view key) { members->emplace_back(key.substr(9)); });
    if (!ok) return base::pass(ok);
  }
  if (!members) return base::pass(members);
  e->members = std::move(*members);
  return e;
}

base::Result<LoginEntry> Directory::login(std::string_view name) {
  auto canonical = canonical_name(name, rules_);
  if (!canonical) return base::pass(canonical);
  auto snap = engine_->snapshot(0);
  if (!snap) return base::pass(snap);
  auto row = read_row<NameRow>(**snap, keys::name(*canonical));
  if (!row) return base::pass(row);
  if (!*row || (*row)->kind != Kind::account) return not_found("no such account " + *canonical);
  LoginEntry e;
  auto a = need_row<Account>(**snap, keys::principal((*row)->id));
  if (!a) return base::pass(a);
  e.account = std::move(*a);
  auto c = need_row<Credential>(**snap, keys::credential((*row)->id));
  if (!c) return base::pass(c);
  e.credential = std::move(*c);
  auto ok = walk_keys(**snap, keys::groups_of(e.account.id),
                      [&](std::string_view key) { e.groups.push_back(keys::last_id(key)); });
  if (!ok) return base::pass(ok);
  return e;
}

base::Result<Account> Directory::account(Id id) {
  auto snap = engine_->snapshot(0);
  if (!snap) return base::pass(snap);
  auto bytes = (*snap)->get(keys::principal(id));
  if (!bytes) return base::pass(bytes);
  Account a;
  // The id of an alias or group is no account's either: its row's tag says so.
  if (!*bytes || !decode(**bytes, a)) return not_found("no account has the id " + std::to_string(id));
  return a;
}

base::Result<Entry> Directory::principal(std::string_view name) {
  auto canonical = canonical_name(name, rules_);
  if (!canonical) return base::pass(canonical);
  auto snap = engine_->snapshot(0);
  if (!snap) return base::pass(snap);
  auto row = read_row<NameRow>(**snap, keys::name(*canonical));
  if (!row) return base::pass(row);
  if (!*row || ((*row)->kind != Kind::account && (*row)->kind != Kind::group))
    return not_found("no account or group " + *canonical);
  return entry_at(**snap, **row);
}

base::Result<Entry> Directory::principal(Id id) {
  auto snap = engine_->snapshot(0);
  if (!snap) return base::pass(snap);
  auto bytes = (*snap)->get(keys::principal(id));
  if (!bytes) return base::pass(bytes);
  Account a;
  Group g;
  if (*bytes && decode(**bytes, a)) return entry_of(a);
  if (!*bytes || !decode(**bytes, g) || g.kind != Kind::group)
    return not_found("no account or group has the id " + std::to_string(id));
  return entry_at(**snap, {Kind::group, id});
}

base::Result<std::vector<Id>> Directory::groups_of(Id account) {
  auto snap = engine_->snapshot(0);
  if (!snap) return base::pass(snap);
  std::vector<Id> ids;
  auto ok = walk_keys(**snap, keys::groups_of(account),
                      [&](std::string_view key) { ids.push_back(keys::last_id(key)); });
  if (!ok) return base::pass(ok);
  return ids;
}

}  // namespace postern::auth
