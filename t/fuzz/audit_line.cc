// Lines of an audit log, each by itself and as a chain; what an event says can be written again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "audit/chain.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  postern::audit::Chain chain;
  while (!text.empty()) {
    auto end = text.find('\n');
    if (auto event = postern::audit::parse_line(text.substr(0, end)))
      if (!postern::audit::parse_line(postern::audit::make_line(chain.head(), 0, event->action, event->fields))) std::abort();
    if (auto head = postern::audit::decode_head(text.substr(0, end)))
      if (postern::audit::encode(*head) != text.substr(0, end)) std::abort();
    (void)chain.next(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return 0;
}
