// Thread/get.  RFC 8621 3.1.
#include <algorithm>
#include <unordered_set>

#include "cmd/jmapd/methods.h"

namespace postern::jmapd {
namespace {

// All threads of the account, where they are few enough.
io::Task<Method<void>> all_threads(Context& c, Ids& ids) {
  auto view = co_await c.shared.store.sheet(*c.login, 0);
  if (!view) co_return std::unexpected(jmap::from_store(view.error()));
  std::unordered_set<std::uint64_t> seen;
  for (auto t : view->sheet->thread) {
    if (!seen.insert(t).second) continue;
    if (seen.size() > jmap::kMaxObjectsInGet)
      co_return jmap::method_error("requestTooLarge", "more than maxObjectsInGet threads");
    ids.numbers.push_back(t);
    ids.names.push_back(c.thread_id(t));
  }
  co_return Method<void>{};
}

}  // namespace

io::Task<Method<json::object>> thread_get(Context& c, Args& args) {
  if (auto r = c.check_account(args); !r) co_return jmap::pass(r);
  auto ids = read_ids(c, args, model::IdKind::thread);
  if (!ids) co_return jmap::pass(ids);
  if (auto names = args.strings("properties"))
    for (auto n : *names)
      if (n != "id" && n != "emailIds") co_return jmap::invalid_arguments("unknown property");
  bool email_ids = true;
  if (auto names = args.strings("properties"))
    email_ids = std::ranges::find(*names, "emailIds") != names->end();
  if (auto r = args.finish(); !r) co_return jmap::pass(r);
  if (ids->all)
    if (auto r = co_await all_threads(c, *ids); !r) co_return jmap::pass(r);

  stored::Request request;
  auto* get = request.mutable_get_threads();
  for (auto n : ids->numbers) get->add_ids(n);
  auto reply = co_await c.read(std::move(request));
  if (!reply) co_return jmap::pass(reply);
  const auto& found = reply->threads();
  json::array list(c.sp);
  for (const auto& t : found.threads()) {
    auto o = c.object();
    o["id"] = c.thread_id(t.id());
    if (email_ids) {
      json::array emails(c.sp);
      emails.reserve(static_cast<std::size_t>(t.emails_size()));
      for (auto e : t.emails()) emails.emplace_back(c.email_id(e));
      o["emailIds"] = std::move(emails);
    }
    list.emplace_back(std::move(o));
  }
  std::vector<std::string> missing = std::move(ids->bad);
  std::unordered_set<std::uint64_t> absent(found.not_found().begin(), found.not_found().end());
  for (std::size_t i = 0; i < ids->numbers.size(); ++i)
    if (absent.contains(ids->numbers[i])) missing.push_back(ids->names[i]);
  auto out = c.object();
  out["accountId"] = c.account_id();
  out["state"] = state_text(found.epoch(), found.thread_modseq());
  out["list"] = std::move(list);
  out["notFound"] = string_array(missing, c.sp);
  co_return out;
}

}  // namespace postern::jmapd
