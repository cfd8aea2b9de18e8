// mailbox list, create, rename, delete, status.
#include "base/text.h"
#include "cmd/postern/json.h"
#include "cmd/postern/mailboxes.h"
#include "cmd/postern/verbs.h"

namespace postern::cli {
namespace {

namespace json = boost::json;

base::Result<Mailboxes> open_account(Context& c) {
  auto account = c.value("--account");
  if (!account)
    return base::fail(base::Fault::permanent, "which account? give --account NAME@DOMAIN", "USAGE");
  return Mailboxes::open(c, *account);
}

int complain(Context& c, const base::Error& e) {
  return e.code == "USAGE" ? c.usage(e.what) : c.fail(e);
}

json::object to_json(const std::string& path, const records::Mailbox& m) {
  return {{"name", path},
          {"id", m.id()},
          {"role", m.role()},
          {"subscribed", m.subscribed()},
          {"messages", m.rows()},
          {"unseen", m.unseen_rows()},
          {"deleted", m.deleted_rows()},
          {"bytes", m.bytes()},
          {"threads", m.total_threads()},
          {"uidvalidity", m.uidvalidity()},
          {"uidnext", m.uidnext()},
          {"highestmodseq", m.modseq()}};
}

// The parent's path and the last component.
std::pair<std::string, std::string> split_path(const std::string& path) {
  auto slash = path.rfind('/');
  if (slash == std::string::npos) return {"", path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

}  // namespace

int mailbox_list(Context& c) {
  auto boxes = open_account(c);
  if (!boxes) return complain(c, boxes.error());
  json::array out;
  for (const auto& [path, m] : boxes->all()) {
    if (c.json())
      out.push_back(to_json(path, m));
    else
      c.out(path + "\n");
  }
  if (c.json()) print_json(c, out);
  return kOk;
}

int mailbox_status(Context& c) {
  auto boxes = open_account(c);
  if (!boxes) return complain(c, boxes.error());
  if (!c.args().empty())
    if (auto found = boxes->find(c.args()[0]); !found) return c.fail(found.error());
  json::array out;
  TextTable t;
  t.row({"MAILBOX", "MESSAGES", "UNSEEN", "SIZE", "UIDNEXT", "UIDVALIDITY", "MODSEQ", "ROLE"});
  for (const auto& [path, m] : boxes->all()) {
    if (!c.args().empty() && m.id() != *boxes->find(c.args()[0])) continue;
    if (c.json())
      out.push_back(to_json(path, m));
    else
      t.row({path, std::to_string(m.rows()), std::to_string(m.unseen_rows()), human_size(m.bytes()),
             std::to_string(m.uidnext()), std::to_string(m.uidvalidity()), std::to_string(m.modseq()),
             m.role()});
  }
  if (c.json())
    print_json(c, out);
  else
    t.print(c);
  return kOk;
}

int mailbox_create(Context& c) {
  auto boxes = open_account(c);
  if (!boxes) return complain(c, boxes.error());
  if (c.args().size() != 1) return c.usage("expected one mailbox");
  if (boxes->find(c.args()[0])) {
    c.error(c.args()[0] + " exists already");
    return kCantCreate;
  }
  auto made = boxes->find_or_create(c.args()[0], c.value("--role").value_or(""));
  return made ? kOk : c.fail(made.error());
}

int mailbox_rename(Context& c) {
  auto boxes = open_account(c);
  if (!boxes) return complain(c, boxes.error());
  if (c.args().size() != 2) return c.usage("expected the old and the new name");
  auto id = boxes->find(c.args()[0]);
  if (!id) return c.fail(id.error());
  auto [parent, name] = split_path(c.args()[1]);
  stored::Request r;
  auto* u = r.mutable_update_mailbox();
  u->set_id(*id);
  u->set_name(name);
  u->set_parent(0);
  if (!parent.empty())
    for (auto part : base::split(parent, '/')) u->add_new_parent_path(std::string(part));
  auto reply = boxes->call(std::move(r), true);
  return reply ? kOk : c.fail(reply.error());
}

int mailbox_delete(Context& c) {
  auto boxes = open_account(c);
  if (!boxes) return complain(c, boxes.error());
  if (c.args().size() != 1) return c.usage("expected one mailbox");
  auto id = boxes->find(c.args()[0]);
  if (!id) return c.fail(id.error());
  const records::Mailbox* m = nullptr;
  for (const auto& [path, box] : boxes->all())
    if (box.id() == *id) m = &box;
  if (c.dry_run()) {
    c.out("would delete " + c.args()[0] + " with " + std::to_string(m->rows()) + " messages, " +
          human_size(m->bytes()) + "\n");
    return kOk;
  }
  stored::Request r;
  r.mutable_delete_mailbox()->set_id(*id);
  auto reply = boxes->call(std::move(r), true);
  return reply ? kOk : c.fail(reply.error());
}

}  // namespace postern::cli
