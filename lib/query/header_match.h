// Conditions on header fields, over whatever part of the header is at hand: substrings in decoded values.
// Runs in: imapd, jmapd, any thread.  Input: hostile headers.  Pure; most values are compared where they stand.
// Tests: t/unit/imap_search.cc, t/unit/jmap_filter.cc, t/unit/query_random.cc
#pragma once
#include <string>

#include "query/evaluate.h"

namespace postern::query {

// Op::field.  `unknown` when the field may be in the message without being in what is at hand.
Truth match_field(const Condition& c, mime::Collation collation, const Content& content);
// A field as it stands in the header, each time that it does: alone it decides Op::field as the whole header would.
std::string field_lines(std::string_view header, std::string_view name);
// Op::text: is the needle in a field that its view looks at?  False may mean that only part of the header is at hand.
bool match_any_field(const Condition& c, mime::Collation collation, const Content& content);

}  // namespace postern::query
