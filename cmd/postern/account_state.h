// One account's mail as it is at one moment, read through stored's verbs with an admin's ticket: nothing is made or
// changed by looking.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "cmd/postern/context.h"
#include "model/sheet.h"

namespace postern::cli {

struct AccountState {
  struct Row {
    std::uint32_t mailbox = 0;
    model::SheetRow row;
  };
  stored::AccountInfo info;
  std::map<std::uint32_t, records::Mailbox> mailboxes;   // by id
  std::vector<stored::MetadataEntry> metadata;           // of those mailboxes and of the account
  std::vector<stored::LoadAccount::Script> scripts;      // by id
  std::optional<records::Vacation> vacation;
  std::vector<Row> rows;                                 // by email, mailbox and uid
  // What no client sees.
  std::map<std::uint32_t, records::Mailbox> deleted_mailboxes;   // that can still be had
  std::vector<Row> lost_rows;                            // of those; by email, mailbox and uid
  std::vector<std::uint64_t> deleted_emails;             // ascending
  std::vector<stored::TakeMarks::One> marks;             // by id
  std::vector<stored::SeenBy> seen;                      // by mailbox, principal and UID, neighbours joined

  // "A/B/C"; empty for an id that is not there.
  std::string path_of(std::uint32_t mailbox) const;
  std::uint64_t emails() const;                          // different ones in `rows`
};

// Nothing when the store does not have the account: no mail has come yet, nobody has logged in.
// While others write, mailboxes that have changed are read again until all were seen in one state.  An account that
// changes without any pause is taken as it was seen in the last of many rounds: an email that was moved during that
// round may be missing.
base::Result<std::optional<AccountState>> read_account(Context& c, std::uint64_t account);

// A mailbox's sheet and the names of its keywords.
struct MailboxSheet {
  std::shared_ptr<const model::Sheet> sheet;
  std::vector<std::string> keywords;
};
// `ticket` empty: the admin's.
base::Result<MailboxSheet> read_sheet(Context& c, const std::string& ticket, std::uint64_t account,
                                      std::uint32_t mailbox);

// GetEmails for `ids`, in order; `wanted` says what of each (its ids are not looked at).  Those that are gone are left
// out.
base::Result<> read_emails(Context& c, std::uint64_t account, std::span<const std::uint64_t> ids,
                           const stored::GetEmails& wanted,
                           const std::function<base::Result<>(stored::EmailData&)>& use);

// Paths by id, whoever has the parents and names: stored or an archive.
template <class Boxes, class Name, class Parent>
std::string mailbox_path(const Boxes& by_id, std::uint32_t id, Name name, Parent parent) {
  std::string path;
  for (int depth = 0; id && depth < 1'000; ++depth) {
    auto it = by_id.find(id);
    if (it == by_id.end()) return {};
    path = path.empty() ? std::string(name(it->second)) : std::string(name(it->second)) + "/" + path;
    id = parent(it->second);
  }
  return path;
}

}  // namespace postern::cli
