#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "index/limits.h"
#include "index/needle.h"
#include "index/query.h"
#include "index/tokenizer.h"

// The text, and a part of it as a needle.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern::index;
  if (size < 2) return 0;
  std::string_view s(reinterpret_cast<const char*>(data) + 2, size - 2);
  std::size_t at = 0;
  tokenize(s, [&](const Token& t) {
    if (t.term.empty() || t.begin < at || t.end <= t.begin || t.end > s.size()) std::abort();
    at = t.begin;
    return true;
  });
  std::size_t from = data[0] % (s.size() + 1);
  std::string_view needle = s.substr(from, data[1]);
  for (const Clue& c : clues_of(needle))
    if (c.term.empty() || c.term.size() > kMaxTerm) std::abort();
  Query q{.kind = data[0] % 2 ? Query::Kind::phrase : Query::Kind::prefix, .stemmed = true, .text = std::string(needle)};
  std::size_t end = 0;
  for (const Match& m : find_matches(q, kReaderText, s, find_language("de"))) {
    if (m.begin < end || m.end <= m.begin || m.end > s.size()) std::abort();
    end = m.end;
  }
  return 0;
}
