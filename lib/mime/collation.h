// How strings compare: i;unicode-casemap (RFC 5051), i;ascii-casemap, i;octet and i;ascii-numeric (RFC 4790 9).
// Runs in: every front end, sieved.  Input: UTF-8 from outside; ill-formed bytes stay as they are.  Pure and linear.
// Tests: t/unit/mime_collation.cc
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::mime {

enum class Collation : std::uint8_t { unicode_casemap, ascii_casemap, octet, ascii_numeric };

// Without case; nothing for a name that is not known.
std::optional<Collation> find_collation(std::string_view name);
std::string_view name_of(Collation c);
// i;ascii-numeric has no substring operation: SEARCH can't use it (RFC 5255 4.4).
bool has_substring(Collation c);

// Strings are in the collation's order when these keys are in the order of their bytes.
std::string sort_key(Collation c, std::string_view utf8);
// A text contains a needle when its key contains the needle's.  For i;unicode-casemap this finds everything that RFC
// 5051 makes equal and, besides, folds case fully: "STRASSE" is in "Straße".
std::string match_key(Collation c, std::string_view utf8);

}  // namespace postern::mime
