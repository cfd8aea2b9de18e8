// Basic credentials (RFC 7617, charset UTF-8).  Runs in: jmapd.  Input: hostile.  Tests: t/unit/http_auth.cc
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace postern::http {

struct Basic {
  std::string name, password;
};

// From the value of an Authorization field.  Nothing unless it is well-formed, within kMaxCredentials,
// without NUL or control characters in the name, and in UTF-8.
std::optional<Basic> parse_basic(std::string_view authorization);

}  // namespace postern::http
