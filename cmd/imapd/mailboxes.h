// The mailboxes of an account by their IMAP names, as stored has them at this moment.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "cmd/imapd/session.h"
#include "proto/records.pb.h"

namespace postern::imapd {

struct Mailbox {
  records::Mailbox record;
  std::string name;  // full, UTF-8, components separated by '/'
  bool has_children = false;
};

// All mailboxes, sorted by name with INBOX first.
class MailboxList {
 public:
  static io::Task<base::Result<MailboxList>> load(Session& s);
  // nullptr when there is none.  `name` is canonical.
  const Mailbox* find(std::string_view name) const;
  const Mailbox* find(std::uint32_t id) const;
  const std::vector<Mailbox>& all() const { return all_; }

 private:
  void name_all(Account& account);
  std::vector<Mailbox> all_;
};

// The canonical name of what the client wrote; errors are fit for a NO.
base::Result<std::string> canonical(const Session& s, std::string_view wire,
                                    bool may_end_in_separator = false);
// Finds the mailbox named on the wire.  NOT_FOUND when there is none.
io::Task<base::Result<Mailbox>> find_mailbox(Session& s, std::string wire);
// Parent components and last component.
std::vector<std::string> components(std::string_view name);
// "\Sent" for a role, empty when there is none.
std::string_view special_use(std::string_view role);
// The role of "\Sent", in any case; empty when it can't be given to a mailbox.
std::string_view role_of(std::string_view use);

}  // namespace postern::imapd
