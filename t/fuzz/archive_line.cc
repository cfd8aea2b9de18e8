// Lines and manifests of an archive.  What is accepted comes back the same after it was written again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "archive/line.h"

using namespace postern::archive;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto line = parse_line(text)) {
    auto again = parse_line(to_json(*line));
    if (!again || !(*again == *line)) std::abort();
  }
  if (auto m = parse_manifest(text)) {
    auto again = parse_manifest(to_json(*m));
    if (!again || !(*again == *m)) std::abort();
  }
  return 0;
}
