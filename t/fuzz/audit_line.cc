// Lines of an audit log, each by itself and as a chain.
#include <cstdint>
#include <string_view>

#include "audit/chain.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  postern::audit::Chain chain;
  while (!text.empty()) {
    auto end = text.find('\n');
    (void)postern::audit::parse_line(text.substr(0, end));
    (void)chain.next(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return 0;
}
