#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/text.h"
#include "index/extract.h"
#include "index/limits.h"
#include "index/terms.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern::index;
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
  return 0;
}
