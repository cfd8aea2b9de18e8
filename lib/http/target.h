// The request target as decoded path segments and query items.  RFC 3986 3.3, 3.4; RFC 9112 3.2.
// Runs in: jmapd.  Input: hostile.  A segment never contains NUL, and neither it nor a part of it between
// (encoded) slashes is "." or "..".  Tests: t/unit/http_target.cc, t/fuzz/http_request.cc
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace postern::http {

struct Target {
  std::vector<std::string> path;                           // "/a/b%20c/" is {"a", "b c", ""}; "/" is {""}
  std::vector<std::pair<std::string, std::string>> query;  // '+' stays a plus: URI templates write %20
  // The first item with this name; empty when absent.
  std::string_view query_value(std::string_view name) const;
};

// origin-form, absolute-form (its authority is ignored) and "*" (an empty path).
base::Result<Target> parse_target(std::string_view raw);

}  // namespace postern::http
