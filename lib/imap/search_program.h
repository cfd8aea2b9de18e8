// SEARCH, SORT, THREAD and ESEARCH as values.  RFC 9051 6.4.4, RFC 3501, RFC 7162 (MODSEQ), RFC 8474 (EMAILID,
// THREADID), RFC 5032 (OLDER, YOUNGER), RFC 8514 (SAVED...), RFC 5466 (FILTER), RFC 5256 (SORT, THREAD), RFC 6203
// (FUZZY), RFC 7377 (ESEARCH).  What is searched for becomes a query::Filter.  Runs in: imapd.  Input: hostile.  The parser recurses
// kMaxSearchDepth deep at most.  Tests: t/unit/imap_search.cc, t/fuzz/imap_command.cc
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "imap/annotation_args.h"
#include "imap/mailbox_filter.h"
#include "imap/search_return.h"
#include "imap/set.h"
#include "query/filter.h"
#include "query/sort.h"
#include "query/threading.h"

namespace postern::imap {

class Lexer;

struct SearchProgram {
  query::Filter filter;
  // Conditions on sets, which mean something only in one mailbox at one moment: resolve() puts the numbers in.
  struct SetUse {
    std::int32_t condition = -1;
    SequenceSet set;  // of UIDs where `saved`, or where the condition is Op::uid
  };
  std::vector<SetUse> sets;
  // FILTER keys whose text has not been put in; the condition is an empty list until then.
  struct NamedFilter {
    std::int32_t condition = -1;
    std::string name;
    std::size_t depth = 0;  // how many FILTERs it came out of
  };
  std::vector<NamedFilter> named;
  // ANNOTATION keys: their conditions are on UIDs that are found out when the search runs.
  struct AnnotationUse {
    std::int32_t condition = -1;
    std::string pattern;
    unsigned attributes = 0;  // of AnnotationQuery
    std::string text;         // UTF-8
  };
  std::vector<AnnotationUse> annotations;
  bool any_fuzzy = false;          // FUZZY was used: there are relevancy scores
  bool any_modseq = false;         // MODSEQ was used: the answer carries the highest modseq
  bool uses_message_numbers = false;
  bool uses_saved_result = false;  // "$"

  // The filter for a mailbox with `exists` messages whose last UID is `last_uid`; `saved` is what "$" stands for.
  query::Filter resolve(std::uint32_t exists, std::uint32_t last_uid, const UidSet& saved) const;
};

struct SearchArgs {
  SearchReturn ret;
  SearchProgram program;
  bool bad_charset = false;  // answer NO [BADCHARSET]; the program is then incomplete
  bool other_charset = false;  // a charset besides UTF-8 and US-ASCII was named
};
SearchArgs parse_search(Lexer& in);

// Search keys as a stored filter holds them: UTF-8, no charset, nothing after them.
SearchProgram parse_stored_filter(Lexer& in);
// The text of program.named[i] becomes part of `program`, in place of its key.  False: it would become too large.
bool insert_named(SearchProgram& program, std::size_t i, const SearchProgram& text);

struct SortArgs {
  SearchArgs search;
  query::Order order;  // with the default collation
};
SortArgs parse_sort(Lexer& in);

struct ThreadArgs {
  query::ThreadAlgorithm algorithm = query::ThreadAlgorithm::references;
  SearchArgs search;
};
ThreadArgs parse_thread(Lexer& in);

struct EsearchArgs {
  bool sources_given = false;  // else: the selected mailbox
  std::vector<MailboxFilter> sources;
  SearchArgs search;
};
EsearchArgs parse_esearch(Lexer& in);

}  // namespace postern::imap
