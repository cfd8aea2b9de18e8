// deleted list: what can still be brought back.
#include "cmd/postern/deleted.h"

#include <map>

#include "base/system.h"
#include "base/text.h"
#include "cmd/postern/json.h"
#include "cmd/postern/verbs.h"
#include "cmd/postern/when.h"
#include "mime/words.h"
#include "model/ids.h"

namespace postern::cli {

using base::Result;

Result<std::vector<stored::DeletedThing>> deleted_things(Context& c, const Mailboxes& boxes,
                                                         const DeletedFilter& filter) {
  stored::Request r;
  r.set_ticket(boxes.ticket());
  r.set_account(boxes.account());
  r.mutable_list_deleted()->set_since(filter.since);
  r.mutable_list_deleted()->set_mailbox(filter.mailbox);
  std::vector<stored::DeletedThing> out;
  auto ok = c.stored_items(r, [&](stored::Reply& reply) {
    for (auto& t : *reply.mutable_deleted()->mutable_things()) out.push_back(std::move(t));
    return true;
  });
  if (!ok) return pass(ok);
  return out;
}

std::string id_text(const stored::DeletedThing& t, std::uint64_t account) {
  if (t.kind() == "account") return model::format_account(t.id());
  return model::format_id(t.kind() == "mailbox" ? model::IdKind::mailbox : model::IdKind::email, account, t.id());
}

namespace {

namespace json = boost::json;

json::object to_json(const stored::DeletedThing& t, std::uint64_t account) {
  json::object o{{"kind", t.kind()},  {"id", id_text(t, account)}, {"name", t.name()},
                 {"deleted", t.deleted()}, {"until", t.until()},   {"size", t.size()}};
  if (t.kind() != "email") {
    o["emails"] = t.emails();
  } else {
    o["subject"] = t.subject();
    o["from"] = mime::decode_words(t.from());
    o["received"] = t.received();
  }
  return o;
}

// What a stranger wrote, fit for a terminal: without control characters, cut.
std::string shown(std::string text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto c = static_cast<unsigned char>(text[i]);
    bool c1 = c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (c1) text[i + 1] = '?';
    if (c < 0x20 || c == 0x7f || c1) text[i] = '?';
  }
  if (text.size() > 200) text.resize(200);
  while (!base::is_valid_utf8(text) && !text.empty()) text.pop_back();
  return text;
}

std::string in_words(const stored::DeletedThing& t) {
  if (t.kind() != "email") return t.name() + ", " + std::to_string(t.emails()) + " messages";
  std::string where = t.name().empty() ? "" : t.name() + ": ";
  return shown(where + "'" + t.subject() + "' from " + mime::decode_words(t.from()));
}

int print(Context& c, const std::vector<stored::DeletedThing>& things, std::uint64_t account) {
  if (c.json()) {
    json::array out;
    for (const auto& t : things) out.push_back(to_json(t, account));
    print_json(c, out);
    return kOk;
  }
  TextTable table;
  table.row({"ID", "DELETED", "UNTIL", "SIZE", "WHAT"});
  for (const auto& t : things)
    table.row({id_text(t, account), format_when(t.deleted()), format_when(t.until()), human_size(t.size()), in_words(t)});
  table.print(c);
  return kOk;
}

// stored knows how much and how long, authd the names.
int list_accounts(Context& c, std::int64_t since) {
  std::map<std::uint64_t, std::string> names;
  authd::Request list;
  list.mutable_list()->set_kind("deleted");
  auto known = c.authd_items(list, [&](const authd::Reply& reply) {
    for (const auto& e : reply.entries().entries()) names[e.id()] = e.name();
  });
  if (!known) return c.fail(known.error());
  stored::Request r;
  r.mutable_list_deleted()->set_since(since);
  std::vector<stored::DeletedThing> things;
  auto ok = c.stored_items(r, [&](stored::Reply& reply) {
    for (auto& t : *reply.mutable_deleted()->mutable_things()) {
      auto name = names.find(t.id());
      if (name == names.end()) continue;   // the directory has no way back to it
      t.set_name(name->second);
      things.push_back(std::move(t));
    }
    return true;
  });
  return ok ? print(c, things, 0) : c.fail(ok.error());
}

}  // namespace

int deleted_list(Context& c) {
  if (!c.args().empty()) return c.usage("what is this: " + c.args()[0]);
  DeletedFilter filter;
  if (auto since = c.value("--since")) {
    auto at = parse_when(*since, base::unix_now());
    if (!at) return c.usage("--since: expected a time as 2026-11-30, @UNIXTIME or how long ago, as 2h or 14d");
    filter.since = *at;
  }
  auto account = c.value("--account");
  if (!account && c.has("--mailbox")) return c.usage("--mailbox needs --account");
  if (!account) return list_accounts(c, filter.since);
  auto boxes = Mailboxes::open(c, *account);
  if (!boxes) return c.fail(boxes.error());
  if (auto name = c.value("--mailbox")) {
    auto all = deleted_things(c, *boxes, filter);
    if (!all) return c.fail(all.error());
    auto living = boxes->find(*name);
    if (living) filter.mailbox = *living;
    for (const auto& t : *all)
      if (t.kind() == "mailbox" && (id_text(t, boxes->account()) == *name || (t.name() == *name && !living)))
        filter.mailbox = static_cast<std::uint32_t>(t.id());
    if (!filter.mailbox) return c.fail(living.error());
  }
  auto things = deleted_things(c, *boxes, filter);
  if (!things) return c.fail(things.error());
  return print(c, *things, boxes->account());
}

}  // namespace postern::cli
