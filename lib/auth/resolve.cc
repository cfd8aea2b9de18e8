// Where mail for an address goes: aliases, lists, groups and the catch-all are followed breadth first, each
// name once, so that circles end and a list in two lists delivers once.
#include <deque>
#include <set>
#include <utility>

#include "auth/directory.h"
#include "auth/directory_edit.h"
#include "auth/limits.h"

namespace postern::auth {

struct Directory::Walk {
  struct Step {
    Address to;
    std::size_t depth;
  };
  kv::Snapshot& snap;
  const NameRules& rules;
  Resolution found;
  std::deque<Step> queue;
  std::set<std::string> seen;  // addresses, without detail
  std::set<Id> delivered;
  std::set<std::string> forwarded;
  bool cut = false;  // a limit was reached: what was found is not all

  void follow(std::string_view address, std::string_view detail, std::size_t depth);
  base::Result<> visit(const Step& step, bool original);
  std::optional<Step> without_detail(const Step& step) const;
  base::Result<> deliver(Id id, const std::string& detail);
  base::Result<> expand(const NameRow& row, const Step& step);
};

// Stored addresses are canonical, so this parse can fail only on damage, and then loses one target alone.
void Directory::Walk::follow(std::string_view address, std::string_view detail, std::size_t depth) {
  auto a = parse_address(address, {{}, rules.separator});
  if (!a) return;
  if (a->detail.empty()) a->detail = std::string(detail);
  if (!seen.insert(a->key()).second) return;
  if (depth > kMaxResolveDepth || seen.size() > kMaxResolveVisits) {
    cut = true;
    return;
  }
  queue.push_back({std::move(*a), depth});
}

base::Result<> Directory::Walk::deliver(Id id, const std::string& detail) {
  if (!delivered.insert(id).second) return {};
  if (delivered.size() > kMaxDeliveries) {
    cut = true;
    return {};
  }
  auto a = need_row<Account>(snap, keys::principal(id));
  if (!a) return base::pass(a);
  found.deliveries.push_back(
      {a->id, std::move(a->name), detail, a->quota_bytes, a->quota_emails, a->quota_mailboxes, a->generation});
  return {};
}

base::Result<> Directory::Walk::expand(const NameRow& row, const Step& step) {
  if (row.kind == Kind::account) return deliver(row.id, step.to.detail);
  if (row.kind == Kind::alias) {
    auto alias = need_row<Alias>(snap, keys::principal(row.id));
    if (!alias) return base::pass(alias);
    for (const std::string& t : alias->targets) follow(t, step.to.detail, step.depth + 1);
    return {};
  }
  std::vector<std::string> members;
  bool group = row.kind == Kind::group;
  auto ok = walk_keys(snap, group ? keys::members(row.id) : keys::list_members(row.id),
                      [&](std::string_view key) { members.emplace_back(key); });
  for (const std::string& key : members) {
    if (!ok) return ok;
    if (group)
      ok = deliver(keys::last_id(key), {});
    else
      follow(std::string_view(key).substr(9), {}, step.depth + 1);
  }
  return ok;
}

// With a separator that may stand in names: the part before it, when the whole name is nobody's.
std::optional<Directory::Walk::Step> Directory::Walk::without_detail(const Step& step) const {
  if (rules.separator == '+' || rules.separator == '\0' || !step.to.detail.empty()) return std::nullopt;
  std::size_t at = step.to.local.find(rules.separator);
  if (at == std::string::npos || at == 0 || at + 1 == step.to.local.size()) return std::nullopt;
  Step shorter = step;
  shorter.to.detail = step.to.local.substr(at + 1);
  shorter.to.local.resize(at);
  return shorter;
}

base::Result<> Directory::Walk::visit(const Step& step, bool original) {
  auto domain = read_row<Domain>(snap, keys::domain(step.to.domain));
  if (!domain) return base::pass(domain);
  if (!*domain) {
    if (original) return not_found("no such domain " + step.to.domain);
    std::string detail = step.to.detail.empty() ? "" : "+" + step.to.detail;
    std::string address = step.to.local + detail + "@" + step.to.domain;
    if (forwarded.insert(address).second) found.forwards.push_back(std::move(address));
    return {};
  }
  auto row = read_row<NameRow>(snap, keys::name(step.to.key()));
  if (!row) return base::pass(row);
  if (*row) return expand(**row, step);
  if (auto shorter = without_detail(step)) return visit(*shorter, false);
  if (!(*domain)->catch_all.empty()) follow((*domain)->catch_all, {}, step.depth + 1);
  return {};
}

base::Result<Resolution> Directory::resolve(std::string_view address) {
  auto a = parse_address(address, rules_);
  if (!a) return base::fail(base::Fault::permanent, a.error().what, "NOT_FOUND");
  auto snap = engine_->snapshot(0);
  if (!snap) return base::pass(snap);
  Walk w{**snap, rules_, {}, {}, {}, {}, {}, false};
  std::string name = a->key();
  w.seen.insert(name);
  w.queue.push_back({std::move(*a), 0});
  bool original = true;
  while (!w.queue.empty()) {
    Walk::Step step = std::move(w.queue.front());
    w.queue.pop_front();
    if (auto ok = w.visit(step, std::exchange(original, false)); !ok) return base::pass(ok);
  }
  // Better refused as a whole than delivered to a part of the members without a word.
  if (w.cut) return over_limit(name + " leads to too many addresses, or nests too deep");
  if (w.found.deliveries.empty() && w.found.forwards.empty()) return not_found("no such user " + name);
  return std::move(w.found);
}

}  // namespace postern::auth
