// One code point to what searching makes of it.  Private to lib/index.
#pragma once
#include <cstdint>
#include <span>

namespace postern::index {

enum class CharClass : std::uint8_t {
  separator,
  word,  // letters, marks and digits of scripts that put something between words
  gram,  // characters of scripts that do not, and pictures
};

struct FoldedChar {
  char32_t c;
  CharClass kind;
};

// What `c` becomes after `before`, the last folded character (0: none): nothing for what is not seen (soft hyphens, joiners)
// and for diacritics.  The span lives until the next call on this thread.
std::span<const FoldedChar> fold_char(char32_t c, char32_t before);

// Of a folded character.
CharClass class_of(char32_t c);

}  // namespace postern::index
