// Compressed bytes of a client in pieces of odd sizes: with and without resting in between the same comes out.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "io/deflate.h"

namespace {

// Everything up to the first error.
std::string run(std::string_view raw, bool rest) {
  postern::io::Inflater in;
  std::string out, buffer(777, '\0');
  std::size_t piece = 1 + raw.size() % 29;
  while ((in.pending() || !raw.empty()) && out.size() < (1u << 20)) {
    if (!in.pending()) {
      if (rest) in.rest();
      auto room = in.room();
      std::size_t n = std::min({piece, room.size(), raw.size()});
      std::copy_n(raw.data(), n, room.data());
      in.added(n);
      raw.remove_prefix(n);
    }
    auto got = in.read(buffer);
    if (!got) break;
    out.append(buffer, 0, *got);
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view raw(reinterpret_cast<const char*>(data), size);
  if (run(raw, false) != run(raw, true)) std::abort();
  return 0;
}
