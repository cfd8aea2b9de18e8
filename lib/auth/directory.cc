#include "auth/directory.h"

#include <algorithm>

#include "auth/directory_edit.h"
#include "auth/limits.h"
#include "base/text.h"

namespace postern::auth {

using base::Fault;

base::Result<> walk_keys(kv::Snapshot& s, const std::string& prefix,
                         const std::function<void(std::string_view)>& fn) {
  std::string from = prefix, to = keys::after(prefix);
  for (;;) {
    auto end = s.scan(from, to, kPageRows, [&](std::string_view key, std::string_view) {
      fn(key);
      return true;
    });
    if (!end) return base::pass(end);
    if (end->corrupt_rows != 0) return base::fail(Fault::corrupt, "directory row is damaged", "CORRUPT");
    if (!end->more) return {};
    from = end->resume;
  }
}

base::Result<> check_text(const char* what, std::string_view s, std::size_t max) {
  if (s.size() > max) return base::fail(Fault::limit, std::string(what) + " is too long", "INVALID");
  auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (!base::is_valid_utf8(s) || std::any_of(s.begin(), s.end(), control))
    return invalid(std::string(what) + " contains control characters or is not UTF-8");
  return {};
}

Directory::Directory(std::unique_ptr<kv::Engine> engine, NameRules rules)
    : engine_(std::move(engine)), rules_(std::move(rules)) {}
Directory::~Directory() = default;

base::Result<std::unique_ptr<Directory>> Directory::open(std::unique_ptr<kv::Engine> engine,
                                                         NameRules rules) {
  std::unique_ptr<Directory> dir(new Directory(std::move(engine), {}));
  if (auto ok = dir->set_rules(std::move(rules)); !ok) return base::pass(ok);
  // The first read finds out whether this is a directory that we understand.
  if (auto edit = dir->begin(); !edit) return base::pass(edit);
  return dir;
}

base::Result<std::string> Directory::audit_head() {
  auto snap = engine_->snapshot(0);
  if (!snap) return base::pass(snap);
  auto row = (*snap)->get(keys::audit_head());
  if (!row) return base::pass(row);
  return row->value_or("");
}

base::Result<> Directory::set_audit_head(std::string_view head) {
  auto e = begin();
  if (!e) return base::pass(e);
  e->batch.put(keys::audit_head(), head);
  return commit(*e);
}

bool Directory::synced() const {
  return engine_->durable(engine_->last());
}
base::Result<> Directory::sync() {
  return engine_->flush(engine_->last());
}

base::Result<> Directory::set_rules(NameRules rules) {
  if (!rules.default_domain.empty()) {
    auto d = canonical_domain(rules.default_domain);
    if (!d) return base::pass(d);
    rules.default_domain = std::move(*d);
  }
  rules_ = std::move(rules);
  return {};
}

base::Result<> Directory::maintain() {
  kv::EngineStats s = engine_->stats();
  if (s.log_bytes_since_checkpoint > 0)
    if (auto ok = engine_->checkpoint(); !ok) return ok;
  if (s.log_bytes_since_base_copy < kBaseCopyLogBytes) return {};
  if (auto ok = engine_->base_copy(); !ok) return ok;
  auto removed = engine_->remove_old_logs();
  if (!removed) return base::pass(removed);
  return {};
}

base::Result<Directory::Edit> Directory::begin() {
  Edit e;
  auto snap = engine_->snapshot(0);
  if (!snap) return base::pass(snap);
  e.snap = std::move(*snap);
  auto version = e.snap->version();
  if (!version) return base::pass(version);
  e.version = *version;
  auto counters = read_row<Counters>(*e.snap, keys::counters());
  if (!counters) return base::pass(counters);
  // Without counters ids would start again at 1: that is right only for a directory that never had any
  // change.
  if (!*counters && e.version != 0)
    return base::fail(Fault::corrupt, "directory has lost its counters", "CORRUPT");
  e.counters = counters->value_or(Counters{});
  return e;
}

base::Result<> Directory::commit(Edit& e) {
  e.batch.put(keys::counters(), encode(e.counters));
  e.snap.reset();
  auto receipt = engine_->commit(0, e.batch, e.version);
  if (!receipt) return base::pass(receipt);
  return {};
}

base::Result<Outcome> Directory::put_domain(std::string_view name, const DomainChange& change, PutMode mode) {
  auto canonical = canonical_domain(name);
  if (!canonical) return base::pass(canonical);
  auto e = begin();
  if (!e) return base::pass(e);
  auto old = read_row<Domain>(*e->snap, keys::domain(*canonical));
  if (!old) return base::pass(old);
  if (*old && mode.create)
    return base::fail(Fault::permanent, "domain " + *canonical + " exists already", "EXISTS");
  if (!*old && !mode.create)
    return not_found("no such domain " + *canonical + "; add it with: postern domain add " + *canonical);
  Domain d = old->value_or(Domain{*canonical, {}, {}, base::unix_now()});
  if (change.description) {
    if (auto ok = check_text("the description", *change.description, kMaxDescription); !ok)
      return base::pass(ok);
    d.description = *change.description;
  }
  if (change.catch_all) {
    d.catch_all.clear();
    if (!change.catch_all->empty()) {
      // A catch-all may name an account that is added after its domain: only its form is checked.
      auto target = canonical_name(*change.catch_all, {d.name, rules_.separator});
      if (!target) return base::pass(target);
      d.catch_all = std::move(*target);
    }
  }
  e->batch.put(keys::domain(d.name), encode(d));
  Outcome out{0, d.name, (mode.create ? "add domain " : "change domain ") + d.name, {}};
  if (mode.dry_run) return out;
  if (auto ok = commit(*e); !ok) return base::pass(ok);
  return out;
}

base::Result<Outcome> Directory::remove(Kind kind, std::string_view name, bool dry_run) {
  auto e = begin();
  if (!e) return base::pass(e);
  auto out = kind == Kind::domain ? remove_domain(*e, name) : remove_named(*e, kind, name);
  if (!out || dry_run) return out;
  out->raised = std::move(e->raised);
  if (auto ok = commit(*e); !ok) return base::pass(ok);
  return out;
}

base::Result<Outcome> Directory::remove_domain(Edit& e, std::string_view name) {
  auto canonical = canonical_domain(name);
  if (!canonical) return base::pass(canonical);
  auto old = read_row<Domain>(*e.snap, keys::domain(*canonical));
  if (!old) return base::pass(old);
  if (!*old) return not_found("no such domain " + *canonical);
  std::size_t names = 0;
  if (auto ok = walk_keys(*e.snap, keys::names_of(*canonical), [&](auto) { ++names; }); !ok)
    return base::pass(ok);
  if (names != 0)
    return base::fail(Fault::permanent,
                      "domain " + *canonical + " still has " + std::to_string(names) +
                          " accounts, aliases, groups or lists; delete them first",
                      "IN_USE");
  e.batch.del(keys::domain(*canonical));
  return Outcome{0, *canonical, "delete domain " + *canonical, {}};
}

base::Result<Outcome> Directory::remove_named(Edit& e, Kind kind, std::string_view name) {
  NameRow row;
  auto canonical = name_for(e, name, kind, {}, row);
  if (!canonical) return base::pass(canonical);
  std::size_t members = 0;
  base::Result<> ok;
  if (kind == Kind::account) {
    std::vector<Id> groups;
    ok = walk_keys(*e.snap, keys::groups_of(row.id), [&](std::string_view key) {
      groups.push_back(keys::last_id(key));
      e.batch.del(key);
      e.batch.del(keys::member(groups.back(), row.id));
    });
    if (ok) ok = bury(e, row.id, std::move(groups));
    e.batch.del(keys::credential(row.id));
    e.leave(OutboxItem::What::purge, row.id, 0);
    e.raised.push_back(row.id);
  } else if (kind == Kind::group) {
    std::vector<Id> ids;
    ok = walk_keys(*e.snap, keys::members(row.id),
                   [&](std::string_view key) { ids.push_back(keys::last_id(key)); });
    members = ids.size();
    for (Id id : ids) {
      auto a = need_row<Account>(*e.snap, keys::principal(id));
      if (!a) return base::pass(a);
      e.raise(*a);
      e.put(*a);
      e.batch.del(keys::member(row.id, id));
      e.batch.del(keys::member_of(id, row.id));
    }
  } else if (kind == Kind::list) {
    ok = walk_keys(*e.snap, keys::list_members(row.id), [&](std::string_view key) {
      e.batch.del(key);
      ++members;
    });
  }
  if (!ok) return base::pass(ok);
  e.batch.del(keys::name(*canonical));
  e.batch.del(keys::principal(row.id));
  std::string what = "delete " + std::string(kind_name(kind)) + " " + *canonical;
  if (kind == Kind::account) what += " and all its mail";
  if (kind == Kind::group || kind == Kind::list) what += " of " + std::to_string(members) + " members";
  return Outcome{row.id, *canonical, what, {}};
}

base::Result<std::vector<OutboxItem>> Directory::outbox(std::size_t max) {
  auto snap = engine_->snapshot(0);
  if (!snap) return base::pass(snap);
  std::vector<OutboxItem> items;
  base::Result<> sound;
  auto end = (*snap)->scan("o", "p", max, [&](std::string_view key, std::string_view value) {
    OutboxItem item;
    sound = decode(value, item);
    item.seq = keys::last_id(key);
    items.push_back(item);
    return sound.has_value();
  });
  if (!end) return base::pass(end);
  if (!sound) return base::pass(sound);
  return items;
}

base::Result<> Directory::outbox_done(std::uint64_t seq) {
  kv::Batch batch;
  batch.del(keys::outbox(seq));
  auto receipt = engine_->commit(0, batch);
  if (!receipt) return base::pass(receipt);
  return {};
}

}  // namespace postern::auth
