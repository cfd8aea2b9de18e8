// What parses is a message with a number, within the bounds of its text.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/text.h"
#include "imap/url.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern;
  std::string_view s(reinterpret_cast<const char*>(data), size);
  auto url = imap::parse_url(s);
  if (!url) return 0;
  if (url->uid == 0 || url->rump_size > size || !base::is_valid_utf8(url->mailbox)) std::abort();
  bool authorised = url->access != imap::ImapUrl::Access::none;
  if (authorised != (url->rump_size > 0) || (!url->token.empty() && !authorised)) std::abort();
  // A rump is a URL by itself, of the same message.
  if (!authorised) return 0;
  auto rump = imap::parse_url(s.substr(0, url->rump_size));
  if (!rump || rump->uid != url->uid || rump->access != url->access || !rump->token.empty()) std::abort();
  return 0;
}
