// Email/get.  RFC 8621 4.2.
#include <unordered_map>

#include "cmd/jmapd/email_fetch.h"
#include "cmd/jmapd/methods.h"

namespace postern::jmapd {
namespace {

constexpr std::size_t kRenderedAtOnce = 100;  // then others get their turn

// Every email of the account, where they are few enough.
io::Task<Method<void>> all_emails(Context& c, Ids& ids) {
  auto view = co_await c.shared.store.sheet(*c.login, 0);
  if (!view) co_return std::unexpected(jmap::from_store(view.error()));
  if (view->sheet->size() > jmap::kMaxObjectsInGet)
    co_return jmap::method_error("requestTooLarge", "more than maxObjectsInGet emails");
  for (auto e : view->sheet->email) {
    ids.numbers.push_back(e);
    ids.names.push_back(c.email_id(e));
  }
  co_return Method<void>{};
}

}  // namespace

io::Task<Method<json::object>> email_get(Context& c, Args& args) {
  if (auto r = c.check_account(args); !r) co_return jmap::pass(r);
  auto ids = read_ids(c, args, model::IdKind::email);
  if (!ids) co_return jmap::pass(ids);
  auto fields = jmap::read_email_fields(args, jmap::EmailDefaults::get);
  if (!fields) co_return jmap::pass(fields);
  if (auto r = args.finish(); !r) co_return jmap::pass(r);

  auto info = co_await c.info();  // before the emails: the state must not be newer than they are
  if (!info) co_return jmap::pass(info);
  if (ids->all)
    if (auto r = co_await all_emails(c, *ids); !r) co_return jmap::pass(r);
  auto batch = co_await fetch_emails(c, ids->numbers, std::move(*fields));
  if (!batch) co_return jmap::pass(batch);
  if (auto r = co_await load_views(c, *batch); !r) co_return jmap::pass(r);

  json::array list(c.sp);
  std::unordered_map<std::uint64_t, bool> found;
  std::size_t rendered = 0;
  for (const auto& f : (*batch)->emails) {
    if (f->unreadable) continue;
    found[f->email.id()] = true;
    list.emplace_back(f->view->render(c.sp));
    if (++rendered % kRenderedAtOnce == 0) co_await c.shared.loop().yield();
  }
  std::vector<std::string> missing = std::move(ids->bad);
  if (!ids->all)
    for (std::size_t i = 0; i < ids->numbers.size(); ++i)
      if (!found.contains(ids->numbers[i])) missing.push_back(ids->names[i]);
  auto out = c.object();
  out["accountId"] = c.account_id();
  out["state"] = state_text(info->epoch(), info->email_modseq());
  out["list"] = std::move(list);
  out["notFound"] = string_array(missing, c.sp);
  co_return out;
}

}  // namespace postern::jmapd
