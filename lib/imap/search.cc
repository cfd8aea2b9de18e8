#include "imap/search.h"

#include <algorithm>

#include "base/text.h"
#include "mime/address.h"
#include "mime/date.h"
#include "mime/header.h"
#include "mime/summary.h"
#include "mime/words.h"

namespace postern::imap {

namespace {

using Op = SearchKey::Op;
constexpr std::int64_t kDay = 86400;

Match from(bool b) {
  return b ? Match::yes : Match::no;
}
Match negate(Match m, bool yes) {
  if (!yes || m == Match::unknown) return m;
  return m == Match::yes ? Match::no : Match::yes;
}

std::int64_t day_of(std::int64_t seconds) {
  return seconds >= 0 ? seconds / kDay : (seconds - kDay + 1) / kDay;
}

enum class DateTest { before, on, since };
bool test_day(std::int64_t day, DateTest t, std::int64_t wanted) {
  return t == DateTest::before ? day < wanted : t == DateTest::on ? day == wanted : day >= wanted;
}
DateTest test_of(Op op) {
  if (op == Op::before || op == Op::sent_before || op == Op::saved_before) return DateTest::before;
  return op == Op::on || op == Op::sent_on || op == Op::saved_on ? DateTest::on : DateTest::since;
}

// Comments and blanks inside of an address don't hide it: the parsed form is looked at as well.
std::string plain_addresses(std::string_view raw) {
  std::string out;
  for (const mime::Address& a : mime::parse_addresses(raw).items) {
    if (a.kind == mime::Address::Kind::group_end) continue;
    out += a.name();
    if (a.kind == mime::Address::Kind::mailbox) out += " <" + a.email() + ">";
    out += ", ";
  }
  return out;
}

// A value that decoding and unfolding would leave as it is.
bool is_plain(std::string_view value) {
  char before = 0;
  for (char c : value) {
    if (static_cast<unsigned char>(c) >= 0x80 || c < ' ' || (c == '?' && before == '=')) return false;
    before = c;
  }
  return true;
}

// Is `needle`, lower case, in the plain `value`?
bool plain_has(std::string_view value, std::string_view needle) {
  auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b; };
  return std::ranges::search(value, needle, same).begin() != value.end();
}

// Can the parsed addresses hold the needle where the plain value does not?  A run of letters and digits stays one run
// unless comments, quotes or escapes come into it.
bool parsed_may_differ(std::string_view value, std::string_view needle) {
  bool word = std::ranges::all_of(needle, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
  return !word || value.find_first_of("(\"\\") != std::string_view::npos;
}

bool header_has(std::string_view header, std::string_view name, std::string_view needle, bool addresses,
                bool& seen) {
  mime::FieldReader reader(header);
  mime::Field f;
  while (reader.next(f)) {
    if (!base::iequals(f.name, name)) continue;
    seen = true;
    if (!needle.empty() && is_plain(f.value)) {
      if (plain_has(f.value, needle)) return true;
      if (!addresses || !parsed_may_differ(f.value, needle)) continue;
    }
    if (needle.empty() || fold(mime::decode_text(f.value)).find(needle) != std::string::npos) return true;
    if (addresses && fold(plain_addresses(f.value)).find(needle) != std::string::npos) return true;
  }
  return false;
}

// TEXT: any field, name and value.
bool any_header_has(std::string_view header, std::string_view needle) {
  mime::FieldReader reader(header);
  mime::Field f;
  while (reader.next(f)) {
    std::string line(f.name);
    line += ": ";
    line += mime::decode_text(f.value);
    if (fold(line).find(needle) != std::string::npos) return true;
  }
  return false;
}

// The day as the Date header writes it: RFC 9051 disregards time and zone.
Match sent_key(const SearchKey& key, const SearchRow& row, const MessageContent* content) {
  DateTest t = test_of(key.op);
  if (row.sent == 0 && content == nullptr) return Match::unknown;
  if (row.sent != 0) {
    bool early = test_day(day_of(row.sent - kDay), t, key.number);
    bool mid = test_day(day_of(row.sent), t, key.number);
    bool late = test_day(day_of(row.sent + kDay), t, key.number);
    if (early == mid && mid == late) return from(mid);
  }
  if (content == nullptr) return Match::unknown;
  std::string_view raw = mime::first_value(content->header, "date");
  if (raw.data() == nullptr) return Match::no;
  auto date = mime::parse_date(raw);
  if (!date) return Match::no;
  return from(test_day(day_of(date->seconds + std::int64_t{date->zone_minutes} * 60), t, key.number));
}

}  // namespace

BoundSearch::BoundSearch(const SearchProgram& program, const SearchNames& names, std::uint32_t exists,
                         std::uint32_t last_uid, const UidSet& saved, std::int64_t now)
    : program_(program), bound_(program.keys.size()), now_(now) {
  for (std::size_t i = 0; i < program.keys.size(); ++i) {
    const SearchKey& key = program.keys[i];
    if (key.op == Op::flag) bound_[i].bit = names.flag_bit(key.text);
    if (key.op == Op::seqs) bound_[i].set = key.set.resolve(exists);
    if (key.op == Op::uids) bound_[i].set = key.set.saved ? saved : key.set.resolve(last_uid);
    if (key.op == Op::emailid) bound_[i].id = names.email(key.text);
    if (key.op == Op::threadid) bound_[i].id = names.thread(key.text);
  }
}

Match BoundSearch::match(const SearchRow& row, const MessageContent* content) const {
  return eval(program_.root, row, content);
}

Match BoundSearch::eval_children(const SearchKey& key, bool any, const SearchRow& row,
                                 const MessageContent* content) const {
  Match decisive = any ? Match::yes : Match::no;
  Match out = any ? Match::no : Match::yes;
  for (std::int32_t c = key.first_child; c >= 0;
       c = program_.keys[static_cast<std::size_t>(c)].next_sibling) {
    Match m = eval(c, row, content);
    if (m == decisive) return decisive;
    if (m == Match::unknown) out = Match::unknown;
  }
  return out;
}

Match BoundSearch::eval(std::int32_t index, const SearchRow& row, const MessageContent* content) const {
  auto i = static_cast<std::size_t>(index);
  const SearchKey& key = program_.keys[i];
  if (key.op == Op::and_) return eval_children(key, false, row, content);
  if (key.op == Op::or_) return eval_children(key, true, row, content);
  if (key.op == Op::not_) return negate(eval(key.first_child, row, content), true);
  bool done = true;
  Match m = column_key(key, bound_[i], row, done);
  return negate(done ? m : content_key(i, row, content), key.negated);
}

Match BoundSearch::column_key(const SearchKey& key, const BoundKey& bound, const SearchRow& row,
                              bool& done) const {
  std::int64_t size = static_cast<std::int64_t>(row.size);
  switch (key.op) {
    case Op::seqs:
      return from(bound.set.contains(row.seq));
    case Op::uids:
      return from(bound.set.contains(row.uid));
    case Op::flag: {
      int b = bound.bit;
      return from(b >= 0 && (b < 64 ? row.flags_lo >> b & 1 : row.flags_hi >> (b - 64) & 1));
    }
    case Op::recent:
      return from(row.recent);
    case Op::before:
    case Op::on:
    case Op::since:
      return from(test_day(day_of(row.received), test_of(key.op), key.number));
    case Op::saved_before:
    case Op::saved_on:
    case Op::saved_since:
      return from(test_day(day_of(row.saved), test_of(key.op), key.number));
    case Op::older:
      return from(row.received <= now_ - key.number);
    case Op::younger:
      return from(row.received >= now_ - key.number);
    case Op::larger:
      return from(size > key.number);
    case Op::smaller:
      return from(size < key.number);
    case Op::modseq:
      return from(static_cast<std::int64_t>(row.modseq) >= key.number);
    case Op::emailid:
      return from(bound.id != 0 && bound.id == row.email);
    case Op::threadid:
      return from(bound.id != 0 && bound.id == row.thread);
    default:
      done = false;
      return Match::unknown;
  }
}

Match BoundSearch::content_key(std::size_t index, const SearchRow& row, const MessageContent* content) const {
  const SearchKey& key = program_.keys[index];
  if (key.op == Op::sent_before || key.op == Op::sent_on || key.op == Op::sent_since)
    return sent_key(key, row, content);
  // Every message contains the empty string.
  bool body = key.op == Op::body || key.op == Op::text;
  if (body && key.text.empty()) return Match::yes;
  if (content == nullptr) return Match::unknown;
  if (!body) {
    bool seen = false;
    if (header_has(content->header, key.name, key.text, key.op == Op::address, seen)) return Match::yes;
    return content->header_complete || mime::cacheable_field(key.name) ? Match::no : Match::unknown;
  }
  if (key.op == Op::text && any_header_has(content->header, key.text)) return Match::yes;
  if (content->body_hits == nullptr) return Match::unknown;
  return from((*content->body_hits)[index]);
}

void BoundSearch::narrow(Op op, UidSet& set) const {
  const SearchKey& root = program_.keys[static_cast<std::size_t>(program_.root)];
  for (std::int32_t c = root.first_child; c >= 0;
       c = program_.keys[static_cast<std::size_t>(c)].next_sibling) {
    auto i = static_cast<std::size_t>(c);
    if (program_.keys[i].op == op) set = set.intersect(bound_[i].set);
  }
}

void BoundSearch::narrow_uids(UidSet& uids) const {
  narrow(Op::uids, uids);
}
void BoundSearch::narrow_seqs(UidSet& seqs) const {
  narrow(Op::seqs, seqs);
}

}  // namespace postern::imap
