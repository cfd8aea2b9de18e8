// subscribe, unsubscribe, subscriptions: the mailboxes that an account's clients show, its own and shared ones.
#include <set>

#include "base/text.h"
#include "cmd/postern/json.h"
#include "cmd/postern/mailboxes.h"
#include "cmd/postern/verbs.h"
#include "model/rights.h"
#include "model/sharing.h"

namespace postern::cli {
namespace {

namespace json = boost::json;

base::Result<Mailboxes> open(Context& c) {
  auto account = c.value("--account");
  if (!account) return base::fail(base::Fault::permanent, "which account? give --account NAME@DOMAIN", "USAGE");
  return Mailboxes::open(c, *account);
}

int complain(Context& c, const base::Error& e) {
  return e.code == "USAGE" ? c.usage(e.what) : c.fail(e);
}

// What others share with this account, under the names that imapd gives it.
base::Result<std::vector<Mailboxes>> shared_with(Context& c, const Mailboxes& own) {
  std::vector<Mailboxes> out;
  stored::Request r;
  r.mutable_list_shared();
  r.set_ticket(own.ticket());
  r.set_account(own.account());
  auto reply = c.stored(std::move(r));
  if (!reply) return pass(reply);
  authd::Request names;
  names.mutable_look_up()->set_ticket(own.ticket());
  for (auto id : reply->shared().accounts()) names.mutable_look_up()->add_ids(id);
  if (!names.look_up().ids_size()) return out;
  auto who = c.authd(names);
  if (!who) return pass(who);
  for (const auto& e : who->entries().entries()) {
    std::string space = c.config()->text(e.disabled() ? "imap.shared_namespace" : "imap.other_users_namespace");
    if (e.name().empty() || space.empty()) continue;
    auto boxes = own.open_shared(e.id(), space + "/" + e.name() + "/");
    if (!boxes && boxes.error().code == "DENIED") continue;
    if (!boxes) return pass(boxes);
    out.push_back(std::move(*boxes));
  }
  return out;
}

base::Result<std::set<std::pair<std::uint64_t, std::uint32_t>>> shared_subscriptions(Mailboxes& own) {
  stored::Request r;
  r.mutable_get_metadata()->add_entries(std::string(model::kSubscriptions));
  r.mutable_get_metadata()->set_depth(2);
  auto reply = own.call(std::move(r), false);
  if (!reply) return pass(reply);
  std::set<std::pair<std::uint64_t, std::uint32_t>> out;
  for (const auto& e : reply->metadata().entries())
    if (auto which = model::parse_subscription(e.entry())) out.insert(*which);
  return out;
}

// Names that stay subscribed though their mailbox was deleted.
base::Result<std::set<std::string>> lost_subscriptions(Mailboxes& own) {
  stored::Request r;
  r.mutable_get_metadata()->add_entries(std::string(model::kLostSubscriptions));
  r.mutable_get_metadata()->set_depth(1);
  auto reply = own.call(std::move(r), false);
  if (!reply) return pass(reply);
  std::set<std::string> out;
  for (const auto& e : reply->metadata().entries()) out.insert(e.value());
  return out;
}

base::Result<> forget_lost(Mailboxes& own, const std::string& path) {
  stored::Request r;
  auto& e = *r.mutable_set_metadata()->add_entries();
  e.set_entry(model::format_lost_subscription(path));
  e.set_remove(true);
  auto reply = own.call(std::move(r), true);
  if (!reply) return pass(reply);
  return {};
}

int set_own(Context& c, Mailboxes& own, std::uint32_t id, bool on) {
  stored::Request r;
  r.mutable_update_mailbox()->set_id(id);
  r.mutable_update_mailbox()->set_subscribed(on);
  auto reply = own.call(std::move(r), true);
  return reply ? kOk : c.fail(reply.error());
}

int set_shared(Context& c, Mailboxes& own, const std::string& path, bool on) {
  auto shared = shared_with(c, own);
  if (!shared) return c.fail(shared.error());
  for (const auto& boxes : *shared) {
    auto found = boxes.all().find(path);
    if (found == boxes.all().end() || !(boxes.rights(found->second.id()) & model::kLookup)) continue;
    stored::Request r;
    auto& e = *r.mutable_set_metadata()->add_entries();
    e.set_entry(model::format_subscription(boxes.account(), found->second.id()));
    e.set_remove(!on);
    auto reply = own.call(std::move(r), true);
    return reply ? kOk : c.fail(reply.error());
  }
  return c.fail(own.find(path).error());
}

}  // namespace

int subscribe(Context& c) {
  if (c.args().size() != 1) return c.usage("expected one mailbox");
  auto own = open(c);
  if (!own) return complain(c, own.error());
  bool on = c.verb().name == "subscribe";
  auto lost = lost_subscriptions(*own);
  if (!lost) return c.fail(lost.error());
  if (!on && lost->contains(c.args()[0])) {
    auto done = forget_lost(*own, c.args()[0]);
    if (!done) return c.fail(done.error());
    if (!own->find(c.args()[0])) return kOk;
  }
  auto id = own->find(c.args()[0]);
  return id ? set_own(c, *own, *id, on) : set_shared(c, *own, c.args()[0], on);
}

int subscriptions(Context& c) {
  auto own = open(c);
  if (!own) return complain(c, own.error());
  auto lost = lost_subscriptions(*own);
  if (!lost) return c.fail(lost.error());
  std::set<std::string> paths = std::move(*lost);
  for (const auto& [path, m] : own->all())
    if (m.subscribed()) paths.insert(path);
  auto marked = shared_subscriptions(*own);
  if (!marked) return c.fail(marked.error());
  auto shared = marked->empty() ? base::Result<std::vector<Mailboxes>>() : shared_with(c, *own);
  if (!shared) return c.fail(shared.error());
  for (const auto& boxes : *shared)
    for (const auto& [path, m] : boxes.all())
      if (marked->contains({boxes.account(), m.id()}) && (boxes.rights(m.id()) & model::kLookup)) paths.insert(path);
  json::array all;
  for (const auto& path : paths) {
    if (c.json())
      all.emplace_back(path);
    else
      c.out(path + "\n");
  }
  if (c.json()) print_json(c, all);
  return kOk;
}

}  // namespace postern::cli
