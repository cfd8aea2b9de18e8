#include "jmap/mailbox_view.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "jmap/limits.h"
#include "mime/collation.h"
#include "mime/charset.h"
#include "mime/words.h"
#include "model/ids.h"
#include "model/names.h"
#include "proto/records.pb.h"

namespace postern::jmap {
namespace {

constexpr std::array<std::string_view, 11> kNames = {
    "id",           "name",         "parentId",      "role",     "sortOrder",   "totalEmails",
    "unreadEmails", "totalThreads", "unreadThreads", "myRights", "isSubscribed"};
constexpr std::array<std::string_view, 9> kRights = {"mayReadItems", "mayAddItems",    "mayRemoveItems",
                                                     "maySetSeen",   "maySetKeywords", "mayCreateChild",
                                                     "mayRename",    "mayDelete",      "maySubmit"};
// RFC 8621 2 and the IANA registry of mailbox name attributes; INBOX has its role from the server.
constexpr std::array<std::string_view, 10> kRoles = {"all",  "archive", "drafts", "flagged", "important",
                                                     "junk", "sent",    "trash",  "memos",   "scheduled"};

json::object rights(const records::Mailbox& m, const json::storage_ptr& sp) {
  json::object o(sp);
  o.reserve(kRights.size());
  auto may = [&m](std::string_view r) {
    if (m.all()) return r == "mayReadItems" || r == "maySetSeen" || r == "maySetKeywords";
    return m.role() != "inbox" || (r != "mayRename" && r != "mayDelete");
  };
  for (auto r : kRights) o.emplace(r, may(r));
  return o;
}

json::value property(const records::Mailbox& m, std::uint64_t account, std::size_t which,
                     const json::storage_ptr& sp) {
  using model::IdKind;
  switch (which) {
    case 0:
      return json::value(model::format_id(IdKind::mailbox, account, m.id()), sp);
    case 1:
      return json::value(mime::make_valid_utf8(m.name()), sp);
    case 2:
      return m.parent() ? json::value(model::format_id(IdKind::mailbox, account, m.parent()), sp)
                        : json::value(nullptr, sp);
    case 3:
      return m.role().empty() ? json::value(nullptr, sp) : json::value(m.role(), sp);
    case 4:
      return json::value(m.sort_order(), sp);
    case 5:
      return json::value(m.total_emails(), sp);
    case 6:
      return json::value(m.unread_emails(), sp);
    case 7:
      return json::value(m.total_threads(), sp);
    case 8:
      return json::value(m.unread_threads(), sp);
    case 9:
      return rights(m, sp);
    default:
      return json::value(m.subscribed(), sp);
  }
}

std::string folded(std::string_view s) {
  return base::to_lower(s);
}

// The filter as a function; recursion is bounded by kMaxFilterDepth.
using Test = std::function<bool(const records::Mailbox&)>;

Method<Test> parse_condition(const json::object& o, const MailboxNumber& number) {
  std::vector<Test> all;
  for (const auto& m : o) {
    std::string_view name = m.key();
    const auto& v = m.value();
    if (name == "parentId" && (v.is_null() || v.is_string())) {
      auto parent = v.is_null() ? std::optional<std::uint32_t>(0) : number(text_of(v));
      all.push_back([parent](const records::Mailbox& b) { return parent && b.parent() == *parent; });
    } else if (name == "name" && v.is_string()) {
      all.push_back([n = folded(mime::to_nfc(text_of(v)))](const records::Mailbox& b) {
        return folded(b.name()).find(n) != std::string::npos;
      });
    } else if (name == "role" && (v.is_null() || v.is_string())) {
      all.push_back([r = std::string(text_of(v))](const records::Mailbox& b) { return b.role() == r; });
    } else if (name == "hasAnyRole" && v.is_bool()) {
      all.push_back([want = v.get_bool()](const records::Mailbox& b) { return b.role().empty() != want; });
    } else if (name == "isSubscribed" && v.is_bool()) {
      all.push_back([want = v.get_bool()](const records::Mailbox& b) { return b.subscribed() == want; });
    } else {
      bool known = name == "parentId" || name == "name" || name == "role" || name == "hasAnyRole" ||
                   name == "isSubscribed";
      if (known) return invalid_arguments("condition '" + std::string(name) + "' has a wrong value");
      return method_error("unsupportedFilter",
                          "unknown condition '" + std::string(name.substr(0, 100)) + "'");
    }
  }
  return Test([all = std::move(all)](const records::Mailbox& b) {
    return std::ranges::all_of(all, [&](const Test& t) { return t(b); });
  });
}

Method<Test> parse_filter(const json::value& v, const MailboxNumber& number, std::size_t depth,
                          std::size_t& count) {
  const auto* o = v.if_object();
  if (!o) return invalid_arguments("a filter must be an object");
  if (depth >= kMaxFilterDepth || (count += 1 + o->size()) > kMaxFilterConditions)
    return method_error("unsupportedFilter", "the filter is too large or too deep");
  const auto* op = find(*o, "operator");
  if (!op) return parse_condition(*o, number);
  auto name = text_of(*op);
  const auto* list = find(*o, "conditions");
  if ((name != "AND" && name != "OR" && name != "NOT") || !list || !list->is_array())
    return invalid_arguments("malformed filter operator");
  std::vector<Test> tests;
  for (const auto& c : list->get_array()) {
    auto t = parse_filter(c, number, depth + 1, count);
    if (!t) return t;
    tests.push_back(std::move(*t));
  }
  if (name == "AND")
    return Test([tests](const records::Mailbox& b) {
      return std::ranges::all_of(tests, [&](const Test& t) { return t(b); });
    });
  bool want = name == "OR";
  return Test([tests, want](const records::Mailbox& b) {
    return std::ranges::any_of(tests, [&](const Test& t) { return t(b); }) == want;
  });
}

struct Comparator {
  bool by_name = false, by_parent = false, ascending = true;
  mime::Collation collation = mime::Collation::unicode_casemap;
};

Method<std::vector<Comparator>> parse_sort(const json::value* sort) {
  std::vector<Comparator> out;
  if (sort && !sort->is_null()) {
    const auto* a = sort->if_array();
    if (!a) return invalid_arguments("'sort' must be an array");
    if (a->size() > kMaxSort) return method_error("unsupportedSort", "too many comparators");
    for (const auto& v : *a) {
      const auto* o = v.if_object();
      if (!o) return invalid_arguments("a comparator must be an object");
      Args args(*o);
      auto property = args.required_string("property");
      bool ascending = args.boolean("isAscending", true);
      auto collation = args.string("collation");
      if (auto r = args.finish(); !r) return pass(r);
      if (property != "sortOrder" && property != "name" && property != "parentId")
        return method_error("unsupportedSort", "unknown property");
      auto known = mime::find_collation(collation.value_or("i;unicode-casemap"));
      if (!known) return method_error("unsupportedSort", "unknown collation");
      out.push_back({property == "name", property == "parentId", ascending, *known});
    }
  }
  if (out.empty()) out = {{.ascending = true}, {.by_name = true}};
  return out;
}

int compare(const records::Mailbox& a, const records::Mailbox& b, const std::vector<Comparator>& sort) {
  for (const auto& c : sort) {
    int order = 0;
    if (c.by_name)
      order = mime::sort_key(c.collation, a.name()).compare(mime::sort_key(c.collation, b.name()));
    else if (c.by_parent)
      order = a.parent() < b.parent() ? -1 : a.parent() > b.parent();
    else
      order = a.sort_order() < b.sort_order() ? -1 : a.sort_order() > b.sort_order();
    if (order) return c.ascending ? order : -order;
  }
  return a.id() < b.id() ? -1 : a.id() > b.id();
}

// Ancestors of a mailbox, itself last.  A ring in damaged records ends at kMaxMailboxDepth.
using Lineage = std::vector<std::size_t>;

class Tree {
 public:
  explicit Tree(const std::vector<const records::Mailbox*>& all) : all_(all) {
    by_id_.reserve(all.size());
    for (std::size_t i = 0; i < all.size(); ++i) by_id_.emplace_back(all[i]->id(), i);
    std::ranges::sort(by_id_);
  }
  std::optional<std::size_t> parent(std::size_t i) const {
    auto it = std::ranges::lower_bound(by_id_, std::pair<std::uint32_t, std::size_t>{all_[i]->parent(), 0});
    if (all_[i]->parent() == 0 || it == by_id_.end() || it->first != all_[i]->parent()) return std::nullopt;
    return it->second;
  }
  Lineage lineage(std::size_t i) const {
    Lineage out{i};
    while (out.size() <= 2 * kMaxMailboxDepth) {
      auto p = parent(out.back());
      if (!p) break;
      out.push_back(*p);
    }
    std::ranges::reverse(out);
    return out;
  }

 private:
  const std::vector<const records::Mailbox*>& all_;
  std::vector<std::pair<std::uint32_t, std::size_t>> by_id_;
};

void sort_as_tree(std::vector<std::size_t>& found, const std::vector<const records::Mailbox*>& all,
                  const std::vector<Comparator>& sort) {
  Tree tree(all);
  std::vector<Lineage> lines(all.size());
  for (auto i : found) lines[i] = tree.lineage(i);
  std::ranges::sort(found, [&](std::size_t a, std::size_t b) {
    const auto &x = lines[a], &y = lines[b];
    std::size_t n = std::min(x.size(), y.size());
    for (std::size_t i = 0; i < n; ++i)
      if (x[i] != y[i]) return compare(*all[x[i]], *all[y[i]], sort) < 0;
    return x.size() < y.size();
  });
}

// False: the property is not a mailbox's, can't be set, or has a value that it can't have.
bool change_one(std::string_view name, const json::value& v, const records::Mailbox* current,
                std::uint64_t account, const MailboxNumber& number, MailboxChange& out) {
  if (name == "name") {
    // Net-Unicode (RFC 8621 2); a mailbox may move to the top, so that the rules for it hold everywhere.
    auto text = mime::to_nfc(text_of(v));
    bool fits = v.is_string() && text.size() <= kMaxMailboxName && text.find('/') == std::string::npos &&
                !model::mailbox_name_fault(text, true);
    if (!fits) return false;
    out.name = std::move(text);
  } else if (name == "parentId") {
    if (!v.is_null() && !v.is_string()) return false;
    auto parent = v.is_null() ? std::optional<std::uint32_t>(0) : number(text_of(v));
    if (!parent && text_of(v).starts_with('#'))
      out.waits_for = text_of(v);
    else if (!parent)
      return false;
    out.parent = parent;
  } else if (name == "role") {
    if (current && current->role() == text_of(v)) return true;
    bool known = v.is_null() || std::ranges::find(kRoles, text_of(v)) != kRoles.end();
    if (!known || (current && (current->role() == "inbox" || current->all()))) return false;
    out.role = text_of(v);
  } else if (name == "sortOrder") {
    // null in a patch: the default (RFC 8620 5.3).
    auto n = current && v.is_null() ? std::optional<std::uint64_t>(0) : uint_of(v);
    if (!n || *n >= (1ull << 31)) return false;
    out.sort_order = static_cast<std::uint32_t>(*n);
  } else if (name == "isSubscribed") {
    if (!v.is_bool()) return false;
    out.subscribed = v.get_bool();
  } else {
    auto it = std::ranges::find(kNames, name);
    bool same = current && it != kNames.end() &&
                property(*current, account, static_cast<std::size_t>(it - kNames.begin()), v.storage()) == v;
    return same;
  }
  return true;
}

}  // namespace

Method<std::uint32_t> read_mailbox_properties(Args& args) {
  auto names = args.strings("properties");
  if (!names) return kAllMailboxProperties;
  std::uint32_t bits = 1;  // id
  for (auto n : *names) {
    auto it = std::ranges::find(kNames, n);
    if (it == kNames.end())
      return invalid_arguments("unknown property '" + std::string(n.substr(0, 100)) + "'");
    bits |= 1u << (it - kNames.begin());
  }
  return bits;
}

json::object mailbox_json(const records::Mailbox& m, std::uint64_t account, std::uint32_t properties,
                          json::storage_ptr sp) {
  json::object o(sp);
  o.reserve(kNames.size());
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (properties >> i & 1) o.emplace(kNames[i], property(m, account, i, sp));
  return o;
}

json::array mailbox_count_properties(json::storage_ptr sp) {
  return json::array({"totalEmails", "unreadEmails", "totalThreads", "unreadThreads"}, sp);
}

Method<std::vector<std::size_t>> query_mailboxes(const std::vector<const records::Mailbox*>& all,
                                                 std::uint64_t, const MailboxQuery& query,
                                                 const MailboxNumber& number) {
  Test test = [](const records::Mailbox&) { return true; };
  if (query.filter && !query.filter->is_null()) {
    std::size_t count = 0;
    auto parsed = parse_filter(*query.filter, number, 0, count);
    if (!parsed) return pass(parsed);
    test = std::move(*parsed);
  }
  auto sort = parse_sort(query.sort);
  if (!sort) return pass(sort);
  std::vector<bool> in(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) in[i] = test(*all[i]);
  std::vector<std::size_t> found;
  Tree tree(all);
  for (std::size_t i = 0; i < all.size(); ++i) {
    bool keep = in[i];
    if (keep && query.filter_as_tree)
      keep = std::ranges::all_of(tree.lineage(i), [&](std::size_t a) { return in[a]; });
    if (keep) found.push_back(i);
  }
  if (query.sort_as_tree)
    sort_as_tree(found, all, *sort);
  else
    std::ranges::sort(found,
                      [&](std::size_t a, std::size_t b) { return compare(*all[a], *all[b], *sort) < 0; });
  return found;
}

Set<MailboxChange> parse_mailbox_change(const json::object& o, const records::Mailbox* current,
                                        std::uint64_t account, const MailboxNumber& number) {
  MailboxChange out;
  std::vector<std::string> bad;
  for (const auto& m : o) {
    if (std::string_view(m.key()).find('/') != std::string_view::npos)
      return std::unexpected(set_error("invalidPatch", "mailboxes have nothing to be patched inside"));
    if (!change_one(m.key(), m.value(), current, account, number, out))
      bad.emplace_back(std::string_view(m.key()).substr(0, kMaxIdLength));
  }
  if (!current && !find(o, "name")) bad.emplace_back("name");
  if (!bad.empty()) return std::unexpected(invalid_properties(std::move(bad)));
  return out;
}

}  // namespace postern::jmap
