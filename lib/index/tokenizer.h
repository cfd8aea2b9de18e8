// The words of a text, folded so that case, diacritics and compatibility forms do not matter.
// Runs in: indexer, searchd, and front ends (SearchSnippet).  Input: hostile UTF-8.  Pure, linear; memory: one word.
// Tests: t/unit/index_tokenizer.cc, t/fuzz/index_tokenizer.cc
//
// Folding maps code point by code point as mime::match_key does (titlecase, compatibility decomposition, full case
// folding) and then drops diacritics: what is equal there is equal here.  Words are runs of letters, marks and digits by
// ICU's properties, as UAX 29 has them but for punctuation, which is never inside a word ("don't" is two, "example.com" is
// two): so whether two characters are in one word does not depend on what stands around them, and a needle's interior words
// are words of every text that contains it.  Scripts without blanks (Chinese, Japanese, Korean, Thai, Lao, Khmer, Burmese)
// and pictures give overlapping pairs of characters, and the last character of a run alone.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::index {

struct Token {
  enum class Kind : std::uint8_t {
    word,
    pair,  // two characters of a run
    last,  // the last character of a run; the run's first too when it is the only one
  };
  Kind kind = Kind::word;
  std::size_t begin = 0, end = 0;  // bytes of the text it was made of
  std::string_view term;           // folded, UTF-8, never empty, of any length; lives during the call
};

// Calls `use` for each token in order, until it answers false.  Ill-formed bytes separate words.
void tokenize(std::string_view utf8, const std::function<bool(const Token&)>& use);

// The same as a list that owns its terms; at most `max` tokens.
struct OwnedToken {
  Token::Kind kind;
  std::size_t begin, end;
  std::string term;
};
std::vector<OwnedToken> tokens_of(std::string_view utf8, std::size_t max = SIZE_MAX);

// A word folded; what is no part of words is left out.
std::string fold_word(std::string_view utf8);

}  // namespace postern::index
