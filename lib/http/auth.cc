#include "http/auth.h"

#include <algorithm>

#include "base/codec.h"
#include "base/text.h"
#include "http/limits.h"

namespace postern::http {

std::optional<Basic> parse_basic(std::string_view authorization) {
  if (!base::istarts_with(authorization, "basic ")) return std::nullopt;
  auto text = base::trim(authorization.substr(6));
  if (text.size() > kMaxCredentials / 3 * 4 + 4) return std::nullopt;
  auto plain = base::unbase64(text);
  if (!plain || plain->size() > kMaxCredentials) return std::nullopt;
  auto colon = plain->find(':');
  if (colon == std::string::npos || colon == 0) return std::nullopt;
  Basic b{plain->substr(0, colon), plain->substr(colon + 1)};
  bool clean = std::ranges::none_of(b.name, [](char c) {
    auto u = static_cast<unsigned char>(c);
    return u < 0x20 || u == 0x7f;
  });
  if (!clean || b.password.find('\0') != std::string::npos || !base::is_valid_utf8(*plain))
    return std::nullopt;
  return b;
}

}  // namespace postern::http
