// Languages: which one a text is in, its stems and its stop words.
// Runs in: indexer, searchd, front ends.  Input: hostile.  Pure; stemmers are kept per thread.
// Tests: t/unit/index_language.cc
#pragma once
#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace postern::index {

// A language is its ISO 639-1 code in lower case ("en"), or empty when none is known.  Norwegian is "no".
using Language = std::array<char, 2>;
inline constexpr Language kNoLanguage{};
inline std::string_view name_of(const Language& l) { return {l.data(), l[0] ? 2u : 0u}; }

// From a tag of RFC 5646 or a name in English ("de-AT", "German", "nb"); kNoLanguage when there is no stemmer for it.
Language find_language(std::string_view tag);
// All that have a stemmer, by code.
std::span<const Language> stemmed_languages();

// By CLD2; kNoLanguage when it is not sure or the text is too short (below kMinDetect letters) to tell.
inline constexpr std::size_t kMinDetect = 40;
Language detect_language(std::string_view utf8);

// Is `term` (folded) so frequent in this language that its stem is not worth indexing?  Exact words are indexed all the
// same.
bool is_stop_word(const Language& l, std::string_view term);

// Stems of one language.  Not thread-safe.
class Stemmer {
 public:
  explicit Stemmer(Language l);
  ~Stemmer();
  Stemmer(Stemmer&&) noexcept;
  Stemmer& operator=(Stemmer&&) noexcept;
  // The stem of a word as it stands in a text (any case, with its diacritics), folded; its folded self when the language
  // has no stemmer.
  std::string stem(std::string_view word) const;
  const Language& language() const { return language_; }

 private:
  struct Impl;
  Language language_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace postern::index
