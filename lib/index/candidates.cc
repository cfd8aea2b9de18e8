// Which emails can contain a substring, by the words that they have and how these follow each other.
#include <map>
#include <optional>

#include "index/dictionary.h"
#include "index/limits.h"
#include "index/needle.h"
#include "index/open_index.h"
#include "index/phrase.h"

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

// Where two words of a needle may follow each other without doing so in the order (terms.h).
DocumentSet loose_pairs(OpenIndex& r, const Holders& first, const Holders& second) {
  Holders name(r.db.get_lastdocid()), value(r.db.get_lastdocid()), markup(r.db.get_lastdocid());
  for (const std::string& t : first.terms) {
    if (t[0] == field_letter(Field::header)) r.add_postings(t, name);
    if (t[0] == field_letter(Field::source)) r.add_postings(t, markup);
  }
  for (const std::string& t : second.terms) {
    if (letter_is_header(t[0])) r.add_postings(t, value);
    if (t[0] == field_letter(Field::source)) r.add_postings(t, markup);
  }
  name.all.keep_only(value.all);
  name.all.add_all(markup.all);
  return name.all;
}

// Takes out of `left` those in which some two neighbours of the needle stand nowhere side by side.  A step that nothing is
// known of is null.
void keep_neighbours(OpenIndex& r, const std::vector<std::optional<Holders>>& words, DocumentSet& left) {
  std::map<std::string, std::uint32_t> terms;
  std::uint32_t pairs = 0;
  std::vector<std::pair<std::uint32_t, DocumentSet>> loose;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!words[i]) continue;
    for (const std::string& t : words[i]->terms) terms[t] |= 1u << i;
    if (i + 1 == words.size() || !words[i + 1]) continue;
    pairs |= 1u << i;
    loose.emplace_back(1u << i, loose_pairs(r, *words[i], *words[i + 1]));
  }
  const Steps steps(terms.begin(), terms.end());
  Ids emails;
  std::vector<std::uint32_t> wanted;
  for (std::uint64_t email : left.ids()) {
    std::uint32_t of_email = pairs;
    for (const auto& [pair, documents] : loose)
      if (documents.has(email)) of_email &= ~pair;
    if (of_email == 0) continue;
    if (emails.size() >= kMaxOrdersRead) break;
    emails.push_back(email);
    wanted.push_back(of_email);
  }
  const Neighbours neighbours(r.db, steps, emails);
  for (std::size_t i = 0; i < emails.size(); ++i)
    if (!neighbours.has_all(i, wanted[i])) left.remove(static_cast<Xapian::docid>(emails[i]));
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
    std::vector<std::optional<Holders>> steps;
    Ids open;
    for (const Clue& c : clues) {
      Holders with(r.db.get_lastdocid());
      bool known = add(r, c, fields, with);
      if (steps.size() < kMaxSteps) steps.push_back(known ? std::optional(with) : std::nullopt);
      if (!known) continue;
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
    if (!left) return Candidates{.everything = true, .ids = {}, .open = {}};
    // The fields of a header alone are sooner looked at than the order.
    if (fields & ~kAnyHeader) keep_neighbours(r, steps, *left);
    return Candidates{.decided = decided, .ids = left->ids(), .open = std::move(open)};
  });
}

}  // namespace postern::index
