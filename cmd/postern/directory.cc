// domain, alias, group, list: entries of the directory.
#include "base/text.h"
#include "cmd/postern/json.h"
#include "cmd/postern/verbs.h"

namespace postern::cli {
namespace {

namespace json = boost::json;

// "alias set" -> "alias".
std::string kind_of(const Context& c) {
  return std::string(base::split(c.verb().name, ' ')[0]);
}

int sent(Context& c, const base::Result<authd::Reply>& reply) {
  if (!reply) return c.fail(reply.error());
  if (c.dry_run()) c.out("would " + reply->done().what() + "\n");
  return kOk;
}

// A listing leaves out who is in a group or list: there may be thousands.
json::object to_json(const authd::Entry& e, bool members_too) {
  json::object o{{"kind", e.kind()}, {"name", e.name()}};
  if (!e.description().empty()) o["description"] = e.description();
  if (e.kind() == "domain") {
    o["catch_all"] = e.catch_all();
    o["accounts"] = e.accounts();
    return o;
  }
  if (!members_too && e.kind() != "alias") return o;
  json::array members;
  for (const auto& m : e.members()) members.emplace_back(m);
  o[e.kind() == "alias" ? "to" : "members"] = std::move(members);
  return o;
}

base::Result<std::vector<authd::Entry>> list_of(Context& c, const std::string& kind) {
  authd::Request r;
  r.mutable_list()->set_kind(kind);
  r.mutable_list()->set_domain(c.value("--domain").value_or(""));
  std::vector<authd::Entry> out;
  auto ok = c.authd_items(r, [&](const authd::Reply& reply) {
    out.insert(out.end(), reply.entries().entries().begin(), reply.entries().entries().end());
  });
  if (!ok) return pass(ok);
  return out;
}

std::string members_text(const authd::Entry& e) {
  return base::join(std::vector<std::string>(e.members().begin(), e.members().end()), " ");
}

int put_domain(Context& c, bool create) {
  if (c.args().size() != 1) return c.usage("expected one domain");
  authd::Request r;
  auto* d = r.mutable_put_domain();
  d->set_name(c.args()[0]);
  d->set_create(create);
  if (auto v = c.value("--catch-all")) d->set_catch_all(*v == "none" ? "" : *v);
  if (auto v = c.value("--description")) d->set_description(*v);
  return sent(c, c.authd(r));
}

}  // namespace

int domain_add(Context& c) {
  return put_domain(c, true);
}
int domain_set(Context& c) {
  return put_domain(c, false);
}
int domain_delete(Context& c) {
  return entry_delete(c);
}
int domain_list(Context& c) {
  return entries_list(c);
}

int alias_add(Context& c) {
  if (c.args().size() != 1 || c.values("--to").empty())
    return c.usage("expected a name and at least one --to");
  authd::Request r;
  r.mutable_put_alias()->set_name(c.args()[0]);
  r.mutable_put_alias()->set_create(true);
  for (const auto& t : c.values("--to")) r.mutable_put_alias()->add_targets(t);
  return sent(c, c.authd(r));
}

template <class Put>
static int put_members(Context& c, authd::Request& r, Put* put, bool create) {
  if (c.args().size() != 1) return c.usage("expected one name");
  put->set_name(c.args()[0]);
  put->set_create(create);
  for (const auto& m : c.values("--member")) put->add_members(m);
  if (auto v = c.value("--description")) put->set_description(*v);
  return sent(c, c.authd(r));
}

int group_add(Context& c) {
  authd::Request r;
  return put_members(c, r, r.mutable_put_group(), true);
}

int list_add(Context& c) {
  authd::Request r;
  return put_members(c, r, r.mutable_put_list(), true);
}

int members_set(Context& c) {
  authd::Request r;
  auto kind = kind_of(c);
  if (kind == "group") return put_members(c, r, r.mutable_put_group(), false);
  if (kind == "list") return put_members(c, r, r.mutable_put_list(), false);
  if (c.args().size() != 1 || c.values("--to").empty())
    return c.usage("expected a name and at least one --to");
  r.mutable_put_alias()->set_name(c.args()[0]);
  for (const auto& t : c.values("--to")) r.mutable_put_alias()->add_targets(t);
  return sent(c, c.authd(r));
}

int entries_list(Context& c) {
  auto entries = list_of(c, kind_of(c));
  if (!entries) return c.fail(entries.error());
  if (c.json()) {
    json::array out;
    for (const auto& e : *entries) out.push_back(to_json(e, false));
    print_json(c, out);
    return kOk;
  }
  TextTable t;
  auto kind = kind_of(c);
  if (kind == "domain")
    t.row({"DOMAIN", "ACCOUNTS", "CATCH-ALL", "DESCRIPTION"});
  else
    t.row({"NAME", kind == "alias" ? "TO" : "DESCRIPTION"});
  for (const auto& e : *entries) {
    if (kind == "domain")
      t.row({e.name(), std::to_string(e.accounts()), e.catch_all().empty() ? "-" : e.catch_all(),
             e.description()});
    else
      t.row({e.name(), kind == "alias" ? members_text(e) : e.description()});
  }
  t.print(c);
  return kOk;
}

int entry_show(Context& c) {
  if (c.args().size() != 1) return c.usage("expected one name");
  authd::Request r;
  r.mutable_show()->set_kind(kind_of(c));
  r.mutable_show()->set_name(c.args()[0]);
  auto reply = c.authd(r);
  if (!reply) return c.fail(reply.error());
  const auto& e = reply->entries().entries(0);
  if (c.json()) {
    print_json(c, to_json(e, true));
  } else {
    c.out(e.name() + "\n");
    for (const auto& m : e.members()) c.out("  " + m + "\n");
  }
  return kOk;
}

int entry_delete(Context& c) {
  if (c.args().size() != 1) return c.usage("expected one name");
  authd::Request r;
  r.mutable_delete_()->set_kind(kind_of(c));
  r.mutable_delete_()->set_name(c.args()[0]);
  r.mutable_delete_()->set_dry_run(c.dry_run());
  return sent(c, c.authd(r));
}

}  // namespace postern::cli
