// metadata get, set, list: annotations (RFC 5464) of mailboxes, of an account's view of the server, or, without an
// account, of the server for all.
#include <iostream>
#include <iterator>

#include "base/text.h"
#include "cmd/postern/json.h"
#include "cmd/postern/mailboxes.h"
#include "cmd/postern/verbs.h"
#include "model/metadata.h"

namespace postern::cli {
namespace {

namespace json = boost::json;

// Whose annotations: the ticket and account are in the request, the mailbox is to be put into its verb.
struct Target {
  stored::Request request;
  std::uint32_t mailbox = 0;
};

base::Result<Target> find_target(Context& c) {
  Target t;
  auto account = c.value("--account"), mailbox = c.value("--mailbox");
  if (!account && mailbox)
    return base::fail(base::Fault::permanent, "--mailbox: which account? give --account NAME@DOMAIN", "USAGE");
  if (!account) return t;
  auto boxes = Mailboxes::open(c, *account);
  if (!boxes) return pass(boxes);
  t.request.set_ticket(boxes->ticket());
  t.request.set_account(boxes->account());
  if (!mailbox) return t;
  auto id = boxes->find(*mailbox);
  if (!id) return pass(id);
  t.mailbox = *id;
  return t;
}

int complain(Context& c, const base::Error& e) {
  return e.code == "USAGE" ? c.usage(e.what) : c.fail(e);
}

base::Result<std::vector<stored::MetadataEntry>> read(Context& c, const std::vector<std::string>& entries) {
  auto t = find_target(c);
  if (!t) return pass(t);
  auto& get = *t->request.mutable_get_metadata();
  get.set_mailbox(t->mailbox);
  for (const auto& e : entries) get.add_entries(e);
  auto reply = c.stored(std::move(t->request));
  if (!reply) return pass(reply);
  return std::vector<stored::MetadataEntry>(reply->metadata().entries().begin(), reply->metadata().entries().end());
}

base::Result<std::string> entry_of(const std::string& text) {
  auto entry = model::canonical_entry(text, model::EntryUse::value);
  if (!entry) entry.error().what = base::printable(text) + ": " + entry.error().what;
  return entry;
}

}  // namespace

int metadata_get(Context& c) {
  if (c.args().size() != 1) return c.usage("expected one entry, such as /private/comment");
  auto entry = entry_of(c.args()[0]);
  if (!entry) return c.usage(entry.error().what);
  auto found = read(c, {*entry});
  if (!found) return complain(c, found.error());
  if (found->empty()) return kFound;
  c.out(found->front().value());
  if (!found->front().value().ends_with('\n')) c.out("\n");
  return kOk;
}

int metadata_set(Context& c) {
  bool remove = c.has("--remove");
  if (c.args().size() != (remove ? 1u : 2u)) return c.usage("expected an entry and its value, or --remove and an entry");
  auto entry = entry_of(c.args()[0]);
  if (!entry) return c.usage(entry.error().what);
  std::string value = remove ? "" : c.args()[1];
  if (value == "-") value.assign(std::istreambuf_iterator<char>(std::cin), {});
  if (value.size() > model::kMaxEntryValue) return c.usage("a value has at most 65536 bytes");
  auto t = find_target(c);
  if (!t) return complain(c, t.error());
  auto& set = *t->request.mutable_set_metadata();
  set.set_mailbox(t->mailbox);
  auto& e = *set.add_entries();
  e.set_entry(*entry);
  e.set_value(value);
  e.set_remove(remove);
  t->request.set_client(c.client());
  t->request.set_sequence(c.next_sequence());
  auto reply = c.stored(std::move(t->request));
  return reply ? kOk : c.fail(reply.error());
}

int metadata_list(Context& c) {
  if (!c.args().empty()) return c.usage("expected options only");
  auto found = read(c, {});
  if (!found) return complain(c, found.error());
  json::array all;
  for (const auto& e : *found) {
    if (c.json())
      all.push_back(json::object{{"entry", e.entry()}, {"value", base::is_valid_utf8(e.value())
                                                                     ? json::value(e.value())
                                                                     : json::value(base::printable(e.value(), 65'536))}});
    else
      c.out(e.entry() + "  " + base::printable(e.value(), 200) + "\n");
  }
  if (c.json()) print_json(c, all);
  return kOk;
}

}  // namespace postern::cli
