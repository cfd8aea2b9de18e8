// Times that people type.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace postern::cli {

// "2026-11-30", "2026-11-30T07:42:20Z" (UTC), "@1700000000" (unix seconds), or an age as "2h" or "14d" before `now`.
std::optional<std::int64_t> parse_when(std::string_view text, std::int64_t now);
// "2026-11-30 07:42" in UTC.
std::string format_when(std::int64_t unix_seconds);

}  // namespace postern::cli
