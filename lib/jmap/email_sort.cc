#include "jmap/email_sort.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "base/text.h"
#include "jmap/limits.h"
#include "mime/address.h"
#include "mime/header.h"
#include "mime/subject.h"
#include "mime/words.h"

namespace postern::jmap {
namespace {

constexpr std::array<std::string_view, 2> kCollations = {"i;ascii-casemap", "i;unicode-casemap"};

std::string address_key(std::string_view header, std::string_view field) {
  auto raw = mime::last_value(header, field);
  if (!raw.data()) return {};
  auto list = mime::flat_addresses(mime::parse_addresses(raw));
  if (list.empty()) return {};
  auto name = list[0].name();
  return fold_case(name.empty() ? list[0].email() : name);
}

std::string subject_key(std::string_view header) {
  auto raw = mime::last_value(header, "subject");
  return raw.data() ? fold_case(mime::base_subject(mime::decode_text(raw)).text) : std::string();
}

}  // namespace

Method<EmailSort::Comparator> EmailSort::parse_one(const json::value& v) {
  const auto* o = v.if_object();
  if (!o) return invalid_arguments("a comparator must be an object");
  Args args(*o);
  Comparator c;
  auto property = args.required_string("property");
  c.ascending = args.boolean("isAscending", true);
  auto collation = args.string("collation");
  auto keyword = args.string("keyword");
  auto it = std::ranges::find(kEmailSorts, property);
  if (auto r = args.finish(); !r) return pass(r);
  if (it == std::end(kEmailSorts))
    return method_error("unsupportedSort", "unknown property '" + std::string(property.substr(0, 100)) + "'");
  if (collation && std::ranges::find(kCollations, *collation) == kCollations.end())
    return method_error("unsupportedSort", "unknown collation");
  c.key = static_cast<Key>(it - std::begin(kEmailSorts));
  if (c.key >= Key::has_keyword) {
    if (!keyword || !model::valid_keyword(*keyword))
      return invalid_arguments("the comparator needs a keyword");
    c.keyword = *keyword;
  }
  return c;
}

Method<EmailSort> EmailSort::parse(const json::value* sort) {
  EmailSort out;
  if (sort && !sort->is_null() && !sort->is_array()) return invalid_arguments("'sort' must be an array");
  if (sort && sort->is_array()) {
    if (sort->get_array().size() > kMaxSort) return method_error("unsupportedSort", "too many comparators");
    for (const auto& v : sort->get_array()) {
      auto c = parse_one(v);
      if (!c) return pass(c);
      if (c->key >= Key::has_keyword) out.immutable_ = false;
      if (c->key >= Key::all_thread) out.uses_threads_ = true;
      if (c->key >= Key::from && c->key <= Key::subject) {
        out.uses_text_ = true;
        c->text_index = out.texts_++;
      }
      out.comparators_.push_back(std::move(*c));
    }
  }
  if (out.comparators_.empty()) out.comparators_.push_back({.ascending = false});
  return out;
}

void EmailSort::bind(const std::vector<std::string>& table) {
  for (auto& c : comparators_) {
    if (c.key < Key::has_keyword) continue;
    c.bit = -1;
    if (auto system = model::system_flag(c.keyword)) {
      if (*system <= model::kDraft && c.keyword[0] == '$') c.bit = *system;
    } else if (int i = model::find_keyword(table, c.keyword); i >= 0) {
      c.bit = model::kFirstKeywordBit + i;
    }
  }
}

std::vector<std::string> EmailSort::text_keys(std::string_view header) const {
  std::vector<std::string> out;
  for (const auto& c : comparators_) {
    if (c.key == Key::from) out.push_back(address_key(header, "from"));
    if (c.key == Key::to) out.push_back(address_key(header, "to"));
    if (c.key == Key::subject) out.push_back(subject_key(header));
  }
  return out;
}

std::int64_t EmailSort::number(const Comparator& c, const model::Sheet& s, const ThreadTable* threads,
                               std::uint32_t i) const {
  switch (c.key) {
    case Key::received:
      return s.received[i];
    case Key::sent:
      return s.sent[i];
    case Key::size:
      return s.bytes_size[i];
    case Key::has_keyword:
      return c.bit >= 0 && s.flags(i).has(c.bit);
    case Key::all_thread:
      return c.bit >= 0 && threads->at(s.thread[i]).all.has(c.bit);
    case Key::some_thread:
      return c.bit >= 0 && threads->at(s.thread[i]).some.has(c.bit);
    default:
      return 0;
  }
}

void EmailSort::sort(std::vector<std::uint32_t>& rows, const model::Sheet& sheet, const ThreadTable* threads,
                     const std::vector<std::vector<std::string>>& keys, std::size_t need) const {
  // The first comparator's number and the place in `rows` travel together: most comparisons need nothing
  // else.
  struct Item {
    std::int64_t first;
    std::uint32_t row, place;
  };
  std::vector<Item> items;
  items.reserve(rows.size());
  const auto& head = comparators_.front();
  bool head_is_text = head.key >= Key::from && head.key <= Key::subject;
  for (std::uint32_t p = 0; p < rows.size(); ++p)
    items.push_back(
        {head_is_text ? 0 : number(head, sheet, threads, rows[p]) * (head.ascending ? 1 : -1), rows[p], p});
  auto less = [&](const Item& a, const Item& b) {
    if (a.first != b.first) return a.first < b.first;
    for (std::size_t i = head_is_text ? 0 : 1; i < comparators_.size(); ++i) {
      const auto& c = comparators_[i];
      int order = 0;
      if (c.key >= Key::from && c.key <= Key::subject) {
        order = keys[a.place][c.text_index].compare(keys[b.place][c.text_index]);
      } else {
        auto x = number(c, sheet, threads, a.row), y = number(c, sheet, threads, b.row);
        order = x < y ? -1 : x > y;
      }
      if (order) return c.ascending ? order < 0 : order > 0;
    }
    return sheet.email[a.row] < sheet.email[b.row];
  };
  if (need < items.size())
    std::partial_sort(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(need), items.end(), less);
  else
    std::sort(items.begin(), items.end(), less);
  for (std::size_t i = 0; i < items.size(); ++i) rows[i] = items[i].row;
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
