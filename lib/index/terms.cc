#include "index/terms.h"

#include <unicode/utf8.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "index/folding.h"
#include "index/limits.h"
#include "index/tokenizer.h"

namespace postern::index {

bool each_piece(std::string_view word, const std::function<void(std::string_view)>& use) {
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

bool is_word(std::string_view term) {
  std::int32_t i = 0;
  UChar32 c;
  U8_NEXT(term.data(), i, static_cast<std::int32_t>(term.size()), c);
  return c < 0 || class_of(static_cast<char32_t>(c)) != CharClass::gram;
}

namespace {

constexpr std::uint32_t kGap = 100;  // between two texts: no phrase goes from one to the next

class Builder {
 public:
  Builder(TermList& out, Stemmers& stemmers) : out_(out), stemmers_(stemmers) {}

  void add(const Text& t, Language language) {
    Stemmer* stemmer = nullptr;
    if (has_stems(t.field)) stemmer = &stemmers_.try_emplace(language, language).first->second;
    std::string_view text = t.text;
    tokenize(text, [&](const Token& token) {
      if (full()) return false;
      ++position_;
      if (!word(t.field, token)) out_.incomplete = true;
      if (stemmer && token.kind == Token::Kind::word)
        stem(t.field, *stemmer, text.substr(token.begin, token.end - token.begin), token.term);
      return true;
    });
    position_ += kGap;
  }

 private:
  bool full() {
    if (out_.terms.size() < kMaxTermsPerEmail && position_ < kMaxPositions) return false;
    out_.incomplete = true;
    return true;
  }

  Posting& posting(std::string_view term) { return out_.terms[std::string(term)]; }

  bool word(Field field, const Token& token) {
    bool first = true;
    return each_piece(token.term, [&](std::string_view piece) {
      key_.assign(1, field_letter(field)).append(piece);
      // The reader's text comes first: of the markup only what is not in it.
      if (field == Field::source) {
        key_[0] = field_letter(Field::body);
        bool there = out_.terms.contains(key_);
        key_[0] = field_letter(Field::source);
        if (there) return;
      }
      auto [it, fresh] = out_.terms.try_emplace(key_);
      if (fresh && token.kind == Token::Kind::word && words_.emplace(piece).second) out_.words.emplace_back(piece);
      if (!has_positions(field)) return;
      ++it->second.count;
      if (std::exchange(first, false)) it->second.positions.push_back(position_);
    });
  }

  void stem(Field field, Stemmer& stemmer, std::string_view word, std::string_view folded) {
    if (folded.size() > kMaxTerm || is_stop_word(stemmer.language(), folded)) return;
    std::string_view stem = stemmer.stem(word, folded);
    if (stem == folded || stem.size() > kMaxTerm) return;
    key_.assign({kStemPrefix, field_letter(field)});
    ++posting(key_.append(stem)).count;
  }

  TermList& out_;
  Stemmers& stemmers_;
  std::unordered_set<std::string> words_;
  std::string key_;
  std::uint32_t position_ = 0;
};

}  // namespace

TermList terms_of(const Document& d, Language fallback, Stemmers& stemmers) {
  TermList out;
  out.incomplete = d.incomplete;
  // What each text says of itself; the longest that says anything speaks for those that do not.
  std::vector<Language> languages;
  std::size_t longest = 0;
  for (const Text& t : d.texts) {
    Language l = t.language;
    if (l == kNoLanguage && t.prose && t.field == Field::body) l = detect_language(t.text);
    if (l != kNoLanguage && t.prose && t.text.size() > longest) {
      longest = t.text.size();
      out.language = l;
    }
    languages.push_back(l);
  }
  if (out.language == kNoLanguage) out.language = fallback;
  Builder builder(out, stemmers);
  for (bool source : {false, true})
    for (std::size_t i = 0; i < d.texts.size(); ++i)
      if ((d.texts[i].field == Field::source) == source)
        builder.add(d.texts[i], languages[i] == kNoLanguage ? out.language : languages[i]);
  if (out.incomplete) out.terms.try_emplace(kIncompleteTerm);
  return out;
}

}  // namespace postern::index
