// Mailboxes by their IMAP names, as stored has them at this moment: the user's own, and what others share with him
// (sharing.h).
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
  model::Rights rights = model::kAllRights;  // 0: it only stands above others
  // Whose it is: the user in that account, for calls of stored about it.
  std::shared_ptr<client::Login> login;
  std::shared_ptr<Account> account;

  bool is_selected(const Session& s) const { return s.box && s.account == account && s.box->id == record.id(); }
  // RFC 4314 4: who has no `l` is not shown it in a list.
  bool listed() const { return rights & model::kLookup; }
  // A name that is subscribed and has no mailbox (lost_subscriptions.h).
  bool is_lost() const { return record.id() == 0 && record.subscribed(); }
};

// Mailboxes sorted by name with INBOX first.
class MailboxList {
 public:
  // The user's own.
  static io::Task<base::Result<MailboxList>> load(Session& s);
  // His and what others share with him, which is marked as subscribed where he is.
  static io::Task<base::Result<MailboxList>> load_all(Session& s);
  // Of one account; names begin with `prefix`, which is empty or ends with the separator.
  static io::Task<base::Result<MailboxList>> load_of(Session& s, std::shared_ptr<client::Login> login,
                                                     std::shared_ptr<Account> account, std::string prefix);
  // Names that are subscribed whether or not there is such a mailbox.  Those without one come into the list, as do the
  // names above them, when `missing`.
  void add_subscribed(const Session& s, const std::vector<std::string>& names, bool missing);
  // nullptr when there is none.  `name` is canonical.
  const Mailbox* find(std::string_view name) const;
  const Mailbox* find(std::uint64_t account, std::uint32_t id) const;
  const std::vector<Mailbox>& all() const { return all_; }
  // The accounts that are in it, with the modseq at which an annotation there was last changed.
  struct Source {
    std::shared_ptr<client::Login> login;
    std::uint64_t metadata_modseq = 0;
  };
  const std::vector<Source>& sources() const { return sources_; }

 private:
  void name_all(Account& account, const std::string& prefix);
  std::vector<Mailbox> all_;
  std::vector<Source> sources_;
};

// The canonical name of what the client wrote; errors are fit for a NO.
base::Result<std::string> canonical(const Session& s, std::string_view wire,
                                    bool may_end_in_separator = false);
// Finds the mailbox named on the wire, whose ever it is.  NOT_FOUND when there is none that the user may know of.
io::Task<base::Result<Mailbox>> find_mailbox(Session& s, std::string wire);
// Has he these rights?  DENIED; NOT_FOUND for what he may not list; CANNOT for what nobody may do where all mail is shown.
base::Result<> permit(const Mailbox& m, model::Rights need);
// A mailbox that may be made: in the user's account unless the name leads into one that shares something.
struct NewPlace {
  std::shared_ptr<client::Login> login;
  std::shared_ptr<Account> account;
  std::vector<std::string> path;  // components there
};
io::Task<base::Result<NewPlace>> place_for(Session& s, std::string name);
// "* LIST (ATTRIBUTES) "/" name\r\n", with OLDNAME where that is not empty (RFC 9051 6.3.9.7).
std::string list_line(const Session& s, std::string_view attributes, std::string_view name, std::string_view old_name = {});
// Tells a client of IMAP4rev2 that what it wrote is another name here: INBOX, or normalized.
void tell_normalized(Session& s, std::string_view attributes, std::string_view name, std::string_view written);

// Parent components and last component.
std::vector<std::string> components(std::string_view name);
// What LIST tells of the mailboxes below it: \HasChildren, \HasNoChildren, and \NoInferiors where none can be.
std::string_view child_attributes(const Mailbox& m);
// "\Sent" for its role, empty when there is none.
std::string_view special_use(const records::Mailbox& m);
// The role of "\Sent", in any case; empty when it can't be given to a mailbox.
std::string_view role_of(std::string_view use);

}  // namespace postern::imapd
