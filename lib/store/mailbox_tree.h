// Paths in an account's tree of mailboxes.  Private to lib/store.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "store/txn.h"

namespace postern::store {

// How far a path exists: `parent` is the last mailbox found (0 = top), `missing` the components below it.
struct TreePlace {
  std::uint32_t parent = 0;
  std::vector<std::string> missing;
};
// Walks `path` from `parent`.  INVALID, LIMIT (names, depth), NOT_FOUND (parent).
Result<TreePlace> find_place(AccountState& a, std::uint32_t parent,
                             const google::protobuf::RepeatedPtrField<std::string>& path);
// CANNOT for the mailbox that shows all mail, which has none below it.
Result<> may_hold(AccountState& a, std::uint32_t parent);
// The mailbox at this path from the top, '/' between its components; nullptr when there is none.
MailboxState* at_path(AccountState& a, std::string_view path);
// Makes the missing mailboxes, the last one with the properties of `last`, all with the grants of the one above.
// REQUIRES: there is one missing, and admit_mailboxes() said yes.
MailboxState& make_missing(Txn& txn, const TreePlace& place, records::Mailbox last);
// Names from the top to this one, dead or alive; a parent that was forgotten is passed over.
std::vector<std::string> path_of(const AccountState& a, const records::Mailbox& m);
// Components from the top; 0 for the top itself.
std::size_t depth_of(AccountState& a, std::uint32_t id);
// Longest path below it, itself included.
std::size_t height_of(AccountState& a, std::uint32_t id);
// `id` is `ancestor` or below it.
bool is_below(AccountState& a, std::uint32_t id, std::uint32_t ancestor);

}  // namespace postern::store
