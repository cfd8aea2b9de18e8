// The terms of one message, as they stand in the database.  Private to lib/index.
//
//   F T C R S B A H M D then a word: it is in that field (the letters of field_letter()), unstemmed
//   Z and one of these  then a stem: of a word there that differs from its stem and is no stop word
//   I                   the message was indexed in part
//
// The count of a term (Xapian's wdf) is twice how often it occurs, and odd where only a look at the message can tell whether it
// is there for those who search for a part of the text: words that folding changed, of markup alone ...
// An even one proves that mime::match_key of what they see contains the term.
//
// Words are folded (tokenizer.h) and never have an upper case letter of ASCII in them.  A word longer than kMaxTerm stands as
// pieces (each_piece()).  The order of the words of fields with has_order() stands in the document's data (order.h): a
// position table of Xapian's would be larger than all the rest, an entry of some twenty bytes a word and message.  Behind it
// come, after two gaps, what words of the reader's text are neighbours in markup alone, each pair once.  So two words that
// follow each other in a text do so in the order too, unless one is a word of markup alone, or the first is in a header field
// without order or is the name of a field.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "index/extract.h"
#include "index/fields.h"
#include "index/limits.h"
#include "index/language.h"

namespace postern::index {

inline constexpr char kIncompleteTerm[] = "I";
inline constexpr char kStemPrefix = 'Z';
constexpr char field_letter(Field f) { return "FTCRSBAHMD"[static_cast<unsigned>(f)]; }
constexpr bool has_order(Field f) { return f != Field::header && f != Field::source; }
constexpr bool letter_has_order(char c) { return std::string_view("FTCRSBAD").contains(c); }
constexpr bool letter_is_header(char c) { return std::string_view("FTCRSH").contains(c); }
// Fields of prose; elsewhere a word is looked for as it is.
constexpr bool has_stems(Field f) { return f == Field::subject || f == Field::body || f == Field::document; }

// Calls `use` with the pieces of a word: itself, or overlapping ones of kMaxTerm bytes, the last one ending where it ends.
// False: there would be more than kMaxPieces.
template <class Use>
bool each_piece(std::string_view word, Use&& use) {
  if (word.size() <= kMaxTerm) {
    use(word);
    return true;
  }
  static_assert(kMaxTerm == 2 * kTermOverlap);
  for (std::size_t n = 0; n < kMaxPieces; ++n) {
    std::string_view rest = word.substr(n * kTermOverlap);
    use(rest.substr(0, kMaxTerm));
    if (rest.size() <= kMaxTerm) return true;
  }
  return false;
}

inline bool proves(std::uint32_t count) { return count % 2 == 0; }

// Is a term, without its letters, a word, or a piece of one?  Else it is made of characters of a run.
bool is_word(std::string_view term);
// What the dictionary has of a term of a message; empty for stems, characters of a run and kIncompleteTerm.
std::string_view dictionary_word(std::string_view term);

struct TermList {
  std::vector<std::pair<std::string, std::uint32_t>> terms;  // in the order of their bytes, with their counts
  std::vector<std::uint32_t> order;  // the words as they follow each other: numbers, from 1, of terms with order; 0: a gap
  Language language = kNoLanguage;   // of most of the prose
  bool incomplete = false;
};

// Stemmers are kept in `stemmers`.  `fallback` is the language of prose that says nothing of its own.
using Stemmers = std::map<Language, Stemmer>;
TermList terms_of(const Document& d, Language fallback, Stemmers& stemmers);

}  // namespace postern::index
