// Which annotations a client that asked for them by NOTIFY was told of (RFC 5465 5.6, 5.7): a hash of each value, so that the
// next look finds what has changed.  Memory: kMaxNotifiedEntries names and hashes.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "cmd/imapd/mailboxes.h"

namespace postern::imapd {

inline constexpr std::size_t kMaxNotifiedEntries = 20'000;  // annotations that one session watches

class MetadataWatch {
 public:
  using Place = std::pair<std::uint64_t, std::uint32_t>;  // account and mailbox; {0, 0}: the server
  // `server`: the server's too.  `wanted`: whose annotations are watched.
  MetadataWatch(bool server, std::function<bool(const Mailbox&)> wanted) : server_(server), wanted_(std::move(wanted)) {}

  // Reads what may have changed since the last look and tells it, unless this is the first.  LIMIT: too many.
  io::Task<base::Result<>> look(Session& s, const MailboxList& list);
  // The server's annotations may have changed.
  void server_changed() { server_dirty_ = true; }
  // This session is about to change it: not to be told.
  void mine(Place place, std::string entry) { mine_.emplace(place, std::move(entry)); }

 private:
  using Entries = std::map<std::string, std::size_t>;
  using Values = std::map<std::uint32_t, Entries>;  // by mailbox
  io::Task<base::Result<>> look_at(Session& s, const MailboxList& list, MailboxList::Source source);
  io::Task<base::Result<>> look_at_server(Session& s);
  io::Task<base::Result<Values>> read(Session& s, std::shared_ptr<client::Login> login, bool server);
  void compare(Session& s, Place place, const std::string& name, Entries now);
  std::size_t size() const;

  bool server_;
  std::function<bool(const Mailbox&)> wanted_;
  bool server_dirty_ = true, first_ = true;
  std::map<Place, Entries> told_;
  std::map<std::uint64_t, std::uint64_t> modseqs_;  // of accounts, as they were looked at
  std::set<std::pair<Place, std::string>> mine_;
};

}  // namespace postern::imapd
