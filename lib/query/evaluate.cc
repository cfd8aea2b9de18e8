#include "query/evaluate.h"

#include <algorithm>

#include "mime/date.h"
#include "mime/header.h"
#include "query/header_match.h"
#include "query/hints.h"

namespace postern::query {

namespace {

using Op = Condition::Op;
constexpr std::int64_t kDay = 86400;

Truth truth(bool b) {
  return b ? Truth::yes : Truth::no;
}
Truth negate(Truth t) {
  return t == Truth::unknown ? t : truth(t == Truth::no);
}

std::int64_t day_of(std::int64_t seconds) {
  return seconds >= 0 ? seconds / kDay : (seconds - kDay + 1) / kDay;
}

bool in_mailbox(const Condition& c, const Row& row, bool wanted) {
  return std::ranges::any_of(row.places, [&](std::uint32_t m) { return contains(c.spans, m) == wanted; });
}

// RFC 9051 6.4.4 disregards time and zone: the day is the one that the Date field writes.  The column holds UTC, which
// decides unless another zone could make it another day.
Truth sent_day(const Condition& c, const Row& row, const Content* content) {
  if (row.sent != 0) {
    bool early = c.in_range(day_of(row.sent - kDay));
    bool same = c.in_range(day_of(row.sent));
    bool late = c.in_range(day_of(row.sent + kDay));
    if (early == same && same == late) return truth(same);
  }
  if (!content || content->header_kind == Content::Header::none) return Truth::unknown;
  std::string_view header = content->header;
  for (const KeptField& f : content->fields)
    if (f.of->form == FieldForm::Form::lines) header = f.made;
  std::string_view raw = mime::first_value(header, "date");
  auto date = raw.data() ? mime::parse_date(raw) : std::nullopt;
  if (!date) return Truth::no;
  return truth(c.in_range(day_of(date->seconds + std::int64_t{date->zone_minutes} * 60)));
}

struct Evaluation {
  const Filter& filter;
  const Row& row;
  const Content* content;

  Truth of(std::int32_t index) const {
    const Condition& c = filter.at(index);
    Truth t = c.is_list() ? list(c) : single(c, index);
    return c.negated ? negate(t) : t;
  }

  // OR and NOT are decided by one child that matches, AND by one that does not.
  Truth list(const Condition& c) const {
    Truth decisive = c.op == Op::all_of ? Truth::no : Truth::yes;
    bool unknown = false;
    for (std::int32_t i = c.first_child; i >= 0; i = filter.at(i).next) {
      Truth t = of(i);
      if (t == decisive) return truth(c.op == Op::any_of);
      unknown = unknown || t == Truth::unknown;
    }
    return unknown ? Truth::unknown : truth(c.op != Op::any_of);
  }

  Truth single(const Condition& c, std::int32_t index) const {
    switch (c.op) {
      case Op::sent_day:
        return sent_day(c, row, content);
      case Op::attachment:
        return content && content->has_attachment ? truth(*content->has_attachment) : Truth::unknown;
      case Op::field:
        if (Truth t = hint(index); t != Truth::unknown) return t;
        return content ? match_field(c, filter.collation(), *content) : Truth::unknown;
      case Op::body:
      case Op::text:
        return text(c, index);
      default:
        return truth(column(c));
    }
  }

  // What an index knows of it.
  Truth hint(std::int32_t index) const {
    return filter.hints() ? filter.hints()->of(index, row.email, hinted_modseq(row.flags, row.modseq)) : Truth::unknown;
  }

  // Every message contains the empty string.
  Truth text(const Condition& c, std::int32_t index) const {
    if (c.text.empty()) return Truth::yes;
    if (Truth t = hint(index); t != Truth::unknown) return t;
    if (content && c.op == Op::text && match_any_field(c, filter.collation(), *content)) return Truth::yes;
    if (!content || !content->hits) return Truth::unknown;
    if ((*content->hits)[static_cast<std::size_t>(index)]) return Truth::yes;
    bool whole = content->header_kind == Content::Header::whole;
    bool reader_fields = whole || content->header_kind == Content::Header::cached;
    bool header_seen = c.view == Condition::View::source ? whole : reader_fields;
    return c.op == Op::body || header_seen ? Truth::no : Truth::unknown;
  }

  bool column(const Condition& c) const {
    switch (c.op) {
      case Op::seq:
        return contains(c.spans, row.seq);
      case Op::uid:
        return contains(c.spans, row.uid);
      case Op::mailbox:
        return in_mailbox(c, row, true);
      case Op::other_mailbox:
        return in_mailbox(c, row, false);
      case Op::received:
        return c.in_range(row.received);
      case Op::saved:
        return c.in_range(row.saved);
      case Op::age:
        return c.in_range(filter.now() - row.received);
      case Op::size:
        return c.in_range(static_cast<std::int64_t>(row.size));
      case Op::modseq:
        return c.in_range(static_cast<std::int64_t>(row.modseq));
      case Op::email:
        return c.id != 0 && c.id == row.email;
      case Op::thread:
        return c.id != 0 && c.id == row.thread;
      case Op::recent:
        return row.recent;
      case Op::flag:
        return c.bit >= 0 && row.flags.has(c.bit);
      case Op::flag_in_thread:
        return c.bit >= 0 && row.flags_of_thread && row.flags_of_thread->some.has(c.bit);
      case Op::flag_all_thread:
        return c.bit >= 0 && row.flags_of_thread && row.flags_of_thread->all.has(c.bit);
      default:
        return false;
    }
  }
};

}  // namespace

ThreadTable thread_table(const model::Sheet& sheet) {
  ThreadTable out;
  out.reserve(sheet.size());
  for (std::size_t i = 0; i < sheet.size(); ++i) {
    ThreadFlags& t = out[sheet.thread[i]];
    t.all = t.all & sheet.flags(i);
    t.some = t.some | sheet.flags(i);
  }
  return out;
}

Row row_of(const model::Sheet& sheet, std::size_t i, const ThreadTable* threads) {
  Row row;
  static_cast<model::SheetRow&>(row) = sheet.row(i);
  row.places = sheet.places(i);
  if (!threads) return row;
  auto it = threads->find(row.thread);
  if (it != threads->end()) row.flags_of_thread = &it->second;
  return row;
}

Truth evaluate(const Filter& filter, const Row& row, const Content* content) {
  if (filter.empty()) return Truth::yes;
  return Evaluation{filter, row, content}.of(filter.root());
}

}  // namespace postern::query
