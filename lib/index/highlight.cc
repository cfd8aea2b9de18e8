// Where the words of a query are in a text.
#include <algorithm>
#include <set>
#include <unordered_set>

#include "index/limits.h"
#include "index/query.h"
#include "index/tokenizer.h"

namespace postern::index {

namespace {

struct Wanted {
  std::unordered_set<std::string> terms, stems;
  std::vector<std::string> prefixes;
  std::vector<std::vector<std::string>> phrases;  // runs of characters, too
};

class Gatherer {
 public:
  Gatherer(Fields fields, Stemmer& stemmer) : fields_(fields), stemmer_(stemmer) {}

  void gather(const Query& q) {
    if (q.kind == Query::Kind::none_of) return;
    for (const Query& c : q.children) gather(c);
    if ((q.fields & fields_) == 0 || q.text.empty()) return;
    auto tokens = tokens_of(q.text, kMaxQueryWords);
    if (q.kind == Query::Kind::phrase) return phrase(tokens);
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      std::size_t begin = i;
      while (i < tokens.size() && tokens[i].kind == Token::Kind::pair) ++i;
      if (i > begin) {
        phrase(std::span(tokens).subspan(begin, i - begin));
      } else {
        bool last = i + 1 == tokens.size();
        word(q, tokens[i], (last && q.kind == Query::Kind::prefix) || tokens[i].kind == Token::Kind::last);
      }
    }
  }

  Wanted wanted;

 private:
  void phrase(std::span<const OwnedToken> tokens) {
    std::vector<std::string> words;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      bool in_run = tokens[i].kind == Token::Kind::last && i > 0 && tokens[i - 1].kind == Token::Kind::pair;
      if (!in_run || i + 1 < tokens.size()) words.push_back(tokens[i].term);
    }
    if (words.size() == 1 && tokens[0].kind == Token::Kind::last)
      wanted.prefixes.push_back(words[0]);
    else if (!words.empty())
      wanted.phrases.push_back(std::move(words));
  }

  void word(const Query& q, const OwnedToken& t, bool goes_on) {
    if (goes_on) {
      wanted.prefixes.push_back(t.term);
      return;
    }
    wanted.terms.insert(t.term);
    if (!q.stemmed) return;
    std::string_view as_written = std::string_view(q.text).substr(t.begin, t.end - t.begin);
    Language l = q.language == kNoLanguage ? stemmer_.language() : q.language;
    if (is_stop_word(l, t.term)) return;
    if (l == stemmer_.language())
      wanted.stems.emplace(stemmer_.stem(as_written, t.term));
    else
      wanted.stems.emplace(Stemmer(l).stem(as_written, t.term));
  }

  Fields fields_;
  Stemmer& stemmer_;
};

bool is_wanted(const Wanted& w, const OwnedToken& t, std::string_view as_written, Stemmer& stemmer) {
  if (w.terms.contains(t.term)) return true;
  if (std::ranges::any_of(w.prefixes, [&](const auto& p) { return t.term.starts_with(p); })) return true;
  return t.kind == Token::Kind::word && !w.stems.empty() && w.stems.contains(std::string(stemmer.stem(as_written, t.term)));
}

bool stands_at(const std::vector<std::string>& phrase, const std::vector<OwnedToken>& tokens, std::size_t at) {
  if (phrase.size() > tokens.size() - at) return false;
  for (std::size_t i = 0; i < phrase.size(); ++i)
    if (tokens[at + i].term != phrase[i]) return false;
  return true;
}

}  // namespace

std::vector<Match> find_matches(const Query& q, Fields fields, std::string_view utf8, const Language& language,
                                std::size_t max) {
  std::vector<Match> out;
  if (!check_query(q)) return out;
  Stemmer stemmer(language);
  Gatherer g(fields, stemmer);
  g.gather(q);
  auto tokens = tokens_of(utf8.substr(0, kMaxText));
  std::vector<bool> marked(tokens.size(), false);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    std::string_view as_written = utf8.substr(tokens[i].begin, tokens[i].end - tokens[i].begin);
    if (is_wanted(g.wanted, tokens[i], as_written, stemmer)) marked[i] = true;
    for (const auto& phrase : g.wanted.phrases)
      if (stands_at(phrase, tokens, i)) std::fill_n(marked.begin() + static_cast<std::ptrdiff_t>(i), phrase.size(), true);
  }
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (!marked[i]) continue;
    // Pairs overlap: they and what they touch become one.
    if (!out.empty() && tokens[i].begin <= out.back().end)
      out.back().end = std::max(out.back().end, tokens[i].end);
    else if (out.size() < max)
      out.push_back({tokens[i].begin, tokens[i].end});
    else
      break;
  }
  return out;
}

}  // namespace postern::index
