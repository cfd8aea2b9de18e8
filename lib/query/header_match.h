// Conditions on header fields, over whatever part of the header is at hand: substrings in decoded values.
// Runs in: imapd, jmapd, any thread.  Input: hostile headers.  Pure; most values are compared where they stand.
// Tests: t/unit/imap_search.cc, t/unit/jmap_filter.cc, t/unit/query_random.cc
#pragma once
#include <string>

#include "query/evaluate.h"

namespace postern::query {

// Op::field.  `unknown` when the field may be in the message without being in what is at hand.
Truth match_field(const Condition& c, mime::Collation collation, const Content& content);
// A field of this name (in lower case) that is not in a whole header cache is not in the message either.
bool cache_decides(std::string_view name);
// What of a header that form asks for: it decides the conditions on the field as the header would.
std::string form_field(std::string_view header, const FieldForm& form, mime::Collation collation);
// Op::text: is the needle in a field that its view looks at?  False may mean that only part of the header is at hand.
bool match_any_field(const Condition& c, mime::Collation collation, const Content& content);

}  // namespace postern::query
