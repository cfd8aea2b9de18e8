// undelete: a mailbox with those below it, messages, or a whole account comes back.
#include <algorithm>
#include <map>
#include <tuple>

#include "base/system.h"
#include "base/text.h"
#include "cmd/postern/deleted.h"
#include "cmd/postern/json.h"
#include "cmd/postern/verbs.h"
#include "cmd/postern/when.h"
#include "model/ids.h"

namespace postern::cli {
namespace {

using base::Result;
namespace json = boost::json;

constexpr std::size_t kEmailsPerCall = 1'000;

struct Chosen {
  std::vector<stored::DeletedThing> mailboxes, emails;
  std::vector<std::string> missing;
};

class Undelete {
 public:
  Undelete(Context& c, Mailboxes boxes) : c_(c), boxes_(std::move(boxes)) {}
  int run();

 private:
  Result<> choose();
  Result<> choose_ids(const std::vector<stored::DeletedThing>& all);
  Result<> restore_mailbox(const stored::DeletedThing& t);
  Result<> restore_emails(std::span<const stored::DeletedThing> batch);
  void tell_mailbox(const stored::DeletedThing& t, const stored::Undeleted& u);
  int finish();
  Result<stored::Undeleted> call(const stored::Undelete& u, std::string_view what);

  Context& c_;
  Mailboxes boxes_;
  std::uint32_t to_ = 0;
  Chosen chosen_;
  std::map<std::string, std::uint32_t> restored_;   // old path -> the id it has now
  std::map<std::uint32_t, std::uint64_t> into_;     // emails, by the mailbox that they went to
  json::array mailboxes_out_, emails_out_;
  bool found_ = false;
};

Result<stored::Undeleted> Undelete::call(const stored::Undelete& u, std::string_view what) {
  if (base::unix_now() - boxes_.ticket_time() > 120)
    if (auto ok = boxes_.renew(); !ok) return pass(ok);
  stored::Request r;
  r.set_ticket(boxes_.ticket());
  r.set_account(boxes_.account());
  *r.mutable_undelete() = u;
  stored::Undeleted last;
  auto ok = c_.stored_items(r, [&](stored::Reply& reply) {
    c_.progress(what, reply.undeleted().emails(), 0);
    last = std::move(*reply.mutable_undeleted());
    return true;
  });
  c_.progress_end();
  if (!ok) return pass(ok);
  return last;
}

// Each id must be there to be had.
Result<> Undelete::choose_ids(const std::vector<stored::DeletedThing>& all) {
  for (const auto& id : c_.values("--id")) {
    auto mailbox = model::parse_id(model::IdKind::mailbox, id), email = model::parse_id(model::IdKind::email, id);
    if (!mailbox && !email)
      return base::fail(base::Fault::permanent, "--id: " + base::printable(id, 40) + " is no id as e5-a3 or m5-3",
                        "USAGE");
    if (email && email->account == boxes_.account()) {
      // Those that went with their mailbox are not in the listing.
      auto& t = chosen_.emails.emplace_back();
      t.set_kind("email");
      t.set_id(email->number);
      continue;
    }
    auto it = std::ranges::find_if(all, [&](const auto& t) { return id_text(t, boxes_.account()) == id; });
    if (it == all.end())
      chosen_.missing.push_back(id);
    else
      chosen_.mailboxes.push_back(*it);
  }
  return {};
}

Result<> Undelete::choose() {
  DeletedFilter filter;
  if (auto since = c_.value("--since")) {
    auto at = parse_when(*since, base::unix_now());
    if (!at)
      return base::fail(base::Fault::permanent,
                        "--since: expected a time as 2026-11-30, @UNIXTIME or how long ago, as 2h or 14d", "USAGE");
    filter.since = *at;
  }
  auto all = deleted_things(c_, boxes_, filter);
  if (!all) return pass(all);
  if (auto ok = choose_ids(*all); !ok) return ok;
  auto name = c_.value("--mailbox");
  if (name) {
    // The one of that name that went last, with those below it.
    const stored::DeletedThing* root = nullptr;
    for (const auto& t : *all)
      if (t.kind() == "mailbox" && t.name() == *name && (!root || t.deleted() >= root->deleted())) root = &t;
    if (!root)
      chosen_.missing.push_back(*name);
    else
      chosen_.mailboxes.push_back(*root);
    for (const auto& t : *all)
      if (t.kind() == "mailbox" && t.name().starts_with(*name + "/")) chosen_.mailboxes.push_back(t);
  } else if (c_.has("--since")) {
    for (const auto& t : *all) (t.kind() == "mailbox" ? chosen_.mailboxes : chosen_.emails).push_back(t);
  }
  // Parents first; of twins the one that went last gets the name.
  std::ranges::sort(chosen_.mailboxes, {}, [](const auto& t) { return std::tuple(t.name(), -t.deleted(), t.id()); });
  if (auto to = c_.value("--to")) {
    auto id = boxes_.find(*to);
    if (!id) return pass(id);
    to_ = *id;
  }
  return {};
}

void Undelete::tell_mailbox(const stored::DeletedThing& t, const stored::Undeleted& u) {
  found_ = true;
  if (c_.json()) {
    mailboxes_out_.push_back(json::object{{"id", id_text(t, boxes_.account())},
                                          {"name", t.name()},
                                          {"restored_as", u.name()},
                                          {"mailbox", u.mailbox()},
                                          {"emails", u.emails()}});
    return;
  }
  c_.out((c_.dry_run() ? "would restore " : "restored ") + t.name() + (u.name() == t.name() ? "" : " as " + u.name()) +
         ", " + std::to_string(u.emails()) + " messages\n");
}

Result<> Undelete::restore_mailbox(const stored::DeletedThing& t) {
  stored::Undelete u;
  u.set_mailbox(static_cast<std::uint32_t>(t.id()));
  u.set_dry_run(c_.dry_run());
  u.set_to(to_);
  auto slash = t.name().rfind('/');
  // Below its parent, whatever that is called now.
  if (slash != std::string::npos)
    if (auto parent = restored_.find(t.name().substr(0, slash)); parent != restored_.end()) u.set_to(parent->second);
  auto done = call(u, t.name());
  if (!done) return pass(done);
  if (done->mailbox()) restored_.emplace(t.name(), done->mailbox());
  tell_mailbox(t, *done);
  return {};
}

Result<> Undelete::restore_emails(std::span<const stored::DeletedThing> batch) {
  stored::Undelete u;
  for (const auto& t : batch) u.add_emails(t.id());
  u.set_to(to_);
  u.set_dry_run(c_.dry_run());
  auto done = call(u, "messages");
  if (!done) return pass(done);
  if (c_.dry_run()) {
    into_[0] += done->emails();
    return {};
  }
  for (int i = 0; i < done->places_size() && static_cast<std::size_t>(i) < batch.size(); ++i) {
    const auto& place = done->places(i);
    std::string id = id_text(batch[static_cast<std::size_t>(i)], boxes_.account());
    if (!place.mailbox()) {
      chosen_.missing.push_back(id);
      continue;
    }
    ++into_[place.mailbox()];
    if (c_.json())
      emails_out_.push_back(json::object{{"id", id}, {"mailbox", place.mailbox()}, {"uid", place.uid()}});
  }
  return {};
}

int Undelete::finish() {
  for (const auto& [mailbox, n] : into_) {
    if (n == 0) continue;
    found_ = true;
    std::string where;
    for (const auto& [path, m] : boxes_.all())
      if (m.id() == mailbox) where = " to " + path;
    if (!c_.json())
      c_.out((c_.dry_run() ? "would restore " : "restored ") + std::to_string(n) + " messages" + where + "\n");
  }
  if (c_.json()) print_json(c_, json::object{{"mailboxes", mailboxes_out_}, {"emails", emails_out_}});
  for (const auto& what : chosen_.missing) c_.error(what + ": not deleted, or too long ago; see postern deleted list");
  if (!found_ && chosen_.missing.empty()) c_.error("nothing was deleted since then");
  return found_ && chosen_.missing.empty() ? kOk : kFound;
}

int Undelete::run() {
  if (auto ok = choose(); !ok) return ok.error().code == "USAGE" ? c_.usage(ok.error().what) : c_.fail(ok.error());
  for (const auto& t : chosen_.mailboxes)
    if (auto ok = restore_mailbox(t); !ok) return c_.fail(ok.error());
  std::span<const stored::DeletedThing> rest(chosen_.emails);
  while (!rest.empty()) {
    auto batch = rest.first(std::min(kEmailsPerCall, rest.size()));
    if (auto ok = restore_emails(batch); !ok) return c_.fail(ok.error());
    rest = rest.subspan(batch.size());
  }
  if (auto ok = boxes_.load(); !ok) return c_.fail(ok.error());
  return finish();
}

// The entry in the directory and the mail in the store.  authd's outbox tells stored, too: so a crash between the two
// steps here leaves nothing undone.
int undelete_account(Context& c, const std::string& name) {
  authd::Request look;
  auto& u = *look.mutable_undelete();
  if (auto id = model::parse_account(name))
    u.set_id(*id);
  else
    u.set_name(name);
  u.set_as(c.value("--as").value_or(""));
  u.set_dry_run(true);
  auto found = c.authd(look);
  if (!found) return c.fail(found.error());
  stored::Request mail;
  mail.set_account(found->done().id());
  mail.mutable_undelete()->set_dry_run(true);
  auto there = c.stored(mail);
  if (!there) return c.fail(there.error());
  if (!c.dry_run()) {
    u.set_dry_run(false);
    u.set_id(found->done().id());
    auto done = c.authd(look);
    if (!done) return c.fail(done.error());
    mail.mutable_undelete()->set_dry_run(false);
    auto back = c.stored(mail);
    if (!back) return c.fail(back.error());
  }
  if (c.json())
    print_json(c, json::object{{"account", found->done().name()}, {"id", found->done().id()}});
  else
    c.out((c.dry_run() ? "would restore " : "restored ") + found->done().name() + "\n");
  return kOk;
}

}  // namespace

int undelete(Context& c) {
  if (!c.args().empty()) return c.usage("what is this: " + c.args()[0]);
  auto account = c.value("--account");
  if (!account) return c.usage("which account? give --account NAME@DOMAIN");
  if (!c.has("--mailbox") && !c.has("--id") && !c.has("--since")) {
    if (c.has("--to")) return c.usage("--to needs --mailbox, --id or --since");
    return undelete_account(c, *account);
  }
  if (c.has("--as")) return c.usage("--as is for whole accounts");
  auto boxes = Mailboxes::open(c, *account);
  if (!boxes) return c.fail(boxes.error());
  return Undelete(c, std::move(*boxes)).run();
}

}  // namespace postern::cli
