#include "index/needle.h"

#include "index/limits.h"
#include "index/terms.h"
#include "index/tokenizer.h"

namespace postern::index {

namespace {

// Stands before and behind the needle: what grows together with it may be part of a longer word.
constexpr std::string_view kEdge = "a";

// As far as it is sure to be in one piece of a long word.
Clue clue(Clue::Kind kind, std::string_view term) {
  using Kind = Clue::Kind;
  if (kind == Kind::suffix && term.size() > kTermOverlap)
    return {Kind::infix, std::string(term.substr(term.size() - kTermOverlap))};
  if (kind == Kind::infix && term.size() > kTermOverlap) return {kind, std::string(term.substr(0, kTermOverlap))};
  return {kind, std::string(term.substr(0, kMaxTerm))};
}

}  // namespace

std::vector<Clue> clues_of(std::string_view needle) {
  using Kind = Clue::Kind;
  std::string text = std::string(kEdge).append(needle).append(kEdge);
  auto tokens = tokens_of(text, kMaxQueryWords);
  std::vector<Clue> out;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const OwnedToken& t = tokens[i];
    std::string_view term = t.term;
    bool first = i == 0, last = t.end == text.size();
    if (first) term.remove_prefix(kEdge.size());
    if (last && !term.empty()) term.remove_suffix(kEdge.size());
    if (term.empty()) continue;
    if (t.kind == Token::Kind::last) {
      bool goes_on = i + 1 < tokens.size() && tokens[i + 1].end == text.size() && tokens[i + 1].begin == t.end &&
                     tokens[i + 1].term == kEdge;
      bool alone = tokens[i - 1].kind != Token::Kind::pair;
      if (!goes_on)
        out.push_back(clue(Kind::whole, term));
      else if (alone)
        out.push_back({Kind::beginning, std::string(term)});
    } else if (first || last) {
      out.push_back(clue(first && last ? Kind::infix : first ? Kind::suffix : Kind::prefix, term));
    } else {
      each_piece(term, [&](std::string_view piece) { out.push_back({Kind::whole, std::string(piece)}); });
    }
  }
  if (out.size() > kMaxQueryWords) out.resize(kMaxQueryWords);
  return out;
}

}  // namespace postern::index
