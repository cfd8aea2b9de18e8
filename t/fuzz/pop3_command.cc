// Any line: no crash, and nothing out of range is given out.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pop3/command.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern::pop3;
  Command c = parse_command({reinterpret_cast<const char*>(data), size});
  if (c.name.size() > 16) std::abort();
  if (auto n = parse_number(c.argument); n && *n == 0) std::abort();
  if (auto t = parse_top(c.argument); t && t->message == 0) std::abort();
  if (auto a = parse_auth(c.argument); a && a->mechanism.empty()) std::abort();
  return 0;
}
