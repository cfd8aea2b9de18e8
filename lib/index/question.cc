#include "index/question.h"

#include <algorithm>

#include "index/limits.h"
#include "index/tokenizer.h"

namespace postern::index {
namespace {

using base::Result;

Found anything() { return {.everything = true}; }

Query query_of(const Question& q) {
  bool fuzzy = q.how == Question::How::fuzzy;
  return {.kind = fuzzy ? Query::Kind::words : Query::Kind::phrase, .fields = q.fields, .stemmed = fuzzy, .text = q.text};
}

Result<Found> substring(Reader& reader, const Question& q) {
  auto c = reader.candidates(q.text, q.fields);
  if (!c) return pass(c);
  if (c->everything) return anything();
  return Found{.ids = std::move(c->ids), .decided = c->decided, .open = std::move(c->open)};
}

Result<Found> words(Reader& reader, const Question& q) {
  // Of more the last ones would be left out: the text decides.
  if (tokens_of(q.text, kMaxQueryWords + 1).size() > kMaxQueryWords) return anything();
  auto ids = reader.search(query_of(q));
  if (!ids) return pass(ids);
  return Found{.ids = std::move(*ids)};
}

Result<Found> fuzzy(Reader& reader, const Question& q) {
  auto hits = reader.rank(query_of(q), kMaxRanked);
  if (!hits) return pass(hits);
  if (hits->size() == kMaxRanked) return anything();
  std::ranges::sort(*hits, {}, &Hit::email);
  Found out;
  for (const Hit& h : *hits) {
    out.ids.push_back(h.email);
    out.weights.push_back(static_cast<float>(h.weight));
  }
  return out;
}

}  // namespace

Result<Found> ask(Reader& reader, const Question& q) {
  // Signs alone are no words: only the text itself can tell.
  if (tokens_of(q.text, 1).empty()) return anything();
  auto found = q.how == Question::How::substring ? substring(reader, q)
               : q.how == Question::How::words   ? words(reader, q)
                                                 : fuzzy(reader, q);
  if (!found && found.error().code == "LIMIT") return anything();
  return found;
}

}  // namespace postern::index
