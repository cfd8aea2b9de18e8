// Message ids of Message-ID, In-Reply-To and References.
// Runs in: every front end.  Input: hostile.  Pure, linear, at most kMaxMessageIds ids (the first and the
// last ones).  RFC 5322 3.6.4, RFC 8621 4.1.2.5.
// Tests: t/unit/mime_message_id.cc
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace postern::mime {

// The ids without angle brackets, comments and folds removed, quoted local parts unquoted where that changes
// nothing, in order; text between them is skipped.  A value without any "<" that is one word gives that word,
// so that broken senders still thread.  Ids longer than kMaxMessageId are left out.
std::vector<std::string> parse_message_ids(std::string_view raw);
// RFC 8621's asMessageIds: nothing but ids and CFWS may stand there; false when the value does not parse.
bool parse_message_ids_strict(std::string_view raw, std::vector<std::string>& out);

}  // namespace postern::mime
