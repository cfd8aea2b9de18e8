#include "query/filter.h"

#include <algorithm>
#include <set>

#include "model/flags.h"
#include "model/ids.h"

namespace postern::query {

bool contains(const Spans& spans, std::uint32_t n) {
  auto it = std::ranges::upper_bound(spans, n, {}, &Span::lo);
  return it != spans.begin() && n <= std::prev(it)->hi;
}

int flag_bit(std::string_view name, const std::vector<std::string>& keywords) {
  if (auto bit = model::system_flag(name)) return *bit;
  int i = model::find_keyword(keywords, name);
  return i < 0 ? -1 : model::kFirstKeywordBit + i;
}

std::int32_t Filter::add(Condition c) {
  used_ |= 1u << static_cast<unsigned>(c.op);
  all_.push_back(std::move(c));
  return static_cast<std::int32_t>(all_.size() - 1);
}

void Filter::append_child(std::int32_t parent, std::int32_t child) {
  Condition& p = at(parent);
  (p.last_child < 0 ? p.first_child : at(p.last_child).next) = child;
  p.last_child = child;
}

void Filter::graft(std::int32_t place, const Filter& other) {
  if (other.empty()) return;
  auto shift = static_cast<std::int32_t>(all_.size());
  auto moved = [shift](std::int32_t i) { return i < 0 ? i : i + shift; };
  for (Condition c : other.all_) {
    c.first_child = moved(c.first_child);
    c.last_child = moved(c.last_child);
    c.next = moved(c.next);
    add(std::move(c));
  }
  append_child(place, moved(other.root_));
}

// RFC 8621 4.4.1: inMailboxOtherThan leaves out what is only in the trash; that it is shown with all mail must not bring it
// back.
static void add_mailbox(Spans& spans, std::uint32_t id) {
  if (!id || contains(spans, id)) return;
  spans.insert(std::ranges::lower_bound(spans, id, {}, &Span::lo), {id, id});
}

void Filter::bind(const Binding& b) {
  now_ = b.now;
  collation_ = b.collation;
  auto number = [&b](model::IdKind kind, std::string_view text) -> std::uint64_t {
    auto id = model::parse_id(kind, text);
    return id && id->account == b.account ? id->number : 0;
  };
  for (Condition& c : all_) {
    switch (c.op) {
      case Op::other_mailbox:
        add_mailbox(c.spans, b.all_mail);
        break;
      case Op::flag:
      case Op::flag_in_thread:
      case Op::flag_all_thread:
        c.bit = flag_bit(c.name, b.keywords);
        break;
      case Op::email:
        c.id = number(model::IdKind::email, c.name);
        break;
      case Op::thread:
        c.id = number(model::IdKind::thread, c.name);
        break;
      case Op::field:
      case Op::body:
      case Op::text:
        if (b.words && c.match == Condition::Match::substring) c.match = Condition::Match::words;
        if (c.match != Condition::Match::substring) c.written = c.text;
        c.text = mime::match_key(collation_, c.text);
        break;
      default:
        break;
    }
  }
}

void Filter::take_binding(const Filter& other) {
  root_ = other.root_;
  now_ = other.now_;
  collation_ = other.collation_;
  hints_ = other.hints_;
}

bool Filter::uses_header() const {
  return uses(Op::field) || uses(Op::text) || uses(Op::sent_day);
}

std::vector<FieldForm> Filter::fields() const {
  std::set<FieldForm> out;
  for (const Condition& c : all_) {
    if (c.op == Op::field) out.insert({c.name, c.form()});
    if (c.op == Op::sent_day) out.insert({"date", FieldForm::Form::lines});
  }
  return {out.begin(), out.end()};
}

bool Filter::uses_fuzzy() const {
  return std::ranges::any_of(all_, [](const Condition& c) { return c.match == Condition::Match::fuzzy; });
}

bool Filter::is_substring() const {
  return std::ranges::all_of(all_, [](const Condition& c) { return c.match == Condition::Match::substring; });
}

bool Filter::immutable() const {
  static constexpr Op kMutable[] = {Op::seq,    Op::uid,  Op::mailbox,        Op::other_mailbox,  Op::modseq,
                                    Op::recent, Op::flag, Op::flag_in_thread, Op::flag_all_thread};
  return std::ranges::none_of(kMutable, [this](Op op) { return uses(op); });
}

std::vector<const Condition*> Filter::required(Op op) const {
  std::vector<const Condition*> out;
  if (root_ < 0) return out;
  const Condition& root = at(root_);
  if (root.op == op && !root.negated) out.push_back(&root);
  if (root.op != Op::all_of) return out;
  for (std::int32_t c = root.first_child; c >= 0; c = at(c).next)
    if (at(c).op == op && !at(c).negated) out.push_back(&at(c));
  return out;
}

}  // namespace postern::query
