// Mailbox/get.  RFC 8621 2.1.
#include <unordered_map>

#include "cmd/jmapd/methods.h"
#include "jmap/mailbox_view.h"

namespace postern::jmapd {

io::Task<Method<json::object>> mailbox_get(Context& c, Args& args) {
  if (auto r = c.check_account(args); !r) co_return jmap::pass(r);
  auto ids = read_ids(c, args, model::IdKind::mailbox);
  if (!ids) co_return jmap::pass(ids);
  auto properties = jmap::read_mailbox_properties(args);
  if (!properties) co_return jmap::pass(properties);
  if (auto r = args.finish(); !r) co_return jmap::pass(r);

  // All of them, also for some: they are few, and an empty list would mean all to stored.
  stored::Request request;
  request.mutable_list_mailboxes();
  auto reply = co_await c.read(std::move(request));
  if (!reply) co_return jmap::pass(reply);
  const auto& found = reply->mailboxes();
  if (ids->all && static_cast<std::size_t>(found.mailboxes_size()) > jmap::kMaxObjectsInGet)
    co_return jmap::method_error("requestTooLarge", "more than maxObjectsInGet mailboxes");

  std::unordered_map<std::uint64_t, const records::Mailbox*> by_id;
  for (const auto& m : found.mailboxes())
    if (m.destroyed() == 0) by_id.emplace(m.id(), &m);
  json::array list(c.sp);
  if (ids->all)
    for (const auto& m : found.mailboxes()) {
      if (m.destroyed() == 0) list.emplace_back(jmap::mailbox_json(m, c.account(), *properties, c.sp));
    }
  std::vector<std::string> missing = std::move(ids->bad);
  for (std::size_t i = 0; i < ids->numbers.size(); ++i) {
    auto it = by_id.find(ids->numbers[i]);
    if (it == by_id.end())
      missing.push_back(ids->names[i]);
    else
      list.emplace_back(jmap::mailbox_json(*it->second, c.account(), *properties, c.sp));
  }
  auto out = c.object();
  out["accountId"] = c.account_id();
  out["state"] = state_text(found.epoch(), found.mailbox_modseq());
  out["list"] = std::move(list);
  out["notFound"] = string_array(missing, c.sp);
  co_return out;
}

}  // namespace postern::jmapd
