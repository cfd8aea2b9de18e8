#include "cmd/imapd/search_answer.h"

#include <algorithm>

#include "cmd/imapd/uid_batches.h"
#include "imap/writer.h"

namespace postern::imapd {

using imap::append_number;

FoundList::FoundList(imap::UidSet in_order) : set_(std::move(in_order)) {}

void FoundList::append_words(std::string& out) const {
  auto word = [&out](std::uint64_t n) {
    out += ' ';
    append_number(out, n);
  };
  for (std::uint32_t n : sorted_) word(n);
  for (const imap::Run& r : set_.runs())
    for (std::uint64_t n = r.lo; n <= r.hi; ++n) word(n);
}

void append_in_order(std::string& out, const std::vector<std::uint32_t>& numbers, std::size_t from, std::size_t to) {
  for (std::size_t i = from; i < to;) {
    std::size_t j = i;
    while (j + 1 < to && numbers[j + 1] == numbers[j] + 1) ++j;
    if (i > from) out += ',';
    append_number(out, numbers[i]);
    if (j > i) {
      out += ':';
      append_number(out, numbers[j]);
    }
    i = j + 1;
  }
}

std::string FoundList::set_text(std::uint64_t lo, std::uint64_t hi) const {
  std::string out;
  if (is_sorted_) {
    append_in_order(out, sorted_, lo - 1, hi);
  } else {
    set(lo, hi).append_text(out);
  }
  return out;
}

imap::UidSet FoundList::set(std::uint64_t lo, std::uint64_t hi) const {
  if (is_sorted_) {
    std::vector<std::uint32_t> numbers(sorted_.begin() + static_cast<std::ptrdiff_t>(lo) - 1,
                                       sorted_.begin() + static_cast<std::ptrdiff_t>(hi));
    std::ranges::sort(numbers);
    imap::UidSet out;
    for (std::uint32_t n : numbers) out.add(n);
    return out;
  }
  return take_places(set_, lo, hi);
}

namespace {

void put_partial(std::string& out, const imap::PartialRange& range, const FoundList& found) {
  auto [lo, hi] = range.places(found.count());
  out += " PARTIAL (";
  if (range.backwards) out += '-';
  append_number(out, range.lo);
  out += range.backwards ? ":-" : ":";
  append_number(out, range.hi);
  out += ' ';
  out += lo <= hi ? found.set_text(lo, hi) : "NIL";
  out += ')';
}

// The scores of those that the answer names; of all when it names none.  Without texts to be fuzzy about all fit equally.
void put_relevancy(std::string& out, const imap::PartialRange& range, const FoundList& found) {
  auto [lo, hi] = range.places(found.count());
  out += " RELEVANCY (";
  for (std::uint64_t i = lo; i <= hi; ++i) {
    if (i > lo) out += ' ';
    append_number(out, found.scores.empty() ? 100 : found.scores[i - 1]);
  }
  out += ')';
}

}  // namespace

void append_search_modseq(std::string& out, std::uint64_t modseq) {
  out += " (MODSEQ ";
  append_number(out, modseq);
  out += ')';
}

std::string esearch_begin(const Session& s, std::string_view tag, const EsearchHead& head) {
  std::string out = "* ESEARCH (TAG ";
  imap::append_string(out, tag);
  if (head.uidvalidity != 0) {
    out += " MAILBOX ";
    imap::append_mailbox(out, head.mailbox, s.utf8_names());
    out += " UIDVALIDITY ";
    append_number(out, head.uidvalidity);
  }
  out += ')';
  if (head.uid) out += " UID";
  return out;
}

std::string esearch_line(const Session& s, const EsearchHead& head, const imap::SearchReturn& ret,
                         const FoundList& found, std::uint64_t modseq) {
  std::string out = esearch_begin(s, s.tag, head);
  auto number = [&out](std::string_view name, std::uint64_t n) {
    out += name;
    append_number(out, n);
  };
  std::uint64_t count = found.count();
  if (ret.min && count > 0) number(" MIN ", found.first());
  if (ret.max && count > 0) number(" MAX ", found.last());
  if (ret.count) number(" COUNT ", count);
  if (ret.all && count > 0) {
    out += " ALL ";
    out += found.set_text(1, count);
  }
  if (ret.partial.given) put_partial(out, ret.partial, found);
  if (ret.relevancy) put_relevancy(out, ret.partial, found);
  if (modseq != 0 && count > 0) number(" MODSEQ ", modseq);
  return out;
}

imap::UidSet seqs_of(const imap::UidRuns& map, const imap::UidSet& uids) {
  std::vector<imap::Run> out;
  // Consecutive UIDs that all exist have consecutive numbers.
  for (const imap::Run& r : uids.runs()) out.push_back({map.seq_of(r.lo), map.seq_of(r.hi)});
  return imap::UidSet(std::move(out));
}

namespace {

bool asks_for_ends_only(const imap::SearchReturn& ret) {
  return (ret.min || ret.max) && !ret.all && !ret.count && !ret.partial.given;
}

}  // namespace

std::uint64_t told_modseq(const imap::SearchReturn& ret, const View& view, std::uint32_t first, std::uint32_t last,
                          std::uint64_t highest) {
  if (!asks_for_ends_only(ret)) return highest;
  std::uint64_t out = 0;
  View::Cursor cursor(view);
  model::SheetRow row;
  if (ret.min && cursor.find(first, row)) out = row.modseq;
  if (ret.max && cursor.find(last, row)) out = std::max(out, row.modseq);
  return out;
}

void forget_saved(Session& s, const Reply& reply) {
  if (reply.kind == Reply::Kind::no && s.box) s.box->saved = {};
}

imap::UidSet to_save(const imap::SearchReturn& ret, const FoundList& found) {
  std::uint64_t count = found.count();
  if (count == 0) return {};
  if (ret.all || ret.count || !(ret.min || ret.max || ret.partial.given)) return found.set(1, count);
  imap::UidSet out;
  auto [lo, hi] = ret.partial.places(count);
  if (ret.partial.given && lo <= hi) out = found.set(lo, hi);
  if (ret.min) out.add(found.first());
  if (ret.max) out.add(found.last());
  return out;
}

}  // namespace postern::imapd
