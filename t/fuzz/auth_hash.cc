// Any text as a stored password hash, as an import brings it: refused, or of a scheme with a name.
#include <cstdint>
#include <cstdlib>

#include "auth/foreign.h"
#include "auth/password.h"

using namespace postern;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auth::check_hash(text) && auth::scheme_name(text).empty()) abort();
  // Only what is cheap is computed: a fuzzer has no time for a million rounds.
  auto f = auth::parse_foreign(text);
  if (f && f->kind != auth::Foreign::Kind::crypt && f->iterations < 100)
    (void)auth::verify_foreign("secret", *f);
  return 0;
}
