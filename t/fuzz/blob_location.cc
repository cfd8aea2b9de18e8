// A location from a stored row or a socket: parse() never reads outside it and answers only what serialize()
// writes.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "blob/location.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using postern::blob::Location;
  auto l = Location::parse({reinterpret_cast<const char*>(data), size});
  if (!l) return 0;
  auto again = Location::parse(l->serialize());
  if (!again || !(*again == *l)) std::abort();
  return 0;
}
