// Mailboxes as JMAP shows, filters, sorts and changes them.  RFC 8621 2.
// Runs in: jmapd.  Input: hostile (arguments); records from stored.  Tests: t/unit/jmap_mailbox.cc
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jmap/args.h"
#include "jmap/email_patch.h"

namespace postern::records {
class Mailbox;
}

namespace postern::jmap {

// Which properties a Mailbox/get answers, as bits; nothing for an unknown name.
Method<std::uint32_t> read_mailbox_properties(Args& args);
inline constexpr std::uint32_t kAllMailboxProperties = ~0u;
// `properties` of read_mailbox_properties().
json::object mailbox_json(const records::Mailbox& m, std::uint64_t account, std::uint32_t properties,
                          json::storage_ptr sp);
// The names of the count properties, for updatedProperties (RFC 8621 2.2).
json::array mailbox_count_properties(json::storage_ptr sp);

// The result of Mailbox/query: filtered and sorted indexes into `all`.  Nothing of it survives the call but
// numbers.
struct MailboxQuery {
  const json::value* filter = nullptr;
  const json::value* sort = nullptr;
  bool sort_as_tree = false, filter_as_tree = false;
};
Method<std::vector<std::size_t>> query_mailboxes(const std::vector<const records::Mailbox*>& all,
                                                 std::uint64_t account, const MailboxQuery& query,
                                                 const MailboxNumber& number);

// Mailbox/set create and update: what is given, checked as far as it can be without the store.
struct MailboxChange {
  std::optional<std::string> name;  // in NFC, which need not be how it was given
  std::optional<std::uint32_t> parent;  // 0: top
  std::optional<std::string> role;      // empty: none
  std::optional<std::uint32_t> sort_order;
  std::optional<bool> subscribed;
  std::string waits_for;  // "#id" of a parent that is not created yet
};
// `current` is null for a create; server-set properties must be as they are there.
Set<MailboxChange> parse_mailbox_change(const json::object& o, const records::Mailbox* current,
                                        std::uint64_t account, const MailboxNumber& number);

}  // namespace postern::jmap
