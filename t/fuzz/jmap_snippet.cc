// Whatever stands in a message and in a filter: a snippet has no markup but its marks, and is no longer than allowed.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "jmap/limits.h"
#include "jmap/snippet.h"
#include "mime/charset.h"

namespace {

void check(std::string s) {
  for (std::string_view mark : {"<mark>", "</mark>"})
    for (std::size_t at; (at = s.find(mark)) != s.npos;) s.erase(at, mark.size());
  if (s.find_first_of("<>\"'") != s.npos) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern;
  std::string_view all(reinterpret_cast<const char*>(data), size);
  auto end = all.find('\n');
  if (end == all.npos) return 0;
  query::Filter f;
  f.set_root(f.add({.op = query::Condition::Op::text, .text = mime::make_valid_utf8(all.substr(0, end))}));
  auto terms = jmap::snippet_terms(f);
  std::string text = mime::make_valid_utf8(all.substr(end + 1));
  if (auto s = jmap::mark_all(terms.subject, text)) check(*s);
  if (auto s = jmap::mark_part(terms.body, text)) {
    if (s->size() > jmap::kMaxSnippet) std::abort();
    check(*s);
  }
  return 0;
}
