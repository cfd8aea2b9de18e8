// The terms of one message, as they stand in the database.  Private to lib/index.
//
//   F T C R S B A H M   then a word: it is in that field (the letters of field_letter()), unstemmed
//   Z and one of these  then a stem: of a word there that differs from its stem and is no stop word
//   I                   the message was indexed in part
//
// Words are folded (tokenizer.h) and never have an upper case letter of ASCII in them.  A word longer than kMaxTerm stands as
// pieces (each_piece()).  A field's words have positions where has_positions() says so; a stem has none.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "index/extract.h"
#include "index/fields.h"
#include "index/language.h"

namespace postern::index {

inline constexpr char kIncompleteTerm[] = "I";
inline constexpr char kStemPrefix = 'Z';
constexpr char field_letter(Field f) { return "FTCRSBAHM"[static_cast<unsigned>(f)]; }
constexpr bool has_positions(Field f) { return f != Field::header && f != Field::source; }
// Fields of prose; elsewhere a word is looked for as it is.
constexpr bool has_stems(Field f) { return f == Field::subject || f == Field::body; }

// Calls `use` with the pieces of a word: itself, or overlapping ones of kMaxTerm bytes, the last one ending where it ends.
// False: there would be more than kMaxPieces.
bool each_piece(std::string_view word, const std::function<void(std::string_view)>& use);

// Is a term, without its letters, a word, or a piece of one?  Else it is made of characters of a run.
bool is_word(std::string_view term);

struct Posting {
  std::uint32_t count = 0;                // wdf
  std::vector<std::uint32_t> positions;  // ascending
};

struct TermList {
  std::unordered_map<std::string, Posting> terms;
  std::vector<std::string> words;   // for the dictionary: different ones, no pairs of characters
  Language language = kNoLanguage;  // of most of the prose
  bool incomplete = false;
};

// Stemmers are kept in `stemmers`.  `fallback` is the language of prose that says nothing of its own.
using Stemmers = std::map<Language, Stemmer>;
TermList terms_of(const Document& d, Language fallback, Stemmers& stemmers);

}  // namespace postern::index
