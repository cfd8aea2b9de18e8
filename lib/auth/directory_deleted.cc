// Deleted accounts: kept aside with all that made them, so that they can come back as long as their mail can.
#include "auth/directory.h"
#include "auth/directory_edit.h"
#include "auth/limits.h"

namespace postern::auth {
namespace {

Entry entry_of(Grave&& g) {
  Entry e;
  e.name = std::move(g.account.name);
  e.id = g.account.id;
  e.quota_bytes = g.account.quota_bytes;
  e.quota_emails = g.account.quota_emails;
  e.quota_mailboxes = g.account.quota_mailboxes;
  e.description = std::move(g.account.description);
  e.timezone = std::move(g.account.timezone);
  e.disabled = g.account.disabled;
  e.admin = g.account.admin;
  e.generation = g.account.generation;
  e.created = g.account.created;
  e.deleted = g.deleted;
  return e;
}

// Calls fn for one page of graves from `from` on; where to go on, empty at the end.
base::Result<std::string> walk_graves(kv::Snapshot& s, std::string_view from, const std::function<void(Grave&&)>& fn) {
  base::Result<> sound;
  std::string prefix = keys::graves();
  auto end = s.scan(from.empty() ? prefix : from, keys::after(prefix), kPageRows,
                    [&](std::string_view, std::string_view value) {
                      Grave g;
                      sound = decode(value, g);
                      if (sound) fn(std::move(g));
                      return sound.has_value();
                    });
  if (!end) return base::pass(end);
  if (!sound) return base::pass(sound);
  return end->more ? end->resume : std::string();
}

}  // namespace

base::Result<> Directory::bury(Edit& e, Id id, std::vector<Id> groups) {
  auto account = need_row<Account>(*e.snap, keys::principal(id));
  if (!account) return base::pass(account);
  auto credential = need_row<Credential>(*e.snap, keys::credential(id));
  if (!credential) return base::pass(credential);
  if (groups.size() > kMaxTicketGroups) groups.resize(kMaxTicketGroups);
  Grave g{base::unix_now(), std::move(*account), std::move(*credential), std::move(groups)};
  e.batch.put(keys::grave(id), encode(g));
  return {};
}

base::Result<EntryPage> Directory::list_deleted(std::string_view after) {
  auto snap = engine_->snapshot(0);
  if (!snap) return base::pass(snap);
  EntryPage page;
  auto next = walk_graves(**snap, after, [&](Grave&& g) { page.entries.push_back(entry_of(std::move(g))); });
  if (!next) return base::pass(next);
  page.after = std::move(*next);
  return page;
}

base::Result<std::pair<Entry, Credential>> Directory::show_deleted(Id id) {
  auto e = begin();
  if (!e) return base::pass(e);
  auto grave = find_grave(*e, {}, id);
  if (!grave) return base::pass(grave);
  std::vector<std::string> groups;
  for (Id group : grave->groups) {
    auto g = principal(group);
    if (!g && g.error().code != "NOT_FOUND") return base::pass(g);
    if (g) groups.push_back(std::move(g->name));
  }
  Credential credential = std::move(grave->credential);
  Entry out = entry_of(std::move(*grave));
  out.members = std::move(groups);
  return std::pair(std::move(out), std::move(credential));
}

base::Result<bool> Directory::load_deleted(Edit& e, const Entry& entry, const Credential& credential) {
  Grave g{entry.deleted, account_of(entry), credential, {}};
  for (const auto& m : entry.members) {
    NameRow row;
    auto group = name_for(e, m, Kind::group, {}, row);
    if (!group && group.error().code != "NOT_FOUND") return base::pass(group);
    if (group && g.groups.size() < kMaxTicketGroups) g.groups.push_back(row.id);
  }
  std::string row = encode(g);
  auto before = e.snap->get(keys::grave(entry.id));
  if (!before) return base::pass(before);
  if (*before && **before == row) return false;
  auto living = e.snap->get(keys::principal(entry.id));
  if (!living) return base::pass(living);
  if (*before || *living)
    return base::fail(base::Fault::permanent,
                      "the deleted account " + entry.name + " can't have its id " + std::to_string(entry.id) +
                          ", which belongs to something else here",
                      "EXISTS");
  e.counters.next_id = std::max(e.counters.next_id, entry.id + 1);
  e.batch.put(keys::grave(entry.id), row);
  if (auto ok = commit(e); !ok) return base::pass(ok);
  return true;
}

base::Result<Grave> Directory::find_grave(Edit& e, std::string_view name, Id id) {
  if (id) {
    auto g = read_row<Grave>(*e.snap, keys::grave(id));
    if (!g) return base::pass(g);
    if (!*g) return not_found("no deleted account has the number " + std::to_string(id));
    return std::move(**g);
  }
  auto canonical = canonical_name(name, rules_);
  if (!canonical) return base::pass(canonical);
  std::optional<Grave> latest;
  std::string at;
  do {
    auto next = walk_graves(*e.snap, at, [&](Grave&& g) {
      if (g.account.name == *canonical && (!latest || g.deleted >= latest->deleted)) latest = std::move(g);
    });
    if (!next) return base::pass(next);
    at = std::move(*next);
  } while (!at.empty());
  if (!latest) return not_found("no deleted account " + *canonical);
  return std::move(*latest);
}

base::Result<Outcome> Directory::undelete(std::string_view name, Id id, std::string_view as, bool dry_run) {
  auto e = begin();
  if (!e) return base::pass(e);
  auto grave = find_grave(*e, name, id);
  if (!grave) return base::pass(grave);
  Account& a = grave->account;
  NameRow row;
  auto canonical = name_for(*e, as.empty() ? a.name : as, Kind::account, {true, dry_run}, row);
  if (!canonical && canonical.error().code == "EXISTS")
    return base::fail(canonical.error().fault, canonical.error().what + "; give another name with --as", "EXISTS");
  if (!canonical) return base::pass(canonical);
  std::string what = "restore account " + a.name + (*canonical == a.name ? "" : " as " + *canonical);
  a.name = *canonical;
  e->batch.put(keys::name(a.name), encode(NameRow{Kind::account, a.id}));
  e->batch.put(keys::credential(a.id), encode(grave->credential));
  for (Id group : grave->groups) {
    auto there = e->snap->get(keys::principal(group));
    if (!there) return base::pass(there);
    if (!*there) continue;
    e->batch.put(keys::member(group, a.id), {});
    e->batch.put(keys::member_of(a.id, group), {});
  }
  // Tickets of before stay void.
  ++a.generation;
  e->leave(OutboxItem::What::restore, a.id, a.generation);
  e->put(a);
  e->batch.del(keys::grave(a.id));
  Outcome out{a.id, a.name, std::move(what), {a.id}};
  if (dry_run) return out;
  if (auto ok = commit(*e); !ok) return base::pass(ok);
  return out;
}

base::Result<> Directory::forget_deleted(std::int64_t before) {
  auto e = begin();
  if (!e) return base::pass(e);
  std::string at;
  do {
    auto next = walk_graves(*e->snap, at, [&](Grave&& g) {
      if (g.deleted < before) e->batch.del(keys::grave(g.account.id));
    });
    if (!next) return base::pass(next);
    at = std::move(*next);
  } while (!at.empty());
  return e->batch.empty() ? base::Result<>() : commit(*e);
}

}  // namespace postern::auth
