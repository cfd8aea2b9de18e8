// Languages: which one a text is in, its stems and its stop words.
// Runs in: indexer, searchd, front ends.  Input: hostile.  Pure; a Stemmer belongs to one thread.
// Tests: t/unit/index_language.cc
#pragma once
#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace postern::index {

// ISO 639-1 in lower case ("en"); kNoLanguage when none is known.  Norwegian of either kind is "no".
using Language = std::array<char, 2>;
inline constexpr Language kNoLanguage{};
inline std::string_view name_of(const Language& l) { return {l.data(), l[0] ? std::size_t{2} : std::size_t{0}}; }

// From a tag of RFC 5646 ("de-AT", "nb"), any case; kNoLanguage for what language.cc has no row of.
Language find_language(std::string_view tag);
// All that the Xapian at hand has a stemmer for, by code.
std::span<const Language> stemmed_languages();

// By CLD2, of the first bytes; kNoLanguage when it is not sure or the text is shorter than kMinDetect.  `utf8` is well-formed.
inline constexpr std::size_t kMinDetect = 40;
Language detect_language(std::string_view utf8);

// Is the folded `term` so frequent in this language that its stem says nothing?  stop_words/ has a file a language; exact
// words are indexed all the same.
bool is_stop_word(const Language& l, std::string_view term);

class Stemmer {
 public:
  explicit Stemmer(Language l);
  ~Stemmer();
  Stemmer(Stemmer&&) noexcept;
  Stemmer& operator=(Stemmer&&) noexcept;
  // The stem of a word as it stands in a text (any case, with its diacritics), folded.  `folded` is the word folded: what it
  // gives when the language has no stemmer.  Lives until the next call.
  std::string_view stem(std::string_view word, std::string_view folded);
  // What is indexed beside the word itself; nothing for a stop word, or where the stem is the word.  Lives as long.
  std::string_view stem_to_index(std::string_view word, std::string_view folded);
  const Language& language() const { return language_; }

 private:
  struct Impl;
  Language language_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace postern::index
