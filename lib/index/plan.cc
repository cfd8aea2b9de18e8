#include "index/plan.h"

#include <algorithm>
#include <vector>

#include "index/limits.h"
#include "index/phrase.h"
#include "index/tokenizer.h"

namespace postern::index {

namespace {

using XQ = Xapian::Query;

class Planner {
 public:
  Planner(const Xapian::Database& db, std::span<const Language> frequent, Stemmers& stemmers)
      : db_(db), frequent_(frequent), stemmers_(stemmers) {}

  XQ plan(const Query& q) {
    using Kind = Query::Kind;
    switch (q.kind) {
      case Kind::all: return XQ::MatchAll;
      case Kind::all_of: {
        if (q.children.empty()) return XQ::MatchAll;
        auto parts = children(q);
        return XQ(XQ::OP_AND, parts.begin(), parts.end());
      }
      case Kind::any_of:
      case Kind::none_of: {
        auto parts = children(q);
        XQ any(XQ::OP_OR, parts.begin(), parts.end());
        return q.kind == Kind::any_of ? any : XQ(XQ::OP_AND_NOT, XQ::MatchAll, any);
      }
      default: return text(q);
    }
  }

 private:
  std::vector<XQ> children(const Query& q) {
    std::vector<XQ> out;
    for (const Query& c : q.children) out.push_back(plan(c));
    return out;
  }

  XQ text(const Query& q) {
    auto tokens = tokens_of(q.text, kMaxQueryWords);
    if (q.kind != Query::Kind::phrase) pass_over_stop_words(q, tokens);
    if (tokens.empty()) return XQ::MatchNothing;
    std::vector<XQ> fields;
    for (unsigned f = 0; f < kFieldCount; ++f) {
      auto field = static_cast<Field>(f);
      if (q.fields & bit(field)) fields.push_back(in_field(q, field, tokens));
    }
    return {XQ::OP_OR, fields.begin(), fields.end()};
  }

  // Not the last word of a prefix, which may go on.
  void pass_over_stop_words(const Query& q, std::vector<OwnedToken>& tokens) {
    if (!q.stemmed) return;
    auto languages = languages_of(q, frequent_);
    auto is_stop = [&](const OwnedToken& t) {
      if (q.kind == Query::Kind::prefix && &t == &tokens.back()) return false;
      return !languages.empty() && std::ranges::all_of(languages, [&](const Language& l) { return is_stop_word(l, t.term); });
    };
    std::vector<OwnedToken> kept;
    for (const OwnedToken& t : tokens)
      if (!is_stop(t)) kept.push_back(t);
    if (!kept.empty()) tokens = std::move(kept);
  }

  XQ in_field(const Query& q, Field field, const std::vector<OwnedToken>& tokens) {
    if (q.kind == Query::Kind::phrase && has_order(field)) return phrase(field, tokens);
    std::vector<XQ> words;
    for (std::size_t i = 0; i < tokens.size();) {
      std::size_t end = end_of_run(tokens, i);
      if (end > i + 1) {  // characters of a run stand side by side
        words.push_back(run(field, std::span(tokens).subspan(i, end - i)));
      } else {
        bool goes_on = q.kind == Query::Kind::prefix && end == tokens.size();
        words.push_back(word(q, field, tokens[i], goes_on));
      }
      i = end;
    }
    return {XQ::OP_AND, words.begin(), words.end()};
  }

  static std::size_t end_of_run(const std::vector<OwnedToken>& tokens, std::size_t i) {
    while (i < tokens.size() && tokens[i].kind == Token::Kind::pair) ++i;
    return std::min(i + 1, tokens.size());
  }

  // All its pairs; the last character is in one of them, and the text may go on behind it.
  XQ run(Field field, std::span<const OwnedToken> tokens) {
    std::vector<XQ> pairs;
    for (const OwnedToken& t : tokens)
      if (t.kind == Token::Kind::pair) pairs.push_back(exact(field, t.term));
    return {XQ::OP_AND, pairs.begin(), pairs.end()};
  }

  // All words, weighed as words are, in those messages that have them side by side.
  XQ phrase(Field field, const std::vector<OwnedToken>& tokens) {
    std::vector<std::string> words;
    for (const OwnedToken& t : tokens)
      if (t.kind != Token::Kind::last || &t != &tokens.back())
        each_piece(t.term, [&](std::string_view piece) { words.push_back(field_letter(field) + std::string(piece)); });
    std::vector<XQ> parts;
    for (const std::string& w : words) parts.emplace_back(w);
    if (words.size() > 1) parts.push_back(only(emails_with_phrase(db_, words)));
    bool alone = tokens.back().kind == Token::Kind::last && (tokens.size() == 1 || tokens[tokens.size() - 2].kind != Token::Kind::pair);
    if (alone) parts.push_back(one_character(field, tokens.back().term));
    return {XQ::OP_AND, parts.begin(), parts.end()};
  }

  XQ word(const Query& q, Field field, const OwnedToken& t, bool goes_on) {
    if (t.kind == Token::Kind::last) return one_character(field, t.term);
    if (goes_on) return starting_with(field, t.term);
    if (!q.stemmed || !has_stems(field)) return exact(field, t.term);
    std::vector<XQ> forms{exact(field, t.term)};
    std::string_view as_written = std::string_view(q.text).substr(t.begin, t.end - t.begin);
    for (const Language& l : languages_of(q, frequent_)) {
      Stemmer& s = stemmers_.try_emplace(l, l).first->second;
      std::string stem(s.stem(as_written, t.term));
      // A word that is its own stem has no entry as a stem.
      if (stem != t.term) forms.push_back(exact(field, stem));
      forms.emplace_back(std::string{kStemPrefix, field_letter(field)} + stem);
    }
    return {XQ::OP_SYNONYM, forms.begin(), forms.end()};
  }

  // A long word by its pieces.
  static XQ exact(Field field, std::string_view term) {
    std::vector<XQ> pieces;
    each_piece(term, [&](std::string_view piece) { pieces.emplace_back(field_letter(field) + std::string(piece)); });
    return pieces.size() == 1 ? pieces[0] : XQ(XQ::OP_AND, pieces.begin(), pieces.end());
  }

  static XQ starting_with(Field field, std::string_view term) {
    return {XQ::OP_WILDCARD, field_letter(field) + std::string(term.substr(0, kMaxTerm)),
            static_cast<Xapian::termcount>(kMaxExpansion), XQ::WILDCARD_LIMIT_ERROR, XQ::OP_SYNONYM};
  }

  // It stands at the beginning of a pair, or alone.
  static XQ one_character(Field field, std::string_view term) { return starting_with(field, term); }

  const Xapian::Database& db_;
  std::span<const Language> frequent_;
  Stemmers& stemmers_;
};

}  // namespace

std::span<const Language> languages_of(const Query& q, std::span<const Language> frequent) {
  if (q.language != kNoLanguage) return {&q.language, 1};
  return frequent.subspan(0, std::min(frequent.size(), kMaxQueryLanguages));
}

Xapian::Query plan(const Xapian::Database& db, const Query& q, std::span<const Language> frequent, Stemmers& stemmers) {
  return Planner(db, frequent, stemmers).plan(q);
}

}  // namespace postern::index
