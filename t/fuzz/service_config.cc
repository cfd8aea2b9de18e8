// postern.conf: whatever the text, either a configuration whose every value is in bounds or an error that names a line.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "service/config.h"

using namespace postern::service;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  if (text.find("include") != std::string::npos) return 0;   // no files from here
  Config c;
  auto ok = c.read_text(text, "fuzz");
  if (!ok && ok.error().what.find("fuzz:") != 0) std::abort();
  for (const auto& o : options()) {
    if (o.kind == Kind::text || o.kind == Kind::list || o.kind == Kind::boolean) continue;
    auto n = c.number(o.name);
    if (n != kNone && (n < o.min || n > o.max)) std::abort();
  }
  return 0;
}
