// Any bytes as a script: it compiles or is refused, with the place of each mistake within the text; what compiles can
// be written and read.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sieve/compile.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern::sieve;
  static const CompileOptions options = [] {
    CompileOptions o;
    o.extensions = available(Place{true, true, true, true});
    o.notify = {true, true, true};
    return o;
  }();
  auto c = compile({reinterpret_cast<const char*>(data), size}, options);
  if (!c) {
    if (c.error().errors.empty() || c.error().errors.size() > kMaxErrors) std::abort();
    return 0;
  }
  std::string bytes = serialize(c->program);
  auto again = parse_program(bytes);
  if (!again || serialize(*again) != bytes) std::abort();
  return 0;
}
