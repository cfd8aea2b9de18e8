// Boost.JSON under the names of this library, and the one strict parser.  Internal: include it in .cc files
// and in the headers of this folder only, it is slow to compile.
#pragma once
#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::jmap {

namespace json = boost::json;

inline std::string_view sv(const json::string& s) {
  return {s.data(), s.size()};
}
// The text of a JSON string; empty for everything else.
inline std::string_view text_of(const json::value& v) {
  return v.is_string() ? sv(v.get_string()) : std::string_view();
}
// A whole number within the 53 bits that JMAP allows (RFC 8620 1.3); 3.0 counts as 3.
std::optional<std::int64_t> int_of(const json::value& v);
// The same, not negative.
std::optional<std::uint64_t> uint_of(const json::value& v);
// The member, or nullptr when it is absent.
const json::value* find(const json::object& o, std::string_view name);

// Exactly one I-JSON text (RFC 7493).  Refused beyond what RFC 8259 forbids: duplicate member names, NUL in a
// member name, numbers outside of a double, nesting over kMaxJsonDepth, more than kMaxJsonValues values. Lone
// surrogates and bad UTF-8 are refused too.  Values are allocated from `sp`, which must outlive them.
struct Parsed {
  json::value value;
  bool ok = false;
  bool too_many = false;  // refused for kMaxJsonValues
};
Parsed parse_ijson(std::string_view text, json::storage_ptr sp);

std::string to_text(const json::value& v);

}  // namespace postern::jmap
