// Any text as a name: refused, or a canonical key that is its own canonical key and holds nothing odd.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "auth/limits.h"
#include "auth/names.h"
#include "base/text.h"

using namespace postern;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto a = auth::parse_address(text, {"example.org"})) {
    std::string key = a->key();
    if (auth::canonical_name(key, {}).value_or("") != key) abort();
    if (a->local.size() > auth::kMaxLocalPart || a->domain.size() > auth::kMaxDomain) abort();
    if (key.find_first_of(std::string_view("%*/\\\"()<>,;:[] +\n\r\0", 20)) != std::string::npos) abort();
    if (key.find("..") != std::string::npos || !base::is_valid_utf8(key) || !base::is_valid_utf8(a->detail))
      abort();
  }
  if (auto d = auth::canonical_domain(text); d && auth::canonical_domain(*d).value_or("") != *d) abort();
  return 0;
}
