// SieveScript/query.  RFC 9661 2.5.
#include <algorithm>

#include "cmd/jmapd/methods.h"
#include "cmd/jmapd/sieve_scripts.h"
#include "jmap/email_sort.h"

namespace postern::jmapd {

namespace {

constexpr int kMaxFilterDepth = 10;

struct Candidate {
  const records::Script* script;
  bool active;
};

Method<bool> matches(const json::value& filter, const Candidate& s, int depth);

// AND, OR and NOT of RFC 8620 5.5.
Method<bool> matches_operator(const json::object& o, std::string_view op, const Candidate& s, int depth) {
  Args args(o);
  args.string("operator");
  const auto* conditions = args.array("conditions");
  if (auto ok = args.finish(); !ok) return jmap::pass(ok);
  if (!conditions || depth == kMaxFilterDepth) return jmap::invalid_arguments("filter: conditions");
  bool any = false, all = true;
  for (const auto& condition : *conditions) {
    auto one = matches(condition, s, depth + 1);
    if (!one) return one;
    any = any || *one;
    all = all && *one;
  }
  if (op == "AND") return all;
  if (op == "OR") return any;
  if (op == "NOT") return !any;
  return jmap::invalid_arguments("filter: unknown operator");
}

Method<bool> matches(const json::value& filter, const Candidate& s, int depth) {
  if (filter.is_null()) return true;
  if (!filter.is_object()) return jmap::invalid_arguments("filter");
  const auto& o = filter.get_object();
  if (const auto* op = jmap::find(o, "operator")) return matches_operator(o, jmap::text_of(*op), s, depth);
  for (const auto& [name, value] : o) {
    if (name == "name" && value.is_string()) {
      if (s.script->name().find(jmap::text_of(value)) == std::string::npos) return false;
    } else if (name == "isActive" && value.is_bool()) {
      if (s.active != value.get_bool()) return false;
    } else {
      return jmap::method_error("unsupportedFilter");
    }
  }
  return true;
}

struct Comparator {
  bool by_name = true, ascending = true;
};

Method<std::vector<Comparator>> read_sort(const json::value* order) {
  std::vector<Comparator> out;
  if (!order || order->is_null()) return out;
  if (!order->is_array()) return jmap::invalid_arguments("sort");
  for (const auto& one : order->get_array()) {
    if (!one.is_object()) return jmap::invalid_arguments("sort");
    Args args(one.get_object());
    auto property = args.required_string("property");
    bool ascending = args.boolean("isAscending", true);
    if (auto ok = args.finish(); !ok) return jmap::pass(ok);
    if (property != "name" && property != "isActive") return jmap::method_error("unsupportedSort");
    out.push_back({property == "name", ascending});
  }
  return out;
}

// Names are unique: in the end they decide.
bool before(const std::vector<Comparator>& order, const Candidate& a, const Candidate& b) {
  for (const Comparator& c : order) {
    const Candidate &x = c.ascending ? a : b, &y = c.ascending ? b : a;
    if (c.by_name && x.script->name() != y.script->name()) return x.script->name() < y.script->name();
    if (!c.by_name && x.active != y.active) return y.active;
  }
  return a.script->name() < b.script->name();
}

}  // namespace

io::Task<Method<json::object>> sieve_query(Context& c, Args& args) {
  if (auto r = c.check_account(args); !r) co_return jmap::pass(r);
  const auto* filter = args.any("filter");
  const auto* order = args.any("sort");
  auto window = jmap::read_window(args);
  if (auto r = args.finish(); !r) co_return jmap::pass(r);
  auto all = co_await list_scripts(c);
  if (!all) co_return jmap::pass(all);
  std::vector<Candidate> found;
  for (const auto& s : all->scripts()) {
    Candidate one{&s, s.id() == all->active()};
    auto match = filter ? matches(*filter, one, 0) : Method<bool>(true);
    if (!match) co_return jmap::pass(match);
    if (*match) found.push_back(one);
  }
  auto comparators = read_sort(order);
  if (!comparators) co_return jmap::pass(comparators);
  std::ranges::sort(found, [&](const Candidate& a, const Candidate& b) { return before(*comparators, a, b); });
  std::optional<std::size_t> anchor;
  if (window.anchor)
    if (auto n = c.number(model::IdKind::script, *window.anchor))
      for (std::size_t i = 0; i < found.size() && !anchor; ++i)
        if (found[i].script->id() == *n) anchor = i;
  auto start = jmap::window_start(window, found.size(), anchor);
  if (!start) co_return jmap::method_error("anchorNotFound");
  json::array ids(c.sp);
  for (std::size_t i = *start; i < found.size() && ids.size() < window.limit; ++i)
    ids.emplace_back(model::format_id(model::IdKind::script, c.account(), found[i].script->id()));
  auto out = c.object();
  out["accountId"] = c.account_id();
  out["queryState"] = state_text(all->epoch(), all->script_modseq());
  out["canCalculateChanges"] = false;
  out["position"] = *start;
  out["ids"] = std::move(ids);
  if (window.total) out["total"] = found.size();
  if (window.limited_by_us) out["limit"] = window.limit;
  co_return out;
}

}  // namespace postern::jmapd
