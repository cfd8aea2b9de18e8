#include "jmap/email_sort.h"

#include <algorithm>
#include <array>

#include "jmap/limits.h"
#include "model/flags.h"

namespace postern::jmap {
namespace {

using Key = query::Comparator::Key;

// One a property of kEmailSorts.
constexpr std::array<Key, std::size(kEmailSorts)> kKeys = {
    Key::received, Key::sent, Key::size,            Key::display_from,   Key::display_to,
    Key::subject,  Key::flag, Key::flag_all_thread, Key::flag_in_thread};

Method<query::Comparator> parse_one(const json::value& v) {
  const auto* o = v.if_object();
  if (!o) return invalid_arguments("a comparator must be an object");
  Args args(*o);
  query::Comparator c;
  auto property = args.required_string("property");
  c.descending = !args.boolean("isAscending", true);
  auto collation = args.string("collation");
  auto keyword = args.string("keyword");
  auto it = std::ranges::find(kEmailSorts, property);
  if (auto r = args.finish(); !r) return pass(r);
  if (it == std::end(kEmailSorts))
    return method_error("unsupportedSort", "unknown property '" + std::string(property.substr(0, 100)) + "'");
  c.key = kKeys[static_cast<std::size_t>(it - std::begin(kEmailSorts))];
  if (collation) {
    auto known = mime::find_collation(*collation);
    if (!known) return method_error("unsupportedSort", "unknown collation");
    c.collation = *known;
  }
  if (c.key == Key::flag || c.key == Key::flag_all_thread || c.key == Key::flag_in_thread) {
    if (!keyword || !model::valid_keyword(*keyword))
      return invalid_arguments("the comparator needs a keyword");
    c.keyword = *keyword;
  }
  return c;
}

}  // namespace

Method<query::Order> parse_email_sort(const json::value* sort) {
  query::Order out;
  if (sort && !sort->is_null() && !sort->is_array()) return invalid_arguments("'sort' must be an array");
  if (sort && sort->is_array()) {
    if (sort->get_array().size() > kMaxSort) return method_error("unsupportedSort", "too many comparators");
    for (const auto& v : sort->get_array()) {
      auto c = parse_one(v);
      if (!c) return pass(c);
      out.by.push_back(std::move(*c));
    }
  }
  if (out.by.empty()) out.by.push_back({.descending = true});
  return out;
}

Window read_window(Args& args) {
  Window w;
  w.position = args.integer("position", 0);
  w.anchor = args.string("anchor");
  w.anchor_offset = args.integer("anchorOffset", 0);
  auto limit = args.unsigned_int("limit");
  w.limit = std::min<std::uint64_t>(limit.value_or(kMaxQueryIds), kMaxQueryIds);
  w.limited_by_us = limit && *limit > kMaxQueryIds;
  w.total = args.boolean("calculateTotal", false);
  return w;
}

std::optional<std::size_t> window_start(const Window& w, std::size_t total,
                                        std::optional<std::size_t> anchor_index) {
  auto n = static_cast<std::int64_t>(total);
  std::int64_t start = w.position;
  if (w.anchor) {
    if (!anchor_index) return std::nullopt;
    start = static_cast<std::int64_t>(*anchor_index) + w.anchor_offset;
  } else if (start < 0) {
    start += n;
  }
  return static_cast<std::size_t>(std::clamp<std::int64_t>(start, 0, n));
}

}  // namespace postern::jmap
