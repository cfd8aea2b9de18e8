// The code point of an HTML character reference without "&" and ";"; 0 when unknown.  For html.cc.
#pragma once
#include <cstdint>
#include <string_view>

namespace postern::mime {

inline constexpr std::size_t kMaxEntityName = 10;
std::uint32_t html_entity(std::string_view name);

}  // namespace postern::mime
