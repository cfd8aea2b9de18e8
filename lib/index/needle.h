// What a substring says of the words of every text that contains it.  Pure.  Private to lib/index.
// Tests: t/unit/index_reader.cc, t/fuzz/index_tokenizer.cc
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postern::index {

struct Clue {
  enum class Kind : std::uint8_t {
    whole,      // this term is in the text
    infix,      // a word that contains it
    prefix,     // a word that begins with it
    suffix,     // a word that ends with it
    beginning,  // one of the terms that begin with this character of a run
  };
  Kind kind;
  std::string term;
  bool operator==(const Clue&) const = default;
};

// All of them hold, of words (and pieces of long ones) that follow each other.  None: the needle has no word in it.  At most
// kMaxQueryWords.
std::vector<Clue> clues_of(std::string_view needle);

}  // namespace postern::index
