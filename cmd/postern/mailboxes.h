// The mailboxes of one account by their paths, for verbs of `postern` that name them.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cmd/postern/context.h"

namespace postern::cli {

class Mailboxes {
 public:
  static base::Result<Mailboxes> open(Context& c, const std::string& account_name);
  // What another account shares with this one's owner, as he sees it; paths begin with `prefix`.
  base::Result<Mailboxes> open_shared(std::uint64_t account, std::string prefix) const;

  std::uint64_t account() const { return ticket_.account; }
  const std::string& ticket() const { return ticket_.ticket; }
  std::int64_t ticket_time() const { return ticket_time_; }
  base::Result<> renew();

  // Path with levels parted by '/', INBOX without case.  NOT_FOUND names the path.
  base::Result<std::uint32_t> find(const std::string& path) const;
  base::Result<std::uint32_t> find_or_create(const std::string& path, const std::string& role = {});
  // Ordered by path.
  const std::map<std::string, records::Mailbox>& all() const { return by_path_; }
  // model::Rights of the account's owner there: all in his own.
  std::uint32_t rights(std::uint32_t mailbox) const;
  base::Result<> load();
  // A request with this account's ticket; writes are stamped.
  base::Result<stored::Reply> call(stored::Request request, bool write);

 private:
  Mailboxes(Context& c, Context::AccountTicket t);
  Context* c_;
  Context::AccountTicket ticket_;
  std::int64_t ticket_time_;
  std::string prefix_;
  std::map<std::string, records::Mailbox> by_path_;
  std::map<std::uint32_t, std::uint32_t> rights_;
};

}  // namespace postern::cli
