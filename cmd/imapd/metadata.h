// Annotations of many mailboxes at once, for LIST RETURN (METADATA ...) (RFC 9590).
#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cmd/imapd/mailboxes.h"

namespace postern::imapd {

// By account, mailbox and entry.
using AllMetadata = std::map<std::pair<std::uint64_t, std::uint32_t>, std::map<std::string, std::string>>;
// Of all mailboxes of the list, one call of stored an account.
io::Task<base::Result<AllMetadata>> load_metadata(Session& s, const MailboxList& list, std::vector<std::string> entries);
// "* METADATA name (entry value ...)": NIL for what has no value.
void metadata_line(Session& s, std::string& out, const Mailbox& m, const std::vector<std::string>& entries,
                   const AllMetadata& all);

}  // namespace postern::imapd
