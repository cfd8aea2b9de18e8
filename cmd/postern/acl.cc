// acl list, set, delete, seen: who may do what in a mailbox (RFC 4314).
#include "base/text.h"
#include "cmd/postern/json.h"
#include "cmd/postern/mailboxes.h"
#include "cmd/postern/verbs.h"
#include "model/rights.h"
#include "model/sharing.h"

namespace postern::cli {
namespace {

namespace json = boost::json;

struct Opened {
  Mailboxes boxes;
  const records::Mailbox* mailbox;
};

base::Result<Opened> open(Context& c) {
  auto account = c.value("--account");
  if (!account) return base::fail(base::Fault::permanent, "which account? give --account NAME@DOMAIN", "USAGE");
  auto boxes = Mailboxes::open(c, *account);
  if (!boxes) return pass(boxes);
  auto id = boxes->find(c.args()[0]);
  if (!id) return pass(id);
  Opened o{std::move(*boxes), nullptr};
  for (const auto& [path, m] : o.boxes.all())
    if (m.id() == *id) o.mailbox = &m;
  return o;
}

int complain(Context& c, const base::Error& e) {
  return e.code == "USAGE" ? c.usage(e.what) : c.fail(e);
}

base::Result<authd::Entries> look_up(Context& c, const Mailboxes& boxes, const std::vector<std::string>& names,
                                     const std::vector<std::uint64_t>& ids) {
  authd::Request r;
  r.mutable_look_up()->set_ticket(boxes.ticket());
  for (const auto& n : names) r.mutable_look_up()->add_names(n);
  for (auto id : ids) r.mutable_look_up()->add_ids(id);
  auto reply = c.authd(r);
  if (!reply) return pass(reply);
  return std::move(*reply->mutable_entries());
}

struct Identifier {
  std::uint64_t principal = 0;
  bool negative = false;
};

base::Result<Identifier> resolve(Context& c, const Mailboxes& boxes, const std::string& written) {
  Identifier id;
  id.negative = written.starts_with('-');
  std::string name = written.substr(id.negative ? 1 : 0);
  if (base::iequals(name, model::kAnyoneName)) {
    id.principal = model::kAnyone;
    return id;
  }
  if (auto number = model::parse_nameless(name)) {
    id.principal = *number;
    return id;
  }
  auto found = look_up(c, boxes, {name}, {});
  if (!found) return pass(found);
  id.principal = found->entries_size() ? found->entries(0).id() : 0;
  if (id.principal) return id;
  return base::fail(base::Fault::permanent, "no such account or group " + base::printable(name), "NOT_FOUND");
}

int change(Context& c, Opened& o, const Identifier& id, stored::SetAcl::Mode mode, model::Rights rights) {
  stored::Request r;
  auto& acl = *r.mutable_set_acl();
  acl.set_mailbox(o.mailbox->id());
  acl.set_principal(id.principal);
  acl.set_negative(id.negative);
  acl.set_mode(mode);
  acl.set_rights(rights);
  auto reply = o.boxes.call(std::move(r), true);
  return reply ? kOk : c.fail(reply.error());
}

}  // namespace

int acl_list(Context& c) {
  if (c.args().size() != 1) return c.usage("expected one mailbox");
  auto o = open(c);
  if (!o) return complain(c, o.error());
  std::vector<std::uint64_t> ids{o->boxes.account()};
  for (const auto& g : o->mailbox->acl()) ids.push_back(g.principal());
  auto names = look_up(c, o->boxes, {}, ids);
  if (!names) return c.fail(names.error());
  json::array all;
  TextTable t;
  t.row({"IDENTIFIER", "RIGHTS"});
  auto add = [&](const std::string& name, bool negative, model::Rights rights) {
    std::string letters = model::format_rights(rights);
    if (c.json())
      all.push_back(json::object{{"identifier", name}, {"negative", negative}, {"rights", letters}});
    else
      t.row({(negative ? "-" : "") + name, letters});
  };
  add(names->entries(0).name(), false, model::possible_rights(o->mailbox->all()));
  for (int i = 0; i < o->mailbox->acl_size(); ++i) {
    const auto& g = o->mailbox->acl(i);
    std::string name = g.principal() == model::kAnyone ? std::string(model::kAnyoneName)
                       : i + 1 < names->entries_size() ? names->entries(i + 1).name()
                                                       : "";
    add(name.empty() ? model::nameless(g.principal()) : name, g.negative(), g.rights());
  }
  if (c.json())
    print_json(c, all);
  else
    t.print(c);
  return kOk;
}

int acl_set(Context& c) {
  if (c.args().size() != 3) return c.usage("expected a mailbox, an identifier and rights");
  const std::string& text = c.args()[2];
  bool signed_ = text.starts_with('+') || text.starts_with('-');
  auto rights = model::parse_rights(std::string_view(text).substr(signed_ ? 1 : 0));
  if (!rights) return c.usage(base::printable(text, 40) + ": rights are letters of lrswipkxteancd, with + or - before them");
  auto o = open(c);
  if (!o) return complain(c, o.error());
  auto id = resolve(c, o->boxes, c.args()[1]);
  if (!id) return c.fail(id.error());
  auto mode = text.starts_with('+')   ? stored::SetAcl::ADD
              : text.starts_with('-') ? stored::SetAcl::REMOVE
                                      : stored::SetAcl::SET;
  return change(c, *o, *id, mode, *rights);
}

int acl_seen(Context& c) {
  if (c.args().size() != 2 || (c.args()[1] != "own" && c.args()[1] != "common"))
    return c.usage("expected a mailbox, then own or common");
  auto o = open(c);
  if (!o) return complain(c, o.error());
  stored::Request r;
  r.mutable_update_mailbox()->set_id(o->mailbox->id());
  r.mutable_update_mailbox()->set_private_seen(c.args()[1] == "own");
  auto reply = o->boxes.call(std::move(r), true);
  return reply ? kOk : c.fail(reply.error());
}

int acl_delete(Context& c) {
  if (c.args().size() != 2) return c.usage("expected a mailbox and an identifier");
  auto o = open(c);
  if (!o) return complain(c, o.error());
  auto id = resolve(c, o->boxes, c.args()[1]);
  if (!id) return c.fail(id.error());
  const records::Grant* there = nullptr;
  for (const auto& g : o->mailbox->acl())
    if (g.principal() == id->principal && g.negative() == id->negative) there = &g;
  if (!there)
    return c.fail({base::Fault::permanent, base::printable(c.args()[1]) + " is not in the list of " +
                                               base::printable(c.args()[0]), "NOT_FOUND"});
  if (c.dry_run()) {
    c.out("would take " + model::format_rights(there->rights()) + " of " + c.args()[1] + " out of the list of " +
          c.args()[0] + "\n");
    return kOk;
  }
  return change(c, *o, *id, stored::SetAcl::SET, 0);
}

}  // namespace postern::cli
