// VacationResponse/get and /set.  RFC 8621 8.  lmtpd answers by it, beside the account's scripts.
#include <algorithm>

#include "cmd/jmapd/methods.h"
#include "cmd/jmapd/set_result.h"
#include "cmd/jmapd/sieve_scripts.h"
#include "jmap/sieve_view.h"

namespace postern::jmapd {

namespace {

constexpr std::string_view kId = "singleton";

std::string state_of(const stored::Scripts& s) { return state_text(s.epoch(), s.vacation_modseq()); }

}  // namespace

io::Task<Method<json::object>> vacation_get(Context& c, Args& args) {
  if (auto r = c.check_account(args); !r) co_return jmap::pass(r);
  auto ids = args.strings("ids");
  auto properties = args.strings("properties");
  if (auto r = args.finish(); !r) co_return jmap::pass(r);
  auto all = co_await list_scripts(c);
  if (!all) co_return jmap::pass(all);
  json::object one = jmap::vacation_json(all->vacation(), c.sp);
  if (properties) {
    for (auto name : *properties)
      if (!one.contains(name)) co_return jmap::invalid_arguments("unknown property '" + std::string(name) + "'");
    json::object some = c.object();
    for (const auto& m : one)
      if (m.key() == "id" || std::ranges::find(*properties, std::string_view(m.key())) != properties->end())
        some[m.key()] = m.value();
    one = std::move(some);
  }
  json::array list(c.sp);
  std::vector<std::string> missing;
  if (!ids || std::ranges::find(*ids, kId) != ids->end()) list.emplace_back(std::move(one));
  if (ids)
    for (auto id : *ids)
      if (id != kId) missing.emplace_back(id);
  auto out = c.object();
  out["accountId"] = c.account_id();
  out["state"] = state_of(*all);
  out["list"] = std::move(list);
  out["notFound"] = string_array(missing, c.sp);
  co_return out;
}

io::Task<Method<json::object>> vacation_set(Context& c, Args& args) {
  if (auto r = c.check_account(args); !r) co_return jmap::pass(r);
  auto set = read_set_arguments(args);
  if (!set) co_return jmap::pass(set);
  if (auto r = args.finish(); !r) co_return jmap::pass(r);
  auto before = co_await list_scripts(c);
  if (!before) co_return jmap::pass(before);
  auto old_state = state_of(*before);
  if (set->if_in_state && *set->if_in_state != old_state) co_return jmap::method_error("stateMismatch");
  SetResult result(c);
  // There is one, and there always is one.
  if (set->create)
    for (const auto& m : *set->create) result.not_created(m.key(), jmap::set_error("singleton"));
  for (auto id : set->destroy) result.not_destroyed(id, jmap::set_error(id == kId ? "singleton" : "notFound"));
  if (set->update)
    for (const auto& m : *set->update) {
      if (m.key() != kId) {
        result.not_updated(m.key(), jmap::set_error("notFound"));
        continue;
      }
      stored::Request r;
      auto& vacation = *r.mutable_set_vacation()->mutable_vacation();
      vacation = before->vacation();
      if (auto wrong = jmap::patch_vacation(m.value().get_object(), vacation)) {
        result.not_updated(m.key(), jmap::invalid_properties({*wrong}));
        continue;
      }
      c.wrote();
      auto reply = co_await c.shared.store.write(*c.login, std::move(r));
      if (reply)
        result.updated(m.key());
      else
        result.not_updated(m.key(), jmap::set_error_from_store(reply.error()));
    }
  auto after = co_await c.info();
  if (!after) co_return jmap::pass(after);
  co_return result.finish(old_state, state_text(after->epoch(), after->vacation_modseq()));
}

}  // namespace postern::jmapd
