// What stored keeps of an account in memory: its row, its mailboxes, the results of recent writes, rows in
// use.  The database is the truth; this is a copy of it that includes every commit, durable or not.
// Runs in: stored, on the store thread only.
#pragma once
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kv/engine.h"
#include "proto/records.pb.h"
#include "store/access.h"
#include "store/flag_rows.h"
#include "store/hot_rows.h"

namespace postern::store {

using base::Result;

struct MailboxState {
  records::Mailbox rec;
  std::unique_ptr<HotRows> hot;    // nothing until somebody needs the rows
  std::uint32_t children = 0;      // living ones
  std::uint32_t emptied_to = 0;    // of a dead one: rows up to this UID have left their emails
  int touched = -1;                // index in the commit under way
  bool alive() const { return rec.destroyed() == 0; }
};

// Raw rows by number, forgotten all at once when they are many.  An empty one: the disk has no such row.
class RowCache {
 public:
  const std::string* find(std::uint64_t id) const;
  void put(std::uint64_t id, std::string bytes);
  void drop(std::uint64_t id);
  std::size_t bytes() const { return bytes_; }

 private:
  std::unordered_map<std::uint64_t, std::string> rows_;
  std::size_t bytes_ = 0;
};

// The emails of an account as its sheet shows them, ascending by id.
struct HotEmail {
  model::SheetRow row;
  std::vector<std::uint32_t> mailboxes;  // where a row lacks \Deleted; none: the email is not in the sheet
};

// The stored results of writes, "R" rows: which slot holds whose.  A slot is free once its client has
// acknowledged it or an hour has passed; a new result takes a free one, so that the rows stay few and none is
// ever deleted.
class ResultSlots {
 public:
  struct Key {
    std::uint64_t client = 0, sequence = 0;
    bool operator==(const Key&) const = default;
  };
  // client -> the highest sequence that it has acknowledged
  using Acknowledged = std::unordered_map<std::uint64_t, std::uint64_t>;

  void load(std::size_t slot, Key key, std::int64_t time);
  std::optional<std::uint32_t> find(Key key) const;
  std::uint32_t take(Key key, std::int64_t now, const Acknowledged& acknowledged);
  std::size_t size() const { return slots_.size(); }

 private:
  struct Slot {
    Key key;
    std::int64_t time = 0;   // 0 = free
  };
  struct Hash {
    std::size_t operator()(const Key& k) const { return k.client * 0x9e3779b97f4a7c15ull ^ k.sequence; }
  };
  std::vector<Slot> slots_;
  std::unordered_map<Key, std::uint32_t, Hash> by_key_;
  std::size_t hand_ = 0;     // where the search for a free slot goes on
};

class AccountState {
 public:
  explicit AccountState(std::uint64_t account) : id(account) {}

  // Reads the account row, the mailboxes and the results' slots.  False when there is no such account.
  Result<bool> load(kv::Engine& engine);
  // The living mailbox of this id; nothing otherwise.
  MailboxState* mailbox(std::uint32_t id);
  // Below `parent`; INBOX at the top is found without case.
  MailboxState* child(std::uint32_t parent, std::string_view name);
  // At the top, without case: delivery to user+detail.
  MailboxState* top_without_case(std::string_view name);
  MailboxState* by_role(std::string_view role);
  // Keeps the look-up tables; to be called when a mailbox appears, disappears, or changes name or parent.
  void index(MailboxState& m);
  void unindex(MailboxState& m);

  // The rows of a mailbox, read now if they were not in memory.
  Result<HotRows*> rows(kv::Engine& engine, MailboxState& m);
  // One row, from memory or from disk.
  Result<std::optional<model::SheetRow>> row(kv::Engine& engine, MailboxState& m, std::uint32_t uid);
  // The slot of one row's flags, from memory or from disk; nothing when there is none.
  Result<std::optional<model::RowFlags>> slot(kv::Engine& engine, std::uint32_t mailbox, std::uint32_t uid);
  // A block of a mailbox whose rows are not in memory; empty when the disk has none, or a damaged one.
  Result<model::FlagBlock> flag_block(kv::Engine& engine, std::uint32_t mailbox, std::uint32_t number);
  // With the flags that it has now.
  Result<std::optional<records::Email>> email(kv::Engine& engine, std::uint64_t id);
  // `e` as the disk has it gets the flags that it has now.
  Result<> refresh(kv::Engine& engine, records::Email& e);
  Result<std::optional<records::Thread>> thread(kv::Engine& engine, std::uint64_t id);
  // All emails that JMAP sees.
  Result<std::vector<HotEmail>*> emails(kv::Engine& engine);
  void update_hot_email(const records::Email& e);
  // Its only row is `row` in this mailbox.
  void update_hot_email(const model::SheetRow& row, std::uint32_t mailbox);

  bool is_trash(std::uint32_t mailbox) const;
  // The living mailbox that shows all mail; nothing when there is none.
  MailboxState* all_mail();
  // Is this one, or was it one that shows all mail?
  bool shows_all(std::uint32_t mailbox) const;
  // In all mailboxes but those: what kMaxPlaces bounds.
  std::size_t ordinary_places(const records::Email& e) const;

  // Sharing.  Does `who`, who is not the owner, have any right here that shows him a mailbox?
  bool shows(const Principal& who);
  // Does a living mailbox grant something to this principal?
  bool grants_to(std::uint64_t principal);
  // To be called after the list of a mailbox changed, and when one with a list came or went.
  void grants_changed() { shared_.reset(); }
  // What the owner's ticket says of his quota holds for everybody who adds to the account, and from now on.
  void take_quota(const Principal& owner);

  std::size_t bytes() const;

  const std::uint64_t id;
  records::Account rec;
  std::unordered_map<std::uint32_t, MailboxState> mailboxes;  // dead ones too, until they are purged
  std::size_t living = 0;
  std::vector<std::uint32_t> trash;   // mailboxes with that role, dead ones included until they are purged
  std::vector<std::uint32_t> all;     // those that show all mail, likewise: one lives, or none
  ResultSlots results;
  bool broken = false;             // a commit was given up half-way: to be read again
  kv::Receipt last;                // of the latest commit
  RowCache email_rows, thread_rows;   // as the disk has them
  RowCache flag_rows;                 // by mailbox and block, of mailboxes whose rows are not in memory
  std::optional<std::vector<HotEmail>> hot_emails;
  // The active script as each delivery asks for it, good while `script_modseq` is the account's.
  struct ActiveScript {
    std::uint64_t script_modseq = 0;
    records::Script row;
  };
  std::optional<ActiveScript> active_script;

 private:
  const std::vector<std::uint32_t>& shared_mailboxes();
  void put_hot_email(HotEmail h);

  std::unordered_map<std::string, std::uint32_t> by_name_;  // parent (4 bytes) and name -> id
  std::optional<std::vector<std::uint32_t>> shared_;        // living mailboxes with grants, worked out when needed
};

// How `flag_rows` numbers its rows.
inline std::uint64_t flag_row_id(std::uint32_t mailbox, std::uint32_t number) {
  return static_cast<std::uint64_t>(mailbox) << 32 | number;
}

// Logs rows that were passed over because their checksum does not fit.
void log_corrupt(std::uint64_t account, const kv::ScanEnd& end);
base::Error corrupt_row(std::uint64_t account, std::string_view key);

}  // namespace postern::store
