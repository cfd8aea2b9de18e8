#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "mime/date.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern::mime;
  std::string_view s(reinterpret_cast<const char*>(data), size);
  auto require = [](bool ok) {
    if (!ok) std::abort();
  };
  // Years whose every zone stays within 1-9999 survive each format.
  auto steady = [](const DateTime& t) { return t.seconds > -62'000'000'000 && t.seconds < 253'000'000'000; };
  if (auto t = parse_date(s); t && steady(*t)) require(parse_date(format_date(*t)) == t);
  if (auto t = parse_imap_datetime(s); t && steady(*t))
    require(parse_imap_datetime(format_imap_datetime(*t)) == t);
  if (auto d = parse_imap_date(s)) require(parse_imap_date(format_imap_date(*d)) == d);
  if (auto t = parse_rfc3339(s); t && steady(*t)) {
    require(parse_rfc3339(format_rfc3339(*t)) == t);
    require(parse_utc_date(format_utc_date(t->seconds)) == t->seconds);
  }
  if (size >= 8) {
    std::int64_t v = 0;
    for (std::size_t i = 0; i < 8; ++i)
      v = static_cast<std::int64_t>(static_cast<std::uint64_t>(v) << 8 | data[i]);
    format_date({v, 0});
    format_imap_datetime({v, -720});
    format_utc_date(v);
  }
  return 0;
}
