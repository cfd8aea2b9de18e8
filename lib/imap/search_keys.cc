#include "imap/search_keys.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "imap/annotation_args.h"
#include "imap/date.h"
#include "imap/flag_list.h"
#include "imap/lexer.h"
#include "imap/limits.h"
#include "mime/charset.h"

namespace postern::imap {

namespace {

using query::Condition;
using Op = Condition::Op;

constexpr std::int64_t kDay = 86400;

enum class Arg : std::uint8_t {
  none,
  before,  // a date, and which side of it counts
  on,
  since,
  at_least,  // seconds
  at_most,
  above,  // bytes
  below,
  keyword,
  object_id,
  text,
  field_text,
};

struct KeyRow {
  std::string_view word;
  Op op;
  Arg arg = Arg::none;
  std::string_view name = "";  // the flag, or the header field
  bool negated = false;
};

constexpr std::array kKeys = {
    KeyRow{"ALL", Op::all_of},
    KeyRow{"ANSWERED", Op::flag, Arg::none, "\\Answered"},
    KeyRow{"DELETED", Op::flag, Arg::none, "\\Deleted"},
    KeyRow{"DRAFT", Op::flag, Arg::none, "\\Draft"},
    KeyRow{"FLAGGED", Op::flag, Arg::none, "\\Flagged"},
    KeyRow{"SEEN", Op::flag, Arg::none, "\\Seen"},
    KeyRow{"UNANSWERED", Op::flag, Arg::none, "\\Answered", true},
    KeyRow{"UNDELETED", Op::flag, Arg::none, "\\Deleted", true},
    KeyRow{"UNDRAFT", Op::flag, Arg::none, "\\Draft", true},
    KeyRow{"UNFLAGGED", Op::flag, Arg::none, "\\Flagged", true},
    KeyRow{"UNSEEN", Op::flag, Arg::none, "\\Seen", true},
    KeyRow{"KEYWORD", Op::flag, Arg::keyword},
    KeyRow{"UNKEYWORD", Op::flag, Arg::keyword, "", true},
    KeyRow{"RECENT", Op::recent},
    KeyRow{"OLD", Op::recent, Arg::none, "", true},
    KeyRow{"BEFORE", Op::received, Arg::before},
    KeyRow{"ON", Op::received, Arg::on},
    KeyRow{"SINCE", Op::received, Arg::since},
    KeyRow{"SENTBEFORE", Op::sent_day, Arg::before},
    KeyRow{"SENTON", Op::sent_day, Arg::on},
    KeyRow{"SENTSINCE", Op::sent_day, Arg::since},
    KeyRow{"SAVEDBEFORE", Op::saved, Arg::before},
    KeyRow{"SAVEDON", Op::saved, Arg::on},
    KeyRow{"SAVEDSINCE", Op::saved, Arg::since},
    KeyRow{"SAVEDATESUPPORTED", Op::all_of},
    KeyRow{"OLDER", Op::age, Arg::at_least},
    KeyRow{"YOUNGER", Op::age, Arg::at_most},
    KeyRow{"LARGER", Op::size, Arg::above},
    KeyRow{"SMALLER", Op::size, Arg::below},
    KeyRow{"EMAILID", Op::email, Arg::object_id},
    KeyRow{"THREADID", Op::thread, Arg::object_id},
    KeyRow{"BCC", Op::field, Arg::text, "bcc"},
    KeyRow{"CC", Op::field, Arg::text, "cc"},
    KeyRow{"FROM", Op::field, Arg::text, "from"},
    KeyRow{"TO", Op::field, Arg::text, "to"},
    KeyRow{"SUBJECT", Op::field, Arg::text, "subject"},
    KeyRow{"HEADER", Op::field, Arg::field_text},
    KeyRow{"BODY", Op::body, Arg::text},
    KeyRow{"TEXT", Op::text, Arg::text},
};

// `day` as a span of the condition's own unit, which is days or seconds.
void set_dates(Condition& c, Arg arg, std::int64_t day) {
  std::int64_t unit = c.op == Op::sent_day ? 1 : kDay;
  if (arg != Arg::before) c.lo = day * unit;
  if (arg == Arg::before) c.hi = day * unit - 1;
  if (arg == Arg::on) c.hi = (day + 1) * unit - 1;
}

void set_numbers(Condition& c, Arg arg, std::int64_t n) {
  if (arg == Arg::at_least) c.lo = n;
  if (arg == Arg::at_most) c.hi = n;
  if (arg == Arg::below) c.hi = n - 1;
  if (arg != Arg::above) return;
  c.lo = n == query::kMost ? n : n + 1;
  if (n == query::kMost) c.hi = n - 1;  // nothing is above it
}

class Parser {
 public:
  Parser(Lexer& in, SearchProgram& program, std::string charset)
      : in_(in), program_(program), filter_(program.filter), charset_(std::move(charset)) {}

  // search-key *(SP search-key), to the end.
  void run() {
    std::int32_t root = parse_list(0, false);
    filter_.set_root(root);
    in_.end();
  }

 private:
  std::int32_t add(Condition c) {
    if (filter_.size() >= kMaxSearchKeys) {
      in_.fail_big("too many search keys");
      return -1;
    }
    return filter_.add(std::move(c));
  }

  // search-key *(SP search-key), to the end or to the closing parenthesis.
  std::int32_t parse_list(std::size_t depth, bool parenthesis) {
    std::int32_t self = add(Condition{});
    while (in_.ok()) {
      std::int32_t key = parse_key(depth);
      if (!in_.ok()) return -1;
      filter_.append_child(self, key);
      if (parenthesis && in_.eat(')')) return self;
      if (!parenthesis && in_.at_end()) return self;
      in_.space();
      if (!parenthesis && in_.at_end()) return self;  // blanks at the end of the line
    }
    return -1;
  }

  std::int32_t parse_key(std::size_t depth) {
    if (depth >= kMaxSearchDepth) {
      in_.fail_big("search too deep");
      return -1;
    }
    if (in_.eat('(')) return parse_list(depth + 1, true);
    char c = in_.peek();
    if (base::is_digit(c) || c == '*' || c == '$') return parse_set(Op::seq);
    if (in_.eat_word("NOT")) return parse_not(depth);
    if (in_.eat_word("FUZZY")) return parse_fuzzy(depth);
    if (in_.eat_word("OR")) return parse_or(depth);
    if (in_.eat_word("UID")) {
      in_.space();
      return parse_set(Op::uid);
    }
    if (in_.eat_word("UIDAFTER")) return parse_beyond(true);
    if (in_.eat_word("UIDBEFORE")) return parse_beyond(false);
    if (in_.eat_word("NEW")) return parse_new();
    if (in_.eat_word("MODSEQ")) return parse_modseq();
    if (in_.eat_word("FILTER")) return parse_filter();
    if (in_.eat_word("ANNOTATION")) return parse_annotation();
    for (const KeyRow& row : kKeys)
      if (in_.eat_word(row.word)) return parse_row(row);
    in_.fail("unknown search key");
    return -1;
  }

  std::int32_t parse_set(Op op) {
    SequenceSet set = parse_sequence_set(in_);
    if (set.saved) op = Op::uid;
    program_.uses_saved_result = program_.uses_saved_result || set.saved;
    program_.uses_message_numbers = program_.uses_message_numbers || op == Op::seq;
    std::int32_t self = add(Condition{.op = op});
    if (in_.ok()) program_.sets.push_back({self, std::move(set)});
    return self;
  }

  // RFC 9738 3.2: UIDs above or below one, which need not be there.
  std::int32_t parse_beyond(bool above) {
    in_.space();
    std::uint32_t uid = in_.nz_number();
    std::int32_t self = add(Condition{.op = Op::uid});
    SequenceSet set;
    if (above && uid < UINT32_MAX) set.ranges.push_back({uid + 1, UINT32_MAX});
    if (!above && uid > 1) set.ranges.push_back({1, uid - 1});
    if (in_.ok()) program_.sets.push_back({self, std::move(set)});
    return self;
  }

  std::int32_t parse_not(std::size_t depth) {
    in_.space();
    std::int32_t self = add(Condition{.op = Op::none_of});
    std::int32_t child = parse_key(depth + 1);
    if (in_.ok()) filter_.append_child(self, child);
    return self;
  }

  // OR takes two keys only: who has many to choose from writes OR a OR b OR c d, which is one choice and not depth.
  std::int32_t parse_or(std::size_t depth) {
    std::int32_t self = add(Condition{.op = Op::any_of});
    do {
      add_choice(self, depth);
    } while (in_.ok() && in_.eat_word("OR"));
    std::int32_t last = parse_key(depth + 1);
    if (!in_.ok()) return -1;
    filter_.append_child(self, last);
    return self;
  }

  // SP search-key SP
  void add_choice(std::int32_t self, std::size_t depth) {
    in_.space();
    std::int32_t key = parse_key(depth + 1);
    if (in_.ok()) filter_.append_child(self, key);
    in_.space();
  }

  // RFC 6203 3: texts below it are matched by words and stems; of all other keys nothing is fuzzy here.
  std::int32_t parse_fuzzy(std::size_t depth) {
    in_.space();
    program_.any_fuzzy = true;
    ++fuzzy_;
    std::int32_t key = parse_key(depth + 1);
    --fuzzy_;
    return key;
  }

  // A condition a word, all of which must hold: so it is, too, where no index helps.
  std::int32_t add_words(Condition c) {
    c.match = Condition::Match::fuzzy;
    std::string text = std::move(c.text);
    auto words = base::split_blank(text);
    if (words.size() < 2) {
      c.text = std::move(text);
      return add(std::move(c));
    }
    std::int32_t all = add(Condition{});
    for (std::string_view w : words) {
      c.text = w;
      std::int32_t word = add(c);
      if (!in_.ok()) return -1;
      filter_.append_child(all, word);
    }
    return all;
  }

  // NEW is RECENT UNSEEN.
  std::int32_t parse_new() {
    std::int32_t self = add(Condition{});
    std::int32_t recent = add(Condition{.op = Op::recent});
    std::int32_t unseen = add(Condition{.op = Op::flag, .negated = true, .name = "\\Seen"});
    if (!in_.ok()) return -1;
    filter_.append_child(self, recent);
    filter_.append_child(self, unseen);
    return self;
  }

  // MODSEQ [entry-name SP entry-type-req SP] number; the metadata item is the message's own modseq here.
  std::int32_t parse_modseq() {
    in_.space();
    if (in_.peek() == '"') {
      if (!base::istarts_with(in_.string(), "/flags/")) in_.fail("unknown metadata item");
      in_.space();
      if (!in_.eat_word("priv") && !in_.eat_word("shared") && !in_.eat_word("all"))
        in_.fail("unknown kind of metadata");
      in_.space();
    }
    program_.any_modseq = true;
    return add(Condition{.op = Op::modseq, .lo = static_cast<std::int64_t>(in_.number64())});
  }

  // RFC 5466: the name is made of ATOM-CHARs but "/".
  std::int32_t parse_filter() {
    in_.space();
    std::string name(in_.atom());
    if (name.find('/') != std::string::npos) in_.fail("bad name of a filter");
    std::int32_t self = add(Condition{});
    if (in_.ok()) program_.named.push_back({self, std::move(name)});
    return self;
  }

  // RFC 5257 4.8.
  std::int32_t parse_annotation() {
    SearchProgram::AnnotationUse use;
    in_.space();
    use.pattern = parse_annotation_pattern(in_);
    in_.space();
    use.attributes = parse_searched_attribute(in_);
    in_.space();
    use.text = needle();
    use.condition = add(Condition{.op = Op::uid});
    std::int32_t self = use.condition;
    if (in_.ok()) program_.annotations.push_back(std::move(use));
    return self;
  }

  std::string needle() {
    std::string raw = in_.astring();
    if (raw.size() > kMaxSearchText) {
      in_.fail_big("search text too long");
      return {};
    }
    if (!charset_.empty()) return mime::to_utf8(raw, charset_).text;
    return base::is_valid_utf8(raw) ? raw : mime::utf8_or_1252(raw);
  }

  std::int32_t parse_row(const KeyRow& row) {
    Condition c{.op = row.op, .negated = row.negated, .name = std::string(row.name)};
    if (row.arg != Arg::none) in_.space();
    switch (row.arg) {
      case Arg::none:
        break;
      case Arg::before:
      case Arg::on:
      case Arg::since:
        set_dates(c, row.arg, parse_date(in_));
        break;
      case Arg::at_least:
      case Arg::at_most:
        set_numbers(c, row.arg, in_.nz_number());
        break;
      case Arg::above:
      case Arg::below:
        set_numbers(c, row.arg, static_cast<std::int64_t>(in_.number64()));
        break;
      case Arg::keyword:
        c.name = parse_flag(in_);
        break;
      case Arg::object_id:
        c.name = in_.astring();
        break;
      case Arg::field_text:
        c.name = base::to_lower(in_.astring());
        in_.space();
        [[fallthrough]];
      case Arg::text:
        c.text = needle();
        break;
    }
    c.addresses = row.arg == Arg::text && c.op == Op::field && row.name != "subject";
    if (fuzzy_ > 0 && (row.arg == Arg::text || row.arg == Arg::field_text)) return add_words(std::move(c));
    return add(std::move(c));
  }

  Lexer& in_;
  SearchProgram& program_;
  query::Filter& filter_;
  std::string charset_;
  std::size_t fuzzy_ = 0;  // FUZZY keys around
};

}  // namespace

void parse_search_keys(Lexer& in, SearchProgram& program, std::string charset) {
  Parser(in, program, std::move(charset)).run();
}

SearchProgram parse_stored_filter(Lexer& in) {
  SearchProgram out;
  parse_search_keys(in, out, "UTF-8");
  return out;
}

bool insert_named(SearchProgram& program, std::size_t i, const SearchProgram& text) {
  if (program.filter.size() + text.filter.size() > kMaxSearchKeys) return false;
  auto shift = static_cast<std::int32_t>(program.filter.size());
  program.filter.graft(program.named[i].condition, text.filter);
  for (const auto& use : text.sets) program.sets.push_back({use.condition + shift, use.set});
  for (auto use : text.annotations) {
    use.condition += shift;
    program.annotations.push_back(std::move(use));
  }
  for (const auto& use : text.named)
    program.named.push_back({use.condition + shift, use.name, program.named[i].depth + 1});
  program.any_modseq = program.any_modseq || text.any_modseq;
  program.uses_message_numbers = program.uses_message_numbers || text.uses_message_numbers;
  program.uses_saved_result = program.uses_saved_result || text.uses_saved_result;
  program.any_fuzzy = program.any_fuzzy || text.any_fuzzy;
  return true;
}

query::Filter SearchProgram::resolve(std::uint32_t exists, std::uint32_t last_uid, const UidSet& saved) const {
  query::Filter out = filter;
  for (const SetUse& use : sets) {
    Condition& c = out.at(use.condition);
    UidSet numbers = use.set.saved ? saved : use.set.resolve(c.op == Op::seq ? exists : last_uid);
    for (const Run& r : numbers.runs()) c.spans.push_back({r.lo, r.hi});
  }
  return out;
}

}  // namespace postern::imap
