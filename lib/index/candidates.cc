// Which emails can contain a substring, by the words that they have.
#include <optional>

#include "index/dictionary.h"
#include "index/limits.h"
#include "index/needle.h"
#include "index/open_index.h"

namespace postern::index {

namespace {

// Characters of a run that begin a pair, or are all of one.  False: too many terms.
bool add_beginning(OpenIndex& r, std::string_view character, Fields fields, Holders& to) {
  std::size_t n = 0;
  for (unsigned f = 0; f < kFieldCount; ++f) {
    if (!(fields & bit(static_cast<Field>(f)))) continue;
    std::string prefix = field_letter(static_cast<Field>(f)) + std::string(character);
    for (auto t = r.db.allterms_begin(prefix); t != r.db.allterms_end(prefix); ++t) {
      if (++n > kMaxExpansion) return false;
      r.add_postings(*t, to);
    }
  }
  return true;
}

bool add_fits(OpenIndex& r, Fit fit, std::string_view token, Fields fields, Holders& to) {
  std::size_t n = 0;
  each_fit(r.words, fit, token, [&](std::string_view word) {
    if (++n > kMaxExpansion) return false;
    r.add_term(word, fields, to);
    return true;
  });
  return n <= kMaxExpansion;
}

// False: the clue excludes nobody, as far as can be said cheaply.
bool add(OpenIndex& r, const Clue& c, Fields fields, Holders& to) {
  switch (c.kind) {
    case Clue::Kind::whole: r.add_term(c.term, fields, to); return true;
    case Clue::Kind::beginning: return add_beginning(r, c.term, fields, to);
    case Clue::Kind::infix: return add_fits(r, Fit::infix, c.term, fields, to);
    case Clue::Kind::prefix: return add_fits(r, Fit::prefix, c.term, fields, to);
    case Clue::Kind::suffix: return add_fits(r, Fit::suffix, c.term, fields, to);
  }
  return false;
}

}  // namespace

base::Result<Reader::Candidates> Reader::candidates(std::string_view needle, Fields fields) {
  auto clues = clues_of(needle.substr(0, kMaxQueryText));
  return guarded("looking for words", [&]() -> base::Result<Candidates> {
    OpenIndex& r = *open_;
    if (auto ok = r.read_words(); !ok) return base::pass(ok);
    // A needle inside of one word that folding did not change: what holds such a word holds the needle.
    bool decided = clues.size() == 1 && clues[0].term == needle;
    std::optional<DocumentSet> left;
    Ids open;
    for (const Clue& c : clues) {
      Holders with(r.db.get_lastdocid());
      if (!add(r, c, fields, with)) continue;
      if (left)
        left->keep_only(with.all);
      else
        left = with.all;
      if (decided) {
        with.all.remove(with.proven);
        open = with.all.ids();
      }
      if (left->empty()) break;
    }
    if (!left) return Candidates{.everything = true};
    return Candidates{.decided = decided, .ids = left->ids(), .open = std::move(open)};
  });
}

}  // namespace postern::index
