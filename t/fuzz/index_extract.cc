#include <cstdint>
#include <cstdlib>
#include <set>
#include <string_view>
#include <unordered_map>

#include "base/text.h"
#include "index/extract.h"
#include "index/limits.h"
#include "index/terms.h"
#include "index/tokenizer.h"

namespace {

using namespace postern::index;

// Two words that follow each other in a text do so in the order, too, unless one is of markup alone: a substring of several
// words relies on it.
void check_neighbours(const Document& d, const TermList& terms) {
  std::unordered_map<std::string, std::uint32_t> numbers;
  for (const auto& [term, count] : terms.terms)
    if (letter_has_order(term[0])) numbers.emplace(term, numbers.size() + 1);
  std::set<std::pair<std::uint32_t, std::uint32_t>> pairs;
  for (std::size_t i = 1; i < terms.order.size(); ++i) pairs.emplace(terms.order[i - 1], terms.order[i]);
  auto number_of = [&](Field field, std::string_view word) {
    std::string w(word);
    auto body = numbers.find(field_letter(Field::body) + w);
    if (field != Field::source) return numbers.at(field_letter(field) + w);
    return body == numbers.end() ? 0 : body->second;
  };
  for (const Text& t : d.texts) {
    if (t.field == Field::header) continue;
    std::uint32_t before = 0;
    tokenize(t.text, [&](const Token& token) {
      each_piece(token.term, [&](std::string_view piece) {
        std::uint32_t n = number_of(t.field, piece);
        if (before != 0 && n != 0 && !pairs.contains({before, n})) std::abort();
        before = n;
      });
      return true;
    });
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Stemmers stemmers;
  std::string_view s(reinterpret_cast<const char*>(data), size);
  Document d = extract(s);
  for (const Text& t : d.texts)
    if (!postern::base::is_valid_utf8(t.text)) std::abort();
  TermList terms = terms_of(d, find_language("en"), stemmers);
  if (terms.terms.size() > kMaxTermsPerEmail + 100) std::abort();
  std::string before;
  std::uint32_t ordered = 0;
  for (const auto& [term, count] : terms.terms) {
    if (term <= before || term.size() > kMaxTerm + 2) std::abort();
    before = term;
    ordered += letter_has_order(term[0]);
  }
  for (std::uint32_t n : terms.order)
    if (n > ordered) std::abort();
  if (!terms.incomplete) check_neighbours(d, terms);
  return 0;
}
