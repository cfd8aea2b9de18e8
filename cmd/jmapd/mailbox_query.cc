// Mailbox/query and Mailbox/queryChanges.  RFC 8621 2.3, 2.4.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "cmd/jmapd/changes.h"
#include "cmd/jmapd/methods.h"
#include "jmap/email_sort.h"
#include "jmap/mailbox_view.h"

namespace postern::jmapd {
namespace {

struct Found {
  stored::Reply reply;  // owns what `all` points to
  std::vector<const records::Mailbox*> all;
  std::vector<std::size_t> order;
};

jmap::MailboxQuery read_query(Args& args) {
  jmap::MailboxQuery q;
  q.filter = args.any("filter");
  q.sort = args.any("sort");
  q.sort_as_tree = args.boolean("sortAsTree", false);
  q.filter_as_tree = args.boolean("filterAsTree", false);
  return q;
}

io::Task<Method<Found>> run_query(Context& c, jmap::MailboxQuery query) {
  stored::Request request;
  request.mutable_list_mailboxes();
  auto reply = co_await c.read(std::move(request));
  if (!reply) co_return jmap::pass(reply);
  Found f;
  f.reply.Swap(&*reply);
  for (const auto& m : f.reply.mailboxes().mailboxes())
    if (m.destroyed() == 0) f.all.push_back(&m);
  auto order = jmap::query_mailboxes(f.all, c.account(), query, c.mailbox_number());
  if (!order) co_return jmap::pass(order);
  f.order = std::move(*order);
  co_return f;
}

}  // namespace

io::Task<Method<json::object>> mailbox_query(Context& c, Args& args) {
  if (auto r = c.check_account(args); !r) co_return jmap::pass(r);
  auto query = read_query(args);
  auto window = jmap::read_window(args);
  if (auto r = args.finish(); !r) co_return jmap::pass(r);
  auto found = co_await run_query(c, query);
  if (!found) co_return jmap::pass(found);
  const auto& order = found->order;

  std::optional<std::size_t> anchor;
  if (window.anchor)
    if (auto n = c.number(model::IdKind::mailbox, *window.anchor))
      for (std::size_t i = 0; i < order.size() && !anchor; ++i)
        if (found->all[order[i]]->id() == *n) anchor = i;
  auto start = jmap::window_start(window, order.size(), anchor);
  if (!start) co_return jmap::method_error("anchorNotFound");
  json::array ids(c.sp);
  for (std::size_t i = *start; i < order.size() && ids.size() < window.limit; ++i)
    ids.emplace_back(c.mailbox_id(found->all[order[i]]->id()));
  const auto& boxes = found->reply.mailboxes();
  auto out = c.object();
  out["accountId"] = c.account_id();
  out["queryState"] = state_text(boxes.epoch(), boxes.mailbox_modseq());
  out["canCalculateChanges"] = true;
  out["position"] = *start;
  out["ids"] = std::move(ids);
  if (window.total) out["total"] = order.size();
  if (window.limited_by_us) out["limit"] = window.limit;
  co_return out;
}

io::Task<Method<json::object>> mailbox_query_changes(Context& c, Args& args) {
  if (auto r = c.check_account(args); !r) co_return jmap::pass(r);
  auto query = read_query(args);
  auto since_text = args.required_string("sinceQueryState");
  auto max = args.unsigned_int("maxChanges");
  args.string("upToId");  // filters and sorts are on what may change: it is ignored
  bool total = args.boolean("calculateTotal", false);
  if (auto r = args.finish(); !r) co_return jmap::pass(r);
  auto since = model::parse_state(since_text);
  if (!since || since->offset) co_return jmap::method_error("cannotCalculateChanges", "the state is unknown");

  auto found = co_await run_query(c, query);
  if (!found) co_return jmap::pass(found);
  auto delta = co_await changes_since(c, stored::GetChanges::MAILBOX, *since);
  if (!delta) co_return jmap::pass(delta);
  std::unordered_set<std::uint64_t> touched(delta->created.begin(), delta->created.end());
  touched.insert(delta->updated.begin(), delta->updated.end());
  // A tree moves whole branches: then everything may have moved.
  if (query.sort_as_tree || query.filter_as_tree)
    for (const auto* m : found->all) touched.insert(m->id());
  // What went after the results were made is still in them.
  for (auto n : delta->destroyed)
    if (std::ranges::any_of(found->all, [n](const auto* m) { return m->id() == n; })) touched.insert(n);
  json::array removed(c.sp), added(c.sp);
  for (auto n : removed_from_results(*delta, touched)) removed.emplace_back(c.mailbox_id(n));
  for (std::size_t i = 0; i < found->order.size(); ++i) {
    auto id = found->all[found->order[i]]->id();
    if (!touched.contains(id)) continue;
    auto o = c.object();
    o["id"] = c.mailbox_id(id);
    o["index"] = i;
    added.emplace_back(std::move(o));
  }
  if (max && removed.size() + added.size() > *max) co_return jmap::method_error("tooManyChanges");
  const auto& boxes = found->reply.mailboxes();
  auto out = c.object();
  out["accountId"] = c.account_id();
  out["oldQueryState"] = since_text;
  out["newQueryState"] = state_text(boxes.epoch(), boxes.mailbox_modseq());
  out["removed"] = std::move(removed);
  out["added"] = std::move(added);
  if (total) out["total"] = found->order.size();
  co_return out;
}

}  // namespace postern::jmapd
