#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/text.h"
#include "mime/address.h"
#include "mime/header.h"
#include "mime/imap_format.h"
#include "mime/limits.h"
#include "mime/message_id.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern;
  using namespace postern::mime;
  std::string_view s(reinterpret_cast<const char*>(data), size);
  auto list = parse_addresses(s);
  if (list.items.size() > kMaxAddresses) std::abort();
  int depth = 0;
  for (const auto& a : list.items) {
    if (a.kind == Address::Kind::group_begin && depth++ != 0) std::abort();
    if (a.kind == Address::Kind::group_end && --depth != 0) std::abort();
    for (const auto& text : {a.name(), a.email()})
      if (!base::is_valid_utf8(text) ||
          text.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
        std::abort();
    // What is formatted reads back as one address, unless it is too long for one: as UTF-8 it may be longer than it was.
    bool fits = a.email().size() <= kMaxAddressPart;
    if (a.kind == Address::Kind::mailbox && fits && !a.domain.empty() && !a.local.empty() && a.domain[0] != '[') {
      auto again = parse_address(format_address(a.name(), a.email()));
      if (!again || again->email() != a.email()) std::abort();
    }
  }
  if (depth != 0) std::abort();
  grouped_addresses(list);
  parse_params(s);
  parse_message_ids(s);
  std::vector<std::string> ids;
  parse_message_ids_strict(s, ids);
  std::string block = "From: " + std::string(s);
  if (envelope(block).empty() || envelope(s).empty()) std::abort();
  return 0;
}
