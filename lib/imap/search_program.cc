#include "imap/search_program.h"

#include <array>

#include "base/text.h"
#include "imap/lexer.h"
#include "imap/limits.h"
#include "imap/search_keys.h"
#include "mime/charset.h"

namespace postern::imap {

namespace {

// Reads the charset where its place is; false when the search can't go on.
bool take_charset(SearchArgs& args, std::string_view charset) {
  args.bad_charset = !mime::known_charset(charset);
  args.other_charset = !base::iequals(charset, "UTF-8") && !base::iequals(charset, "US-ASCII");
  return !args.bad_charset;
}

// [SP "CHARSET" SP charset SP] keys.
void parse_criteria(Lexer& in, SearchArgs& args) {
  std::string charset;
  if (in.eat_word("CHARSET")) {
    in.space();
    charset = in.astring();
    in.space();
    if (in.ok() && !take_charset(args, charset)) return;
  }
  if (in.ok()) parse_search_keys(in, args.program, std::move(charset));
}

// charset SP keys, as SORT and THREAD have it.
void parse_charset_criteria(Lexer& in, SearchArgs& args) {
  std::string charset = in.astring();
  in.space();
  if (in.ok() && !take_charset(args, charset)) return;
  if (in.ok()) parse_search_keys(in, args.program, std::move(charset));
}

using SortKey = query::Comparator::Key;
struct SortWord {
  std::string_view name;
  SortKey key;
};
constexpr std::array<SortWord, 10> kSortWords = {{{"ARRIVAL", SortKey::received},
                                                 {"CC", SortKey::cc},
                                                 {"DATE", SortKey::sent},
                                                 {"DISPLAYFROM", SortKey::display_from},
                                                 {"DISPLAYTO", SortKey::display_to},
                                                 {"FROM", SortKey::from},
                                                 {"RELEVANCY", SortKey::relevance},
                                                 {"SIZE", SortKey::size},
                                                 {"SUBJECT", SortKey::subject},
                                                 {"TO", SortKey::to}}};

void parse_sort_criterion(Lexer& in, query::Order& order) {
  query::Comparator c;
  c.descending = in.eat_word("REVERSE");
  if (c.descending) in.space();
  for (const SortWord& w : kSortWords) {
    if (!in.eat_word(w.name)) continue;
    c.key = w.key;
    if (order.by.size() >= kMaxSortKeys) return in.fail_big("too many sort criteria");
    order.by.push_back(std::move(c));
    return;
  }
  if (!in.eat_word("ANNOTATION")) return in.fail("unknown sort criterion");
  in.space();
  c.key = SortKey::given;
  c.name = parse_annotation_entry(in);
  in.space();
  unsigned bits = parse_searched_attribute(in);
  if (in.ok() && bits != AnnotationQuery::value_priv && bits != AnnotationQuery::value_shared)
    return in.fail("value.priv or value.shared is sorted by");
  c.shared = bits == AnnotationQuery::value_shared;
  if (order.by.size() >= kMaxSortKeys) return in.fail_big("too many sort criteria");
  order.by.push_back(std::move(c));
}

// RFC 6203 4: scores are of a fuzzy search.  A stored filter may have FUZZY in it, so that those are looked at later.
void check_relevancy(Lexer& in, const SearchArgs& args, bool asked) {
  bool fuzzy = args.program.any_fuzzy || !args.program.named.empty() || args.bad_charset;
  if (in.ok() && asked && !fuzzy) in.fail("RELEVANCY without FUZZY");
}

}  // namespace

SearchArgs parse_search(Lexer& in) {
  SearchArgs args;
  args.ret = parse_search_return(in);
  parse_criteria(in, args);
  check_relevancy(in, args, args.ret.relevancy);
  return args;
}

SortArgs parse_sort(Lexer& in) {
  SortArgs args;
  args.search.ret = parse_search_return(in);
  in.expect('(');
  while (in.ok()) {
    parse_sort_criterion(in, args.order);
    if (in.eat(')')) break;
    in.space();
  }
  in.space();
  parse_charset_criteria(in, args.search);
  check_relevancy(in, args.search, args.search.ret.relevancy || args.order.uses(SortKey::relevance));
  return args;
}

ThreadArgs parse_thread(Lexer& in) {
  ThreadArgs args;
  auto algorithm = query::find_algorithm(in.atom());
  if (in.ok() && !algorithm) in.fail("unknown threading algorithm");
  if (algorithm) args.algorithm = *algorithm;
  in.space();
  parse_charset_criteria(in, args.search);
  return args;
}

EsearchArgs parse_esearch(Lexer& in) {
  EsearchArgs args;
  if (in.eat_word("IN")) {
    args.sources_given = true;
    in.space();
    in.expect('(');
    while (in.ok()) {
      if (args.sources.size() >= kMaxMailboxFilters) in.fail_big("too many choices of mailboxes");
      args.sources.push_back(parse_mailbox_filter(in));
      // RFC 7377 defines no scope-option, so that none is known.
      if (in.rest().starts_with(" (")) in.fail("unknown scope option");
      if (in.eat(')')) break;
      in.space();
    }
    in.space();
  }
  args.search = parse_search(in);
  return args;
}

}  // namespace postern::imap
