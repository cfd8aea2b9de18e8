// The filter of Email/query as a query::Filter.  RFC 8620 5.5, RFC 8621 4.4.1.
// Runs in: jmapd.  Input: hostile.  Limits: kMaxFilterDepth, kMaxFilterConditions, kMaxSearchText, kMaxSearchWords.
// Tests: t/unit/jmap_filter.cc, t/fuzz/jmap_request.cc
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jmap/errors.h"
#include "jmap/json.h"
#include "query/filter.h"

namespace postern::jmap {

// Maps a mailbox id of the client to a mailbox; 0 for one that does not exist.
using MailboxOf = std::function<std::uint32_t(std::string_view id)>;

// `filter` may be null (everything matches).  unsupportedFilter past the limits or for unknown conditions,
// invalidArguments for wrong types.
Method<query::Filter> parse_email_filter(const json::value* filter, const MailboxOf& mailbox_of);
// The mailbox when the filter is exactly {inMailbox}; 0 otherwise.
std::uint32_t only_mailbox(const query::Filter& filter);

// Words and quoted phrases of a text condition; nothing past kMaxSearchText or kMaxSearchWords.
std::optional<std::vector<std::string>> search_words(std::string_view text);

}  // namespace postern::jmap
