#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "index/dictionary.h"
#include "index/meta.h"

// What is read back from an index.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern::index;
  std::string_view s(reinterpret_cast<const char*>(data), size);
  std::string lines = "\n";
  if (decode_words(s, lines)) {
    std::size_t n = 0;
    each_fit(lines, Fit::infix, "e", [&](std::string_view word) {
      if (word.contains('\n')) std::abort();
      return ++n < 1000;
    });
  }
  if (auto m = decode_meta(s); m && !decode_meta(encode(*m))) std::abort();
  decode_document_meta(s);
  return 0;
}
