// SieveScript/get and SieveScript/validate.  RFC 9661 2.3, 2.6.
#include <algorithm>
#include <array>
#include <set>

#include "cmd/jmapd/methods.h"
#include "cmd/jmapd/sieve_scripts.h"
#include "jmap/sieve_view.h"

namespace postern::jmapd {

namespace {

constexpr std::array<std::string_view, 4> kProperties = {"id", "name", "blobId", "isActive"};

// What of each is wanted; `id` always.
Method<std::set<std::string_view>> read_properties(Args& args) {
  std::set<std::string_view> out(kProperties.begin(), kProperties.end());
  auto wanted = args.strings("properties");
  if (!wanted) return out;
  for (auto name : *wanted)
    if (std::ranges::find(kProperties, name) == kProperties.end())
      return jmap::invalid_arguments("unknown property '" + std::string(name) + "'");
  out = {wanted->begin(), wanted->end()};
  out.insert("id");
  return out;
}

}  // namespace

io::Task<Method<json::object>> sieve_get(Context& c, Args& args) {
  if (auto r = c.check_account(args); !r) co_return jmap::pass(r);
  auto ids = read_ids(c, args, model::IdKind::script);
  if (!ids) co_return jmap::pass(ids);
  auto properties = read_properties(args);
  if (!properties) co_return jmap::pass(properties);
  if (auto r = args.finish(); !r) co_return jmap::pass(r);
  auto all = co_await list_scripts(c);
  if (!all) co_return jmap::pass(all);
  json::array list(c.sp);
  auto add = [&](const records::Script& s) {
    auto o = jmap::script_json(s, c.account(), s.id() == all->active(), c.sp);
    for (auto name : kProperties)
      if (!properties->contains(name)) o.erase(name);
    list.emplace_back(std::move(o));
  };
  std::vector<std::string> missing = std::move(ids->bad);
  if (ids->all)
    for (const auto& s : all->scripts()) add(s);
  for (std::size_t i = 0; i < ids->numbers.size(); ++i) {
    auto it = std::ranges::find(all->scripts(), ids->numbers[i], [](const auto& s) { return std::uint64_t{s.id()}; });
    if (it == all->scripts().end())
      missing.push_back(ids->names[i]);
    else
      add(*it);
  }
  auto out = c.object();
  out["accountId"] = c.account_id();
  out["state"] = state_text(all->epoch(), all->script_modseq());
  out["list"] = std::move(list);
  out["notFound"] = string_array(missing, c.sp);
  co_return out;
}

io::Task<Method<json::object>> sieve_validate(Context& c, Args& args) {
  if (auto r = c.check_account(args); !r) co_return jmap::pass(r);
  std::string blob_id(args.required_string("blobId"));
  if (auto r = args.finish(); !r) co_return jmap::pass(r);
  auto text = co_await script_text(c, std::move(blob_id));
  if (!text) co_return jmap::method_error(text.error().type, text.error().description);
  auto error = co_await check_script(c, std::move(*text));
  if (error && error->type == "serverFail") co_return jmap::method_error("serverUnavailable", error->description);
  auto out = c.object();
  out["accountId"] = c.account_id();
  out["error"] = error ? json::value(jmap::to_json(*error, c.sp)) : json::value(nullptr);
  co_return out;
}

}  // namespace postern::jmapd
