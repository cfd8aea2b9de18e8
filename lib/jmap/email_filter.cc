#include "jmap/email_filter.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "jmap/limits.h"
#include "mime/date.h"
#include "mime/header.h"
#include "mime/summary.h"
#include "mime/words.h"

namespace postern::jmap {
namespace {

std::string folded_value(std::string_view raw) {
  return fold_case(mime::decode_text(raw));
}

Truth truth(bool b) {
  return b ? Truth::yes : Truth::no;
}

// Is the field certain to be in the facts' header if the message has it?
bool knows_field(const ContentFacts& c, std::string_view name) {
  if (!c.header.data()) return false;
  return c.header_is_whole || (c.header_complete && mime::cacheable_field(name) &&
                               !base::iequals(name, "return-path") && !base::iequals(name, "delivered-to"));
}

bool legal_field_name(std::string_view s) {
  return !s.empty() && s.size() <= 255 &&
         std::ranges::all_of(s, [](char c) { return c > 0x20 && c < 0x7f && c != ':'; });
}

}  // namespace

ThreadTable thread_table(const model::Sheet& sheet) {
  ThreadTable out;
  out.reserve(sheet.size());
  for (std::size_t i = 0; i < sheet.size(); ++i) {
    auto& t = out[sheet.thread[i]];
    t.all = t.all & sheet.flags(i);
    t.some = t.some | sheet.flags(i);
  }
  return out;
}

// Turns JSON into nodes, children before parents.
struct EmailFilter::Reader {
  EmailFilter& out;
  const MailboxOf& mailbox_of;
  std::size_t conditions = 0;

  Method<std::uint32_t> add(Node n) {
    out.nodes_.push_back(std::move(n));
    return static_cast<std::uint32_t>(out.nodes_.size() - 1);
  }

  // Recursion is bounded by kMaxFilterDepth.
  Method<std::uint32_t> read(const json::value& v, std::size_t depth) {
    const auto* o = v.if_object();
    if (!o) return invalid_arguments("a filter must be an object");
    const auto* op = find(*o, "operator");
    if (!op) return read_conditions(*o);
    if (depth >= kMaxFilterDepth) return method_error("unsupportedFilter", "the filter is nested too deeply");
    Node n;
    auto name = text_of(*op);
    if (name == "AND")
      n.kind = Kind::all_of;
    else if (name == "OR")
      n.kind = Kind::any_of;
    else if (name == "NOT")
      n.kind = Kind::none_of;
    else
      return invalid_arguments("unknown filter operator");
    const auto* list = find(*o, "conditions");
    if (!list || !list->is_array() || o->size() != 2)
      return invalid_arguments("'conditions' must be an array");
    for (const auto& c : list->get_array()) {
      auto child = read(c, depth + 1);
      if (!child) return child;
      n.children.push_back(*child);
    }
    if (++conditions > kMaxFilterConditions) return too_many();
    return add(std::move(n));
  }

  static std::unexpected<MethodError> too_many() {
    return method_error("unsupportedFilter", "the filter has too many conditions");
  }

  Method<std::uint32_t> read_conditions(const json::object& o) {
    Node all;
    for (const auto& m : o) {
      if (++conditions > kMaxFilterConditions) return too_many();
      auto n = read_condition(m.key(), m.value());
      if (!n) return pass(n);
      auto index = add(std::move(*n));
      all.children.push_back(*index);
    }
    if (all.children.size() == 1) return all.children[0];
    return add(std::move(all));
  }

  Method<Node> read_condition(std::string_view name, const json::value& v) {
    struct Known {
      std::string_view name;
      Kind kind;
    };
    static constexpr std::array kKnown = {Known{"inMailbox", Kind::in_mailbox},
                                          Known{"inMailboxOtherThan", Kind::other_than},
                                          Known{"before", Kind::before},
                                          Known{"after", Kind::after},
                                          Known{"minSize", Kind::min_size},
                                          Known{"maxSize", Kind::max_size},
                                          Known{"allInThreadHaveKeyword", Kind::all_thread},
                                          Known{"someInThreadHaveKeyword", Kind::some_thread},
                                          Known{"noneInThreadHaveKeyword", Kind::none_thread},
                                          Known{"hasKeyword", Kind::has_keyword},
                                          Known{"notKeyword", Kind::not_keyword},
                                          Known{"hasAttachment", Kind::has_attachment},
                                          Known{"text", Kind::text},
                                          Known{"from", Kind::from},
                                          Known{"to", Kind::to},
                                          Known{"cc", Kind::cc},
                                          Known{"bcc", Kind::bcc},
                                          Known{"subject", Kind::subject},
                                          Known{"body", Kind::body},
                                          Known{"header", Kind::header}};
    auto it = std::ranges::find(kKnown, name, &Known::name);
    if (it == kKnown.end())
      return method_error("unsupportedFilter",
                          "unknown condition '" + std::string(name.substr(0, 100)) + "'");
    Node n;
    n.kind = it->kind;
    bool mutable_state = n.kind == Kind::in_mailbox || n.kind == Kind::other_than ||
                         (n.kind >= Kind::all_thread && n.kind <= Kind::not_keyword);
    if (mutable_state) out.immutable_ = false;
    if (!fill(n, v)) return invalid_arguments("condition '" + std::string(name) + "' has a wrong value");
    if (n.kind == Kind::header && !legal_field_name(n.name))
      return method_error("unsupportedFilter", "no header field can have that name");
    return n;
  }

  bool fill(Node& n, const json::value& v) {
    switch (n.kind) {
      case Kind::in_mailbox:
        if (!v.is_string()) return false;
        n.number = mailbox_of(text_of(v));
        return true;
      case Kind::other_than:
        if (!v.is_array()) return false;
        for (const auto& id : v.get_array()) {
          if (!id.is_string()) return false;
          n.mailboxes.push_back(mailbox_of(text_of(id)));
        }
        std::ranges::sort(n.mailboxes);
        return true;
      case Kind::before:
      case Kind::after: {
        auto t = v.is_string() ? mime::parse_utc_date(text_of(v)) : std::nullopt;
        n.number = t.value_or(0);
        return t.has_value();
      }
      case Kind::min_size:
      case Kind::max_size: {
        auto u = uint_of(v);
        n.number = static_cast<std::int64_t>(u.value_or(0));
        return u.has_value();
      }
      case Kind::all_thread:
      case Kind::some_thread:
      case Kind::none_thread:
        out.uses_threads_ = true;
        [[fallthrough]];
      case Kind::has_keyword:
      case Kind::not_keyword:
        if (!v.is_string() || !model::valid_keyword(text_of(v))) return false;
        n.name = text_of(v);
        return true;
      case Kind::has_attachment:
        n.number = v.is_bool() && v.get_bool();
        return v.is_bool();
      case Kind::header:
        return fill_header(n, v);
      default:
        return v.is_string() && fill_match(n, text_of(v));
    }
  }

  static bool fill_match(Node& n, std::string_view text) {
    auto m = TextMatch::parse(text);
    if (!m) return false;
    n.match = std::move(*m);
    n.has_match = true;
    return true;
  }

  static bool fill_header(Node& n, const json::value& v) {
    const auto* a = v.if_array();
    if (!a || a->empty() || a->size() > 2 || !(*a)[0].is_string()) return false;
    n.name = text_of((*a)[0]);
    return a->size() == 1 || ((*a)[1].is_string() && fill_match(n, text_of((*a)[1])));
  }
};

Method<EmailFilter> EmailFilter::parse(const json::value* filter, const MailboxOf& mailbox_of) {
  EmailFilter out;
  if (!filter || filter->is_null()) return out;
  Reader reader{out, mailbox_of};
  auto root = reader.read(*filter, 0);
  if (!root) return pass(root);
  // A single condition may have been added before its siblings' parents: the root must be last.
  if (*root + 1 != out.nodes_.size()) {
    Node all;
    all.children.push_back(*root);
    out.nodes_.push_back(std::move(all));
  }
  return out;
}

void EmailFilter::bind(const std::vector<std::string>& table) {
  for (auto& n : nodes_) {
    if (n.kind < Kind::all_thread || n.kind > Kind::not_keyword) continue;
    n.bit = -1;
    if (auto system = model::system_flag(n.name)) {
      if (*system <= model::kDraft && n.name[0] == '$') n.bit = *system;
    } else if (int i = model::find_keyword(table, n.name); i >= 0) {
      n.bit = model::kFirstKeywordBit + i;
    }
  }
}

std::uint32_t EmailFilter::only_mailbox() const {
  if (nodes_.size() != 1 || nodes_[0].kind != Kind::in_mailbox) return 0;
  return static_cast<std::uint32_t>(nodes_[0].number);
}

Truth EmailFilter::evaluate(const RowFacts& facts) const {
  return nodes_.empty() ? Truth::yes : test(nodes_.back(), facts);
}

// Recursion is bounded by kMaxFilterDepth + 1.
Truth EmailFilter::test(const Node& n, const RowFacts& f) const {
  if (n.kind > Kind::none_of) return test_sheet(n, f);
  // OR and NOT are decided by one that matches, AND by one that does not.
  Truth decisive = n.kind == Kind::all_of ? Truth::no : Truth::yes;
  bool unknown = false;
  for (auto c : n.children) {
    auto t = test(nodes_[c], f);
    if (t == decisive) return truth((n.kind == Kind::any_of));
    unknown = unknown || t == Truth::unknown;
  }
  return unknown ? Truth::unknown : truth(n.kind != Kind::any_of);
}

Truth EmailFilter::test_sheet(const Node& n, const RowFacts& f) {
  const auto& s = *f.sheet;
  auto i = f.row;
  auto has = [&](model::Flags flags) { return n.bit >= 0 && flags.has(n.bit); };
  switch (n.kind) {
    case Kind::in_mailbox: {
      auto p = s.places(i);
      return truth(std::ranges::find(p, static_cast<std::uint32_t>(n.number)) != p.end());
    }
    case Kind::other_than:
      return truth(std::ranges::any_of(
          s.places(i), [&](std::uint32_t m) { return !std::ranges::binary_search(n.mailboxes, m); }));
    case Kind::before:
      return truth(s.received[i] < n.number);
    case Kind::after:
      return truth(s.received[i] >= n.number);
    case Kind::min_size:
      return truth(s.bytes_size[i] >= n.number);
    case Kind::max_size:
      return truth(s.bytes_size[i] < n.number);
    case Kind::has_keyword:
      return truth(has(s.flags(i)));
    case Kind::not_keyword:
      return truth(!has(s.flags(i)));
    case Kind::all_thread:
      return truth(has(f.threads->at(s.thread[i]).all));
    case Kind::some_thread:
      return truth(has(f.threads->at(s.thread[i]).some));
    case Kind::none_thread:
      return truth(!has(f.threads->at(s.thread[i]).some));
    case Kind::has_attachment:
      if (!f.content || !f.content->has_attachment) return Truth::unknown;
      return truth(*f.content->has_attachment == (n.number != 0));
    case Kind::from:
      return test_field(n, "from", f);
    case Kind::to:
      return test_field(n, "to", f);
    case Kind::cc:
      return test_field(n, "cc", f);
    case Kind::bcc:
      return test_field(n, "bcc", f);
    case Kind::subject:
      return test_field(n, "subject", f);
    case Kind::header:
      return test_field(n, n.name, f);
    default:
      return test_text(n, f);
  }
}

Truth EmailFilter::test_field(const Node& n, std::string_view field, const RowFacts& f) {
  if (!f.content || !knows_field(*f.content, field)) return Truth::unknown;
  bool found = false;
  mime::for_each_field(f.content->header, [&](const mime::Field& x) {
    if (!found && base::iequals(x.name, field))
      found = !n.has_match || n.match.matches(folded_value(x.value));
  });
  return truth(found);
}

Truth EmailFilter::test_text(const Node& n, const RowFacts& f) {
  std::vector<bool> seen(n.match.words().size(), false);
  if (seen.empty()) return Truth::yes;
  if (n.kind == Kind::text) {
    if (!f.content || !knows_field(*f.content, "subject")) return Truth::unknown;
    bool all = false;
    mime::for_each_field(f.content->header, [&](const mime::Field& x) {
      static constexpr std::array<std::string_view, 5> kFields = {"from", "to", "cc", "bcc", "subject"};
      if (!all && std::ranges::any_of(kFields, [&](auto k) { return base::iequals(k, x.name); }))
        all = n.match.mark(folded_value(x.value), seen);
    });
    if (all) return Truth::yes;
  }
  if (!f.content || !f.content->body_texts) return Truth::unknown;
  for (const auto& t : *f.content->body_texts)
    if (n.match.mark(t, seen)) return Truth::yes;
  return Truth::no;
}

}  // namespace postern::jmap
