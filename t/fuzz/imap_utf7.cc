// Decoding is strict, so what decodes encodes to the same bytes again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/text.h"
#include "imap/mailbox_name.h"
#include "imap/utf7.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern;
  std::string_view s(reinterpret_cast<const char*>(data), size);
  if (auto decoded = imap::utf7_to_utf8(s)) {
    if (!base::is_valid_utf8(*decoded)) std::abort();
    if (imap::utf8_to_utf7(*decoded) != s) std::abort();
  }
  if (base::is_valid_utf8(s) && imap::utf7_to_utf8(imap::utf8_to_utf7(s)) != s) std::abort();
  for (bool utf8 : {false, true}) {
    auto name = imap::parse_mailbox_name(s, utf8);
    if (!name) continue;
    // A canonical name is its own canonical form.
    auto again = imap::parse_mailbox_name(imap::mailbox_name_to_wire(*name, utf8), utf8);
    if (!again || *again != *name) std::abort();
  }
  return 0;
}
