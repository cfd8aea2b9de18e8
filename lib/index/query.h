// What is asked of an index: a tree of words, phrases and prefixes.  Word search: a match is of whole words.
// For IMAP's substrings see Reader::candidates().
// Runs in: searchd; built by it from what front ends ask.  Tests: t/unit/index_query.cc
#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "index/fields.h"
#include "index/language.h"

namespace postern::index {

struct Query {
  enum class Kind : std::uint8_t {
    all,      // every email
    all_of,   // children
    any_of,   // children; none of them: nothing
    none_of,  // children
    words,    // every word of `text` is in the same one of `fields`, in any order; of a run of characters all pairs are
    phrase,   // the words of `text` stand in this order, side by side; always exact.  In `header` and `source` as `words`
    prefix,   // as `words`, and the last word may go on ("post*")
  };
  Kind kind = Kind::all;
  Fields fields = kReaderText;
  bool stemmed = false;  // words meet by their stems; stop words are passed over unless there are no others
  Language language{};   // to stem in; kNoLanguage: those that the index has most of
  std::string text;      // UTF-8
  std::vector<Query> children;
};

// Limits of limits.h: Fault::limit names the one that was passed.
base::Result<> check_query(const Query& q);

// Where the words of `q` are in a text, for highlighting: byte ranges in ascending order that do not overlap.  Terms below
// none_of are no reason to mark anything.  `language` is the text's, `fields` says which of the query's conditions count.
struct Match {
  std::size_t begin, end;
};
std::vector<Match> find_matches(const Query& q, Fields fields, std::string_view utf8, const Language& language,
                                std::size_t max = 1'000);

}  // namespace postern::index
