#include "index/terms.h"

#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <unordered_map>
#include <utility>

#include "index/dictionary.h"
#include "index/folding.h"
#include "index/limits.h"
#include "index/tokenizer.h"
#include "mime/collation.h"

namespace postern::index {

bool is_word(std::string_view term) {
  std::int32_t i = 0;
  UChar32 c;
  U8_NEXT(term.data(), i, static_cast<std::int32_t>(term.size()), c);
  return c < 0 || class_of(static_cast<char32_t>(c)) != CharClass::gram;
}

std::string_view dictionary_word(std::string_view term) {
  if (term.size() < 2 || term[0] == kStemPrefix || !is_word(term.substr(1))) return {};
  return term.substr(1);
}

namespace {

// Does what folds to `term` look the same to who searches for a part of it?
bool is_exact(std::string_view written, std::string_view term) {
  auto ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (written.size() == term.size() && std::ranges::all_of(written, ascii)) return true;
  return mime::match_key(mime::Collation::unicode_casemap, written) == term;
}

class Builder {
 public:
  Builder(TermList& out, Stemmers& stemmers) : out_(out), stemmers_(stemmers) {}

  void add(const Text& t, Language language) {
    Stemmer* stemmer = nullptr;
    if (has_stems(t.field)) stemmer = &stemmers_.try_emplace(language, language).first->second;
    std::string_view text = t.text;
    std::size_t begin = out_.order.size();
    if (t.field == Field::source) begin_markup();
    tokenize(text, [&](const Token& token) {
      if (full()) return false;
      std::string_view written = text.substr(token.begin, token.end - token.begin);
      if (!word(t, token, written)) out_.incomplete = true;
      if (stemmer && token.kind == Token::Kind::word) stem(t.field, *stemmer, written, token.term);
      return true;
    });
    if (t.alternative && same_as_last(begin)) take_back(begin);
    if (out_.order.size() == begin || out_.order.back() == 0) return;
    last_ = begin;
    out_.order.push_back(0);
  }

  // Terms into their order, numbers of words to what they are in it.
  void finish() {
    if (out_.incomplete) know(kIncompleteTerm).seen = kSeenByAll;
    std::vector<const std::pair<const std::string, Known>*> sorted;
    for (const auto& entry : known_) sorted.push_back(&entry);
    std::ranges::sort(sorted, {}, [](const auto* e) -> const std::string& { return e->first; });
    std::vector<std::uint32_t> numbers(known_.size() + 1, 0);
    std::uint32_t next = 0;
    for (const auto* e : sorted) {
      if (letter_has_order(e->first[0])) numbers[e->second.number] = ++next;
      out_.terms.emplace_back(e->first, 2 * e->second.count + (e->second.seen == kSeenByAll ? 0 : 1));
    }
    for (std::uint32_t& n : out_.order) n = numbers[n];
  }

 private:
  struct Known {
    std::uint32_t number = 0;  // from 1, as they came
    std::uint32_t count = 0;
    std::uint8_t seen = kSeenByNobody;
  };

  bool full() {
    if (known_.size() < kMaxTermsPerEmail && out_.order.size() < kMaxPositions) return false;
    out_.incomplete = true;
    return true;
  }

  // Lives until the next one is made.
  const std::string& key(Field field, std::string_view piece) { return key_.assign(1, field_letter(field)).append(piece); }

  Known* find(Field field, std::string_view piece) {
    auto it = known_.find(key(field, piece));
    return it == known_.end() ? nullptr : &it->second;
  }

  Known& know(const std::string& term) {
    auto [it, fresh] = known_.try_emplace(term);
    if (fresh) it->second.number = static_cast<std::uint32_t>(known_.size());
    return it->second;
  }

  bool word(const Text& t, const Token& token, std::string_view written) {
    Field field = t.field;
    return each_piece(token.term, [&](std::string_view piece) {
      // The reader's text came first: of the markup only what is not in it has to be added.
      Known* in_body = field == Field::source ? find(Field::body, piece) : nullptr;
      Known& known = in_body ? *in_body : know(key(field, piece));
      bool markup = field == Field::source && !in_body;
      auto sees = static_cast<std::uint8_t>(markup ? kSeenByAll : t.seen);  // no reader is asked about markup
      if ((known.seen | sees) != known.seen && is_exact(written, token.term)) known.seen |= sees;
      if (field == Field::source) return follow(markup ? 0 : known.number);
      if (!has_order(field)) return;
      ++known.count;
      out_.order.push_back(known.number);
    });
  }

  // The reader's text came first: its neighbours are in the order.
  void begin_markup() {
    if (!std::exchange(pairs_known_, true))
      for (std::size_t i = 1; i < out_.order.size(); ++i) is_new_pair(out_.order[i - 1], out_.order[i]);
    before_ = 0;
    run_ = false;
  }

  bool is_new_pair(std::uint32_t a, std::uint32_t b) {
    std::array<char, 8> bytes;
    std::memcpy(bytes.data(), &a, 4);
    std::memcpy(bytes.data() + 4, &b, 4);
    return a != 0 && b != 0 && pairs_.insert({bytes.data(), bytes.size()});
  }

  // The next word of markup; 0 for one that is only there.
  void follow(std::uint32_t number) {
    std::uint32_t before = std::exchange(before_, number);
    bool fresh = is_new_pair(before, number);
    if (fresh && !std::exchange(markup_begun_, true)) out_.order.resize(std::max<std::size_t>(out_.order.size() + 1, 2), 0);
    if (fresh && !run_) out_.order.push_back(before);
    if (fresh || run_) out_.order.push_back(fresh ? number : 0);
    run_ = fresh;
  }

  void stem(Field field, Stemmer& stemmer, std::string_view word, std::string_view folded) {
    if (folded.size() > kMaxTerm) return;
    std::string_view stem = stemmer.stem_to_index(word, folded);
    if (stem.empty() || stem.size() > kMaxTerm) return;
    key_.assign({kStemPrefix, field_letter(field)});
    Known& known = know(key_.append(stem));
    ++known.count;
    known.seen = kSeenByAll;
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
  std::string key_;
  std::size_t last_ = 0;  // where the last text begins in the order
  WordSet pairs_;         // of neighbours in the order, once there is markup
  bool pairs_known_ = false, markup_begun_ = false;
  std::uint32_t before_ = 0;  // the word of markup before the next one
  bool run_ = false;          // the order ends with it
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
    if (l == kNoLanguage && t.prose && t.field != Field::subject) l = detect_language(t.text);
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
