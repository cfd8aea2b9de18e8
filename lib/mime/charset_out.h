// UTF-8 to any charset that ICU knows, and the encoded words of a header moved to UTF-8: what CONVERT (RFC 5259) needs.
// Runs in: imapd, on workers.  Input: hostile.  Linear.  Tests: t/unit/mime_charset_out.cc
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace postern::mime {

// Characters that `charset` lacks become `replacement`; without one, or when that can't be written either, nothing.
// Nothing for a charset that is not known.  REQUIRES: valid UTF-8.
std::optional<std::string> from_utf8(std::string_view utf8, std::string_view charset,
                                     const std::optional<std::string>& replacement = {});

// A header block in which each run of encoded words (RFC 2047) is one of UTF-8; what can't be decoded stays as it is.
std::string words_to_utf8(std::string_view header);

}  // namespace postern::mime
