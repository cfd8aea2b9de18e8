#include "jmap/email_filter.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "jmap/limits.h"
#include "mime/charset.h"
#include "mime/date.h"
#include "model/flags.h"

namespace postern::jmap {
namespace {

using query::Condition;
using Op = Condition::Op;

bool legal_field_name(std::string_view s) {
  return !s.empty() && s.size() <= 255 &&
         std::ranges::all_of(s, [](char c) { return c > 0x20 && c < 0x7f && c != ':'; });
}

bool blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// Reads the phrase whose opening quote is at `at`; npos when the quote is not closed.
std::size_t read_phrase(std::string_view s, std::size_t at, std::string& out) {
  char quote = s[at];
  for (++at; at < s.size(); ++at) {
    if (s[at] == quote) return at + 1;
    if (s[at] == '\\' && at + 1 < s.size() && (s[at + 1] == '\'' || s[at + 1] == '"' || s[at + 1] == '\\'))
      ++at;
    out += s[at];
  }
  return std::string_view::npos;
}

// What the value of a condition is.
enum class Value : std::uint8_t { mailbox, mailboxes, before, after, min_size, max_size, keyword, boolean, text, header };

struct Known {
  std::string_view name;
  Op op;
  Value value;
  std::string_view field = "";
  bool negated = false;
};
constexpr std::array kKnown = {
    Known{"inMailbox", Op::mailbox, Value::mailbox},
    Known{"inMailboxOtherThan", Op::other_mailbox, Value::mailboxes},
    Known{"before", Op::received, Value::before},
    Known{"after", Op::received, Value::after},
    Known{"minSize", Op::size, Value::min_size},
    Known{"maxSize", Op::size, Value::max_size},
    Known{"allInThreadHaveKeyword", Op::flag_all_thread, Value::keyword},
    Known{"someInThreadHaveKeyword", Op::flag_in_thread, Value::keyword},
    Known{"noneInThreadHaveKeyword", Op::flag_in_thread, Value::keyword, "", true},
    Known{"hasKeyword", Op::flag, Value::keyword},
    Known{"notKeyword", Op::flag, Value::keyword, "", true},
    Known{"hasAttachment", Op::attachment, Value::boolean},
    Known{"text", Op::text, Value::text},
    Known{"from", Op::field, Value::text, "from"},
    Known{"to", Op::field, Value::text, "to"},
    Known{"cc", Op::field, Value::text, "cc"},
    Known{"bcc", Op::field, Value::text, "bcc"},
    Known{"subject", Op::field, Value::text, "subject"},
    Known{"body", Op::body, Value::text},
    Known{"header", Op::field, Value::header},
};

std::unexpected<MethodError> too_many() {
  return method_error("unsupportedFilter", "the filter has too many conditions");
}

class Reader {
 public:
  explicit Reader(const MailboxOf& mailbox_of) : mailbox_of_(mailbox_of) {}

  Method<query::Filter> run(const json::value& v) {
    auto root = read(v, 0);
    if (!root) return pass(root);
    out_.set_root(*root);
    return std::move(out_);
  }

 private:
  // Recursion is bounded by kMaxFilterDepth.
  Method<std::int32_t> read(const json::value& v, std::size_t depth) {
    const auto* o = v.if_object();
    if (!o) return invalid_arguments("a filter must be an object");
    const auto* op = find(*o, "operator");
    if (!op) return read_conditions(*o);
    if (depth >= kMaxFilterDepth) return method_error("unsupportedFilter", "the filter is nested too deeply");
    Condition c;
    auto name = text_of(*op);
    if (name == "AND")
      c.op = Op::all_of;
    else if (name == "OR")
      c.op = Op::any_of;
    else if (name == "NOT")
      c.op = Op::none_of;
    else
      return invalid_arguments("unknown filter operator");
    const auto* list = find(*o, "conditions");
    if (!list || !list->is_array() || o->size() != 2)
      return invalid_arguments("'conditions' must be an array");
    if (++conditions_ > kMaxFilterConditions) return too_many();
    std::int32_t self = out_.add(std::move(c));
    for (const auto& item : list->get_array()) {
      auto child = read(item, depth + 1);
      if (!child) return child;
      out_.append_child(self, *child);
    }
    return self;
  }

  Method<std::int32_t> read_conditions(const json::object& o) {
    std::int32_t all = o.size() == 1 ? -1 : out_.add({});
    for (const auto& m : o) {
      if (++conditions_ > kMaxFilterConditions) return too_many();
      auto c = read_condition(m.key(), m.value());
      if (!c || all < 0) return c;
      out_.append_child(all, *c);
    }
    return all;
  }

  Method<std::int32_t> read_condition(std::string_view name, const json::value& v) {
    auto it = std::ranges::find(kKnown, name, &Known::name);
    if (it == kKnown.end())
      return method_error("unsupportedFilter",
                          "unknown condition '" + std::string(name.substr(0, 100)) + "'");
    Condition c{.op = it->op, .negated = it->negated, .view = Condition::View::reader, .name = std::string(it->field)};
    c.addresses = it->op == Op::field && it->value == Value::text && it->field != "subject";
    std::string_view text;
    if (!fill(c, it->value, v, text)) return invalid_arguments("condition '" + std::string(name) + "' has a wrong value");
    if (it->value == Value::header && !legal_field_name(c.name))
      return method_error("unsupportedFilter", "no header field can have that name");
    if (it->value != Value::text && it->value != Value::header) return out_.add(std::move(c));
    return add_words(std::move(c), it->value, text, name);
  }

  // A text condition is one condition a word, all of which must hold.
  Method<std::int32_t> add_words(Condition c, Value kind, std::string_view text, std::string_view name) {
    auto words = search_words(text);
    if (!words) return method_error("unsupportedFilter", "condition '" + std::string(name) + "' has too much text to look for");
    // [name] alone, or with a blank text, asks whether the field is there; other blank texts are in everything.
    if (words->empty()) return out_.add(kind == Value::header ? std::move(c) : Condition{});
    if (words->size() == 1) {
      c.text = std::move(words->front());
      return out_.add(std::move(c));
    }
    std::int32_t all = out_.add({});
    for (std::string& w : *words) {
      c.text = std::move(w);
      out_.append_child(all, out_.add(c));
    }
    return all;
  }

  bool fill(Condition& c, Value kind, const json::value& v, std::string_view& text) {
    switch (kind) {
      case Value::mailbox:
        if (!v.is_string()) return false;
        add_mailbox(c, text_of(v));
        return true;
      case Value::mailboxes:
        return fill_mailboxes(c, v);
      case Value::before:
      case Value::after: {
        auto t = v.is_string() ? mime::parse_utc_date(text_of(v)) : std::nullopt;
        if (t) (kind == Value::before ? c.hi : c.lo) = *t - (kind == Value::before);
        return t.has_value();
      }
      case Value::min_size:
      case Value::max_size: {
        auto u = uint_of(v);
        auto n = static_cast<std::int64_t>(u.value_or(0));
        (kind == Value::max_size ? c.hi : c.lo) = n - (kind == Value::max_size);
        return u.has_value();
      }
      case Value::keyword:
        if (!v.is_string() || !model::valid_keyword(text_of(v))) return false;
        c.name = text_of(v);
        return true;
      case Value::boolean:
        c.negated = v.is_bool() && !v.get_bool();
        return v.is_bool();
      case Value::header:
        return fill_header(c, v, text);
      case Value::text:
        break;
    }
    if (v.is_string()) text = text_of(v);
    return v.is_string();
  }

  void add_mailbox(Condition& c, std::string_view id) {
    std::uint32_t m = mailbox_of_(id);
    c.spans.push_back({m, m});
  }

  bool fill_mailboxes(Condition& c, const json::value& v) {
    if (!v.is_array()) return false;
    for (const auto& id : v.get_array()) {
      if (!id.is_string()) return false;
      add_mailbox(c, text_of(id));
    }
    std::ranges::sort(c.spans, {}, &query::Span::lo);
    auto twice = std::ranges::unique(c.spans);
    c.spans.erase(twice.begin(), twice.end());
    return true;
  }

  static bool fill_header(Condition& c, const json::value& v, std::string_view& text) {
    const auto* a = v.if_array();
    if (!a || a->empty() || a->size() > 2 || !(*a)[0].is_string()) return false;
    c.name = base::to_lower(text_of((*a)[0]));
    if (a->size() == 1) return true;
    if (!(*a)[1].is_string()) return false;
    text = text_of((*a)[1]);
    return true;
  }

  const MailboxOf& mailbox_of_;
  query::Filter out_;
  std::size_t conditions_ = 0;
};

}  // namespace

std::optional<std::vector<std::string>> search_words(std::string_view text) {
  std::vector<std::string> out;
  if (text.size() > kMaxSearchText) return std::nullopt;
  for (std::size_t i = 0; i < text.size();) {
    if (blank(text[i])) {
      ++i;
      continue;
    }
    std::string word;
    auto end = text[i] == '"' || text[i] == '\'' ? read_phrase(text, i, word) : std::string_view::npos;
    if (end == std::string_view::npos) {  // no quote, or one that is not closed: a plain word
      end = i;
      while (end < text.size() && !blank(text[end])) ++end;
      word = text.substr(i, end - i);
    }
    i = end;
    if (word.empty()) continue;
    if (out.size() == kMaxSearchWords) return std::nullopt;
    out.push_back(mime::make_valid_utf8(word));
  }
  return out;
}

Method<query::Filter> parse_email_filter(const json::value* filter, const MailboxOf& mailbox_of) {
  if (!filter || filter->is_null()) return query::Filter();
  return Reader(mailbox_of).run(*filter);
}

std::uint32_t only_mailbox(const query::Filter& filter) {
  if (filter.size() != 1 || filter.empty() || filter.at(0).op != Op::mailbox) return 0;
  return filter.at(0).spans.front().lo;
}

}  // namespace postern::jmap
