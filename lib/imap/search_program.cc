#include "imap/search_program.h"

#include <unicode/ucasemap.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/text.h"
#include "imap/date.h"
#include "imap/flag_list.h"
#include "imap/lexer.h"
#include "imap/limits.h"
#include "mime/charset.h"

namespace postern::imap {

namespace {

using Op = SearchKey::Op;

enum class Arg : std::uint8_t { none, date, number, seconds, text, field_text, keyword, object_id };

struct KeyRow {
  std::string_view word;
  Op op;
  Arg arg = Arg::none;
  std::string_view value = "";  // the flag, or the header field
  bool negated = false;
};

constexpr std::array kKeys = {
    KeyRow{"ALL", Op::and_},
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
    KeyRow{"BEFORE", Op::before, Arg::date},
    KeyRow{"ON", Op::on, Arg::date},
    KeyRow{"SINCE", Op::since, Arg::date},
    KeyRow{"SENTBEFORE", Op::sent_before, Arg::date},
    KeyRow{"SENTON", Op::sent_on, Arg::date},
    KeyRow{"SENTSINCE", Op::sent_since, Arg::date},
    KeyRow{"SAVEDBEFORE", Op::saved_before, Arg::date},
    KeyRow{"SAVEDON", Op::saved_on, Arg::date},
    KeyRow{"SAVEDSINCE", Op::saved_since, Arg::date},
    KeyRow{"SAVEDATESUPPORTED", Op::and_},
    KeyRow{"OLDER", Op::older, Arg::seconds},
    KeyRow{"YOUNGER", Op::younger, Arg::seconds},
    KeyRow{"LARGER", Op::larger, Arg::number},
    KeyRow{"SMALLER", Op::smaller, Arg::number},
    KeyRow{"EMAILID", Op::emailid, Arg::object_id},
    KeyRow{"THREADID", Op::threadid, Arg::object_id},
    KeyRow{"BCC", Op::address, Arg::text, "bcc"},
    KeyRow{"CC", Op::address, Arg::text, "cc"},
    KeyRow{"FROM", Op::address, Arg::text, "from"},
    KeyRow{"TO", Op::address, Arg::text, "to"},
    KeyRow{"SUBJECT", Op::subject, Arg::text, "subject"},
    KeyRow{"HEADER", Op::header, Arg::field_text},
    KeyRow{"BODY", Op::body, Arg::text},
    KeyRow{"TEXT", Op::text, Arg::text},
};

class Parser {
 public:
  Parser(Lexer& in, SearchArgs& args) : in_(in), args_(args), program_(args.program) {}

  void run() {
    if (in_.eat_word("RETURN")) {
      parse_return();
      in_.space();
    }
    if (in_.eat_word("CHARSET")) {
      in_.space();
      charset_ = in_.astring();
      in_.space();
      args_.bad_charset = in_.ok() && !mime::known_charset(charset_);
    }
    if (in_.ok() && !args_.bad_charset) program_.root = parse_list(0, false);
    if (!args_.bad_charset) in_.end();
  }

 private:
  void parse_return() {
    args_.extended = true;
    in_.space();
    in_.expect('(');
    if (in_.eat(')')) {
      args_.all = true;
      return;
    }
    bool any = false;
    while (in_.ok()) {
      any = parse_return_option() || any;
      if (in_.eat(')')) break;
      in_.space();
    }
    // Only SAVE: nothing is returned, as RFC 5182 2.1 has it.
    if (!any) args_.all = false;
  }

  // True when the option asks for data in the answer.
  bool parse_return_option() {
    if (in_.eat_word("MIN")) return args_.min = true;
    if (in_.eat_word("MAX")) return args_.max = true;
    if (in_.eat_word("ALL")) return args_.all = true;
    if (in_.eat_word("COUNT")) return args_.count = true;
    if (in_.eat_word("SAVE")) {
      args_.save = true;
      return false;
    }
    if (in_.eat_word("PARTIAL")) return parse_partial();
    in_.fail("unknown return option");
    return false;
  }

  bool parse_partial() {
    in_.space();
    bool back_lo = in_.eat('-');
    std::uint32_t lo = in_.nz_number();
    in_.expect(':');
    bool back_hi = in_.eat('-');
    std::uint32_t hi = in_.nz_number();
    if (back_lo != back_hi) in_.fail("bad range of PARTIAL");
    args_.partial = true;
    args_.partial_backwards = back_lo;
    args_.partial_lo = std::min(lo, hi);
    args_.partial_hi = std::max(lo, hi);
    return true;
  }

  std::int32_t add(SearchKey key) {
    if (program_.keys.size() >= kMaxSearchKeys) {
      in_.fail_big("too many search keys");
      return -1;
    }
    program_.keys.push_back(std::move(key));
    return static_cast<std::int32_t>(program_.keys.size() - 1);
  }

  SearchKey& at(std::int32_t i) { return program_.keys[static_cast<std::size_t>(i)]; }

  // search-key *(SP search-key), to the end or to the closing parenthesis.
  std::int32_t parse_list(std::size_t depth, bool parenthesis) {
    std::int32_t self = add(SearchKey{});
    std::int32_t last = -1;
    while (in_.ok()) {
      std::int32_t key = parse_key(depth);
      if (!in_.ok()) return -1;
      (last < 0 ? at(self).first_child : at(last).next_sibling) = key;
      last = key;
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
    if (base::is_digit(c) || c == '*' || c == '$') {
      SearchKey key{.op = Op::seqs};
      key.set = parse_sequence_set(in_);
      if (key.set.saved) {
        key.op = Op::uids;
        program_.uses_saved_result = true;
      } else {
        program_.uses_numbers = true;
      }
      return add(std::move(key));
    }
    if (in_.eat_word("NOT")) return parse_not(depth);
    if (in_.eat_word("OR")) return parse_or(depth);
    if (in_.eat_word("UID")) return parse_uid();
    if (in_.eat_word("NEW")) return parse_new();
    if (in_.eat_word("MODSEQ")) return parse_modseq();
    for (const KeyRow& row : kKeys)
      if (in_.eat_word(row.word)) return parse_row(row);
    in_.fail("unknown search key");
    return -1;
  }

  std::int32_t parse_not(std::size_t depth) {
    in_.space();
    std::int32_t self = add(SearchKey{.op = Op::not_});
    std::int32_t child = parse_key(depth + 1);
    if (in_.ok()) at(self).first_child = child;
    return self;
  }

  std::int32_t parse_or(std::size_t depth) {
    std::int32_t self = add(SearchKey{.op = Op::or_});
    in_.space();
    std::int32_t a = parse_key(depth + 1);
    in_.space();
    std::int32_t b = parse_key(depth + 1);
    if (!in_.ok()) return -1;
    at(self).first_child = a;
    at(a).next_sibling = b;
    return self;
  }

  std::int32_t parse_uid() {
    in_.space();
    SearchKey key{.op = Op::uids};
    key.set = parse_sequence_set(in_);
    program_.uses_saved_result = program_.uses_saved_result || key.set.saved;
    return add(std::move(key));
  }

  // NEW is RECENT UNSEEN.
  std::int32_t parse_new() {
    std::int32_t self = add(SearchKey{});
    std::int32_t recent = add(SearchKey{.op = Op::recent});
    std::int32_t unseen = add(SearchKey{.op = Op::flag, .negated = true, .text = "\\Seen"});
    if (!in_.ok()) return -1;
    at(self).first_child = recent;
    at(recent).next_sibling = unseen;
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
    return add(SearchKey{.op = Op::modseq, .number = static_cast<std::int64_t>(in_.number64())});
  }

  std::string needle() {
    std::string raw = in_.astring();
    if (raw.size() > kMaxSearchText) {
      in_.fail_big("search text too long");
      return {};
    }
    if (!charset_.empty()) return fold(mime::to_utf8(raw, charset_).text);
    return fold(base::is_valid_utf8(raw) ? raw : mime::utf8_or_1252(raw));
  }

  std::int32_t parse_row(const KeyRow& row) {
    SearchKey key{.op = row.op, .negated = row.negated};
    if (row.op == Op::flag) key.text = row.value;
    if (row.arg == Arg::text) key.name = row.value;
    if (row.arg != Arg::none) in_.space();
    switch (row.arg) {
      case Arg::none:
        break;
      case Arg::date:
        key.number = parse_date(in_);
        break;
      case Arg::number:
        key.number = static_cast<std::int64_t>(in_.number64());
        break;
      case Arg::seconds:
        key.number = in_.nz_number();
        break;
      case Arg::keyword:
        key.text = parse_flag(in_);
        break;
      case Arg::object_id:
        key.text = in_.astring();
        break;
      case Arg::field_text:
        key.name = base::to_lower(in_.astring());
        in_.space();
        [[fallthrough]];
      case Arg::text:
        key.text = needle();
        break;
    }
    note_needs(key.op);
    return add(std::move(key));
  }

  void note_needs(Op op) {
    if (op == Op::header || op == Op::address || op == Op::subject || op == Op::text)
      program_.uses_header = true;
    if (op == Op::body || op == Op::text) program_.uses_body = true;
  }

  Lexer& in_;
  SearchArgs& args_;
  SearchProgram& program_;
  std::string charset_;
};

struct CaseMapClose {
  void operator()(UCaseMap* m) const noexcept { ucasemap_close(m); }
};

}  // namespace

std::string fold(std::string_view utf8) {
  if (std::ranges::all_of(utf8, [](char c) { return static_cast<unsigned char>(c) < 0x80; }))
    return base::to_lower(utf8);
  UErrorCode err = U_ZERO_ERROR;
  thread_local const std::unique_ptr<UCaseMap, CaseMapClose> map(
      ucasemap_open("", U_FOLD_CASE_DEFAULT, &err));
  if (!map) return base::to_lower(utf8);
  std::string out(utf8.size() + 16, '\0');
  for (int round = 0; round < 2; ++round) {
    err = U_ZERO_ERROR;
    std::int32_t n = ucasemap_utf8FoldCase(map.get(), out.data(), static_cast<std::int32_t>(out.size()),
                                           utf8.data(), static_cast<std::int32_t>(utf8.size()), &err);
    bool fits = n >= 0 && static_cast<std::size_t>(n) <= out.size();
    if (err != U_BUFFER_OVERFLOW_ERROR && U_FAILURE(err)) break;
    out.resize(static_cast<std::size_t>(n));
    if (fits) return out;
  }
  return base::to_lower(utf8);
}

SearchArgs parse_search(Lexer& in) {
  SearchArgs args;
  Parser(in, args).run();
  return args;
}

}  // namespace postern::imap
