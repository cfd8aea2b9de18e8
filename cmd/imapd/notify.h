// What a client has asked by NOTIFY to be told of mailboxes other than the selected one, its own and those that others share
// with it: of these only what the rights `l` and `r` show (RFC 5465 5).
// Changes are found by comparing the list of mailboxes with what was told last: a client that reads slowly is told less
// often, never of more than the present state, so that memory is bounded by kMaxNotified mailboxes.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cmd/imapd/mailbox_choice.h"
#include "cmd/imapd/notify_metadata.h"
#include "cmd/imapd/session.h"
#include "imap/notify_args.h"

namespace postern::imapd {

inline constexpr std::size_t kMaxNotified = 10'000;   // mailboxes that one session watches
inline constexpr std::uint64_t kNotifyPauseMs = 100;  // between two looks at them

class Notify {
 public:
  // What is asked for and can be: all others are refused with BADEVENT.
  static constexpr unsigned kSupported = imap::kMessageNew | imap::kMessageExpunge | imap::kFlagChange |
                                         imap::kAnnotationChange |
                                         imap::kMailboxName | imap::kSubscriptionChange |
                                         imap::kMailboxMetadataChange | imap::kServerMetadataChange;

  explicit Notify(const imap::NotifyArgs& args, const Session& s);
  // Takes the first look; `status`: tells STATUS of all mailboxes whose messages are watched.  LIMIT: too many.
  io::Task<base::Result<>> begin(Session& s, bool status);
  // Events of other mailboxes were asked for.
  bool watches() const { return !groups_.empty(); }
  bool dirty() const { return dirty_; }
  // Milliseconds until the next look may be taken.
  std::uint64_t pause() const;
  // Tells what changed, if anything may have and the pause is over.
  io::Task<void> look(Session& s);
  // This session itself is about to create, delete, rename or subscribe it: not to be told.
  void mine(std::string name) {
    if (watches()) mine_.insert(std::move(name));
  }
  void mine(MetadataWatch::Place place, std::string entry) {
    if (metadata_) metadata_->mine(place, std::move(entry));
  }
  const imap::FetchArgs& new_items() const { return items_; }

 private:
  struct Group {
    MailboxChoice choice;
    unsigned events = 0;
  };
  using Key = std::pair<std::uint64_t, std::uint32_t>;  // account, mailbox
  // A mailbox as it was told.
  struct Seen {
    std::string name, own_name;
    std::uint32_t parent = 0, rows = 0, uidnext = 0, uidvalidity = 0, unseen = 0;
    std::uint64_t modseq = 0;
    bool subscribed = false;
  };
  static Seen seen_of(const Mailbox& m);
  static Key key_of(const Mailbox& m) { return {m.login->account(), m.record.id()}; }
  io::Task<base::Result<MailboxList>> load(Session& s);
  io::Task<base::Result<>> take_look(Session& s, bool status);
  unsigned asked_of(const Mailbox& m) const;
  unsigned events_of(const Mailbox& m) const;
  void overflow(Session& s);
  void compare(Session& s, const MailboxList& list);
  void compare_names(Session& s, const MailboxList& list, const Mailbox& m, const Seen* old, unsigned events);
  void compare_messages(Session& s, const Mailbox& m, const Seen& old, unsigned events);
  void tell_gone(Session& s, const MailboxList& list, const Seen& old, Key key);
  void tell_parent(Session& s, const MailboxList& list, Key parent);
  void tell_access(Session& s, const MailboxList& list);
  bool keep(const MailboxList& list);

  std::vector<Group> groups_;
  imap::FetchArgs items_;
  void watch(Session& s, std::shared_ptr<client::Login> login, std::uint64_t account);
  bool others_ = false;  // mailboxes of others may be among those asked for
  std::map<Key, Seen> seen_;
  std::set<Key> no_access_;  // told: they are listed, but may not be read
  std::set<std::string> mine_;
  std::set<Key> listed_;  // parents that this look has told of
  std::unique_ptr<MetadataWatch> metadata_;  // null while nobody asked for it
  std::map<std::uint64_t, std::unique_ptr<client::Watch>> watches_;  // by account; 0: the server's annotations
  bool dirty_ = false;
  std::uint64_t next_look_ = 0;  // monotonic ms
};

}  // namespace postern::imapd
