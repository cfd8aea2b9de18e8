#include "cmd/postern/when.h"

#include <time.h>

#include <string>

#include "base/text.h"

namespace postern::cli {

std::optional<std::int64_t> parse_when(std::string_view text, std::int64_t now) {
  if (text.starts_with('@')) {
    auto n = base::parse_u64(text.substr(1));
    return n ? std::optional(static_cast<std::int64_t>(*n)) : std::nullopt;
  }
  std::string s(text);
  tm t{};
  for (const char* form : {"%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d"}) {
    t = {};
    const char* end = ::strptime(s.c_str(), form, &t);
    if (end && *end == '\0') return ::timegm(&t);
  }
  // A bare number would be an age in seconds: nobody means that.
  auto age = text.empty() || base::is_digit(text.back()) ? std::nullopt : base::parse_duration(text);
  return age ? std::optional(now - static_cast<std::int64_t>(*age)) : std::nullopt;
}

std::string format_when(std::int64_t at) {
  time_t seconds = at;
  tm t{};
  char out[64];
  if (!::gmtime_r(&seconds, &t) || ::strftime(out, sizeof out, "%Y-%m-%d %H:%M", &t) == 0) return "@" + std::to_string(at);
  return out;
}

}  // namespace postern::cli
