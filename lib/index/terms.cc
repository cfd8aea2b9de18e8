#include "index/terms.h"

#include <unicode/utf8.h>

#include <algorithm>
#include <unordered_map>
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

class Builder {
 public:
  Builder(TermList& out, Stemmers& stemmers) : out_(out), stemmers_(stemmers) {}

  void add(const Text& t, Language language) {
    Stemmer* stemmer = nullptr;
    if (has_stems(t.field)) stemmer = &stemmers_.try_emplace(language, language).first->second;
    std::string_view text = t.text;
    std::size_t begin = out_.order.size();
    tokenize(text, [&](const Token& token) {
      if (full()) return false;
      if (!word(t.field, token)) out_.incomplete = true;
      if (stemmer && token.kind == Token::Kind::word)
        stem(t.field, *stemmer, text.substr(token.begin, token.end - token.begin), token.term);
      return true;
    });
    if (t.alternative && same_as_last(begin)) take_back(begin);
    if (out_.order.size() == begin) return;
    last_ = begin;
    out_.order.push_back(0);
  }

  // Terms into their order, numbers of words to what they are in it.
  void finish() {
    if (out_.incomplete) known_.try_emplace(kIncompleteTerm);
    std::vector<const std::pair<const std::string, Known>*> sorted;
    for (const auto& entry : known_) sorted.push_back(&entry);
    std::ranges::sort(sorted, {}, [](const auto* e) -> const std::string& { return e->first; });
    std::vector<std::uint32_t> numbers(known_.size() + 1, 0);
    std::uint32_t next = 0;
    for (const auto* e : sorted) {
      if (letter_has_order(e->first[0])) numbers[e->second.number] = ++next;
      out_.terms.emplace_back(e->first, e->second.count);
    }
    for (std::uint32_t& n : out_.order) n = numbers[n];
  }

 private:
  struct Known {
    std::uint32_t number = 0;  // from 1, as they came
    std::uint32_t count = 0;
  };

  bool full() {
    if (known_.size() < kMaxTermsPerEmail && out_.order.size() < kMaxPositions) return false;
    out_.incomplete = true;
    return true;
  }

  std::pair<Known&, bool> know(const std::string& term) {
    auto [it, fresh] = known_.try_emplace(term);
    if (fresh) it->second.number = static_cast<std::uint32_t>(known_.size());
    return {it->second, fresh};
  }

  bool word(Field field, const Token& token) {
    bool first = true;
    return each_piece(token.term, [&](std::string_view piece) {
      if (field == Field::source && in_body(piece)) return;
      key_.assign(1, field_letter(field)).append(piece);
      auto [known, fresh] = know(key_);
      if (fresh && token.kind == Token::Kind::word && words_.emplace(piece).second) out_.words.emplace_back(piece);
      if (!has_order(field)) return;
      ++known.count;
      if (std::exchange(first, false)) out_.order.push_back(known.number);
    });
  }

  // The reader's text comes first: of the markup only what is not in it has to be added.
  bool in_body(std::string_view piece) {
    key_.assign(1, field_letter(Field::body)).append(piece);
    return known_.contains(key_);
  }

  void stem(Field field, Stemmer& stemmer, std::string_view word, std::string_view folded) {
    if (folded.size() > kMaxTerm || is_stop_word(stemmer.language(), folded)) return;
    std::string_view stem = stemmer.stem(word, folded);
    if (stem == folded || stem.size() > kMaxTerm) return;
    key_.assign({kStemPrefix, field_letter(field)});
    ++know(key_.append(stem)).first.count;
  }

  // Has the text from `begin` on the words of the one before it?
  bool same_as_last(std::size_t begin) const {
    auto at = [&](std::size_t i) { return out_.order.begin() + static_cast<std::ptrdiff_t>(i); };
    return begin > last_ && std::equal(at(last_), at(begin - 1), at(begin), out_.order.end());
  }

  void take_back(std::size_t begin) { out_.order.resize(begin); }

  TermList& out_;
  Stemmers& stemmers_;
  std::unordered_map<std::string, Known> known_;
  std::unordered_set<std::string> words_;
  std::string key_;
  std::size_t last_ = 0;  // where the last text begins in the order
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
  builder.finish();
  return out;
}

}  // namespace postern::index
