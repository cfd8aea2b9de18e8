// account add, list, show, set, passwd, delete.
#include <algorithm>

#include "base/text.h"
#include "cmd/postern/json.h"
#include "cmd/postern/mailboxes.h"
#include "cmd/postern/verbs.h"
#include "model/account_entries.h"

namespace postern::cli {
namespace {

namespace json = boost::json;

json::object to_json(const authd::Entry& e) {
  return {{"name", e.name()},
          {"id", e.id()},
          {"quota", e.quota_bytes() ? json::value(e.quota_bytes()) : json::value(nullptr)},
          {"quota_messages", e.quota_emails() ? json::value(e.quota_emails()) : json::value(nullptr)},
          {"quota_mailboxes", e.quota_mailboxes() ? json::value(e.quota_mailboxes()) : json::value(nullptr)},
          {"description", e.description()},
          {"timezone", e.timezone()},
          {"disabled", e.disabled()},
          {"admin", e.admin()},
          {"scheme", e.scheme()},
          {"created", e.created()}};
}

// "none" is 0 on the wire.
base::Result<std::uint64_t> quota_of(const std::string& text) {
  if (text == "none") return 0;
  auto n = base::parse_size(text);
  if (!n || *n == 0)
    return base::fail(base::Fault::permanent, "--quota: expected a size as 500M or 2G, or none");
  return *n;
}

// A number of things, "none" likewise.
base::Result<std::uint64_t> count_of(std::string_view option, const std::string& text) {
  if (text == "none") return 0;
  auto n = base::parse_u64(text);
  if (!n || *n == 0)
    return base::fail(base::Fault::permanent, std::string(option) + ": expected a number from 1, or none");
  return *n;
}

std::string count_text(std::uint64_t n) {
  return n ? std::to_string(n) : "any number of";
}

// de, pt-BR, zh-Hant: as BCP 47 writes them, and none.
bool is_language(std::string_view text) {
  auto parts = base::split(text, '-');
  auto plain = [](std::string_view p) {
    return !p.empty() && p.size() <= 8 && std::ranges::all_of(p, [](char x) { return base::is_alpha(x) || base::is_digit(x); });
  };
  return text.size() <= 35 && parts[0].size() >= 2 && std::ranges::all_of(parts[0], base::is_alpha) && std::ranges::all_of(parts, plain);
}

base::Result<> put_language(Context& c, const std::string& name, const std::string& tag) {
  auto boxes = Mailboxes::open(c, name);
  if (!boxes) return pass(boxes);
  stored::Request r;
  auto& e = *r.mutable_set_metadata()->add_entries();
  e.set_entry(model::kLanguageEntry);
  e.set_value(tag == "none" ? "" : tag);
  e.set_remove(tag == "none");
  auto reply = boxes->call(std::move(r), true);
  return reply ? base::Result<>() : pass(reply);
}

std::string language_of(Context& c, const Context::AccountTicket& ticket) {
  stored::Request r;
  r.set_ticket(ticket.ticket);
  r.set_account(ticket.account);
  r.mutable_get_metadata()->add_entries(model::kLanguageEntry);
  auto reply = c.stored(std::move(r));
  return reply && reply->metadata().entries_size() == 1 ? reply->metadata().entries(0).value() : std::string();
}

// The options that add and set share.  False after a complaint.
bool fill(Context& c, authd::PutAccount& put) {
  if (auto q = c.value("--quota")) {
    auto n = quota_of(*q);
    if (!n) {
      c.usage(n.error().what);
      return false;
    }
    put.set_quota_bytes(*n);
  }
  for (std::string_view option : {"--quota-messages", "--quota-mailboxes"}) {
    auto v = c.value(option);
    if (!v) continue;
    auto n = count_of(option, *v);
    if (!n) {
      c.usage(n.error().what);
      return false;
    }
    option == "--quota-messages" ? put.set_quota_emails(*n) : put.set_quota_mailboxes(*n);
  }
  if (auto v = c.value("--description")) put.set_description(*v);
  if (auto v = c.value("--timezone")) {
    if (!known_timezone(*v)) {
      c.usage("--timezone: " + base::printable(*v, 40) + " is not in the time zone database");
      return false;
    }
    put.set_timezone(*v);
  }
  return true;
}

}  // namespace

int account_add(Context& c) {
  if (c.args().size() != 1) return c.usage("expected one name");
  authd::Request r;
  auto* put = r.mutable_put_account();
  put->set_name(c.args()[0]);
  put->set_create(true);
  if (!fill(c, *put)) return kUsage;
  if (c.has("--admin")) put->set_admin(true);
  auto secret = read_secret("Password for " + c.args()[0], true);
  if (!secret) return c.fail(secret.error());
  put->set_secret(*secret);
  auto reply = c.authd(r);
  return reply ? kOk : c.fail(reply.error());
}

int account_set(Context& c) {
  if (c.args().size() != 1) return c.usage("expected one name");
  if (c.has("--enable") && c.has("--disable")) return c.usage("--enable or --disable, not both");
  authd::Request r;
  auto* put = r.mutable_put_account();
  put->set_name(c.args()[0]);
  if (!fill(c, *put)) return kUsage;
  if (c.has("--enable") || c.has("--disable")) put->set_disabled(c.has("--disable"));
  auto language = c.value("--language");
  if (language && !is_language(*language)) return c.usage("--language: expected a tag as de or pt-BR, or none");
  auto reply = c.authd(r);
  if (!reply) return c.fail(reply.error());
  auto set = language ? put_language(c, c.args()[0], *language) : base::Result<>();
  return set ? kOk : c.fail(set.error());
}

int account_passwd(Context& c) {
  if (c.args().size() != 1) return c.usage("expected one name");
  auto secret = read_secret("New password for " + c.args()[0], true);
  if (!secret) return c.fail(secret.error());
  authd::Request r;
  r.mutable_set_password()->set_name(c.args()[0]);
  r.mutable_set_password()->set_secret(*secret);
  auto reply = c.authd(r);
  return reply ? kOk : c.fail(reply.error());
}

int account_delete(Context& c) {
  return entry_delete(c);
}

int account_list(Context& c) {
  authd::Request r;
  r.mutable_list()->set_kind("account");
  r.mutable_list()->set_domain(c.value("--domain").value_or(""));
  json::array all;
  TextTable t;
  t.row({"NAME", "QUOTA", "STATE", "DESCRIPTION"});
  auto ok = c.authd_items(r, [&](const authd::Reply& reply) {
    for (const auto& e : reply.entries().entries()) {
      if (c.json())
        all.push_back(to_json(e));
      else
        t.row({e.name(), e.quota_bytes() ? human_size(e.quota_bytes()) : "none",
               e.disabled() ? "disabled" : "enabled", e.description()});
    }
  });
  if (!ok) return c.fail(ok.error());
  if (c.json())
    print_json(c, all);
  else
    t.print(c);
  return kOk;
}

int account_show(Context& c) {
  if (c.args().size() != 1) return c.usage("expected one name");
  authd::Request r;
  r.mutable_show()->set_kind("account");
  r.mutable_show()->set_name(c.args()[0]);
  auto reply = c.authd(r);
  if (!reply) return c.fail(reply.error());
  const auto& e = reply->entries().entries(0);
  auto ticket = c.account_ticket(e.name());
  stored::Request get;
  get.mutable_get_account();
  if (ticket) {
    get.set_ticket(ticket->ticket);
    get.set_account(ticket->account);
  }
  auto info = ticket ? c.stored(get) : base::Result<stored::Reply>(pass(ticket));
  json::object o = to_json(e);
  if (info) {
    o["used_bytes"] = info->account().used_bytes();
    o["used_emails"] = info->account().used_emails();
    o["used_mailboxes"] = info->account().used_mailboxes();
  }
  std::string language = info ? language_of(c, *ticket) : std::string();
  o["language"] = language.empty() ? json::value(nullptr) : json::value(language);
  json::array groups;
  for (const auto& m : e.members()) groups.emplace_back(m);
  o["groups"] = groups;
  if (c.json()) {
    print_json(c, o);
    return kOk;
  }
  c.out("name         " + e.name() + "\nid           " + std::to_string(e.id()) + "\nquota        " +
        (e.quota_bytes() ? human_size(e.quota_bytes()) : "none") + ", " + count_text(e.quota_emails()) +
        " messages, " + count_text(e.quota_mailboxes()) + " mailboxes\nstate        " +
        (e.disabled() ? "disabled" : "enabled") + "\npassword     " + e.scheme() + "\ndescription  " +
        e.description() + "\ntimezone     " + e.timezone() + "\nlanguage     " + (language.empty() ? "none" : base::printable(language)) + "\n");
  if (info)
    c.out("used         " + human_size(info->account().used_bytes()) + " in " +
          std::to_string(info->account().used_emails()) + " messages, " +
          std::to_string(info->account().used_mailboxes()) + " mailboxes\n");
  else
    c.error(info.error().what);
  return kOk;
}

}  // namespace postern::cli
