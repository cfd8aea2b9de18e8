// The internal directory: domains, accounts, aliases, groups, mailing lists, and what became of their ids.
// Runs in: authd; all of a Directory's methods on one thread, but sync(), which may run on any.
// Names are given as people write them and made canonical here (auth/names.h).  Error codes: NOT_FOUND,
// EXISTS, INVALID, IN_USE, LIMIT; their texts are for the admin and name the next step.
//
// Durability.  A change is seen by the next call at once and is durable after sync().  Nothing that was read
// or changed may be told to anybody before: ask synced(), and where it says no, run sync() on a worker.
//
// Work in the store (an account's mail, tickets of an old generation) is left in outbox rows of the same
// commit; authd drives them until stored has confirmed.  A deleted account's name is free at once; its id is
// never given to another, and the account can come back under it until forget_deleted().
//
// Start reading at auth/rows.h, which has the table of keys.
// Tests: t/unit/auth_directory.cc
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/names.h"
#include "auth/rows.h"
#include "base/result.h"

namespace postern::kv {
class Engine;
class Snapshot;
}  // namespace postern::kv

namespace postern::auth {

struct PutMode {
  bool create = false;   // EXISTS when it does; otherwise NOT_FOUND when it does not
  bool dry_run = false;  // all checks, no change
};

// What a put or delete did, or would do.
struct Outcome {
  Id id = 0;
  std::string name;        // canonical
  std::string what;        // one line
  std::vector<Id> raised;  // accounts whose generation grew: forget their passwords and tickets
};

// Absent fields stay as they are (or take their defaults when the account is new).
struct AccountChange {
  std::optional<Credential> credential;
  std::optional<std::uint64_t> quota_bytes, quota_emails, quota_mailboxes;
  std::optional<std::string> description, timezone;
  std::optional<bool> disabled, admin;
};
struct DomainChange {
  std::optional<std::string> catch_all;  // empty = none
  std::optional<std::string> description;
};

// One line of a listing; members only from show(), targets of an alias always.
struct Entry {
  Kind kind = Kind::account;
  std::string name;
  Id id = 0;
  std::uint64_t quota_bytes = 0, quota_emails = 0, quota_mailboxes = 0;
  std::string description, timezone;
  bool disabled = false, admin = false;
  std::vector<std::string> members;  // of a group or list; targets of an alias; groups of an account
  std::string catch_all;
  std::uint64_t generation = 0;
  std::int64_t created = 0;
  std::string scheme;          // of the password; only from show()
  std::uint64_t accounts = 0;  // of a domain
  std::int64_t deleted = 0;    // unix seconds, of a deleted account
};
struct EntryPage {
  std::vector<Entry> entries;
  std::string after;  // give it to the next call; empty = that was all
};

// Everything a login needs, in one read.
struct LoginEntry {
  Account account;
  Credential credential;
  std::vector<Id> groups;
};

struct Delivery {
  Id account = 0;
  std::string name, detail;
  std::uint64_t quota_bytes = 0, quota_emails = 0, quota_mailboxes = 0, generation = 0;
};
struct Resolution {
  std::vector<Delivery> deliveries;   // each account once
  std::vector<std::string> forwards;  // addresses in domains that are not ours, each once
};

class Directory {
 public:
  // The default domain need not exist.
  static base::Result<std::unique_ptr<Directory>> open(std::unique_ptr<kv::Engine> engine, NameRules rules);
  ~Directory();

  bool synced() const;
  base::Result<> sync();
  // Checkpoint, base copy and the removal of old logs, as far as they are due; for a worker, once a minute.
  base::Result<> maintain();

  base::Result<Outcome> put_domain(std::string_view name, const DomainChange& change, PutMode mode);
  base::Result<Outcome> put_account(std::string_view name, const AccountChange& change, PutMode mode);
  // At least one target; a target here must exist.
  base::Result<Outcome> put_alias(std::string_view name, const std::vector<std::string>& targets,
                                  PutMode mode);
  // `members` is the whole new set.  A group's are accounts; a list's are addresses, and those here must
  // exist.
  base::Result<Outcome> put_group(std::string_view name, const std::vector<std::string>& members,
                                  const std::optional<std::string>& description, PutMode mode);
  base::Result<Outcome> put_list(std::string_view name, const std::vector<std::string>& members,
                                 const std::optional<std::string>& description, PutMode mode);
  // A domain must be empty (IN_USE).
  base::Result<Outcome> remove(Kind kind, std::string_view name, bool dry_run);
  // A deleted account comes back with password and groups, under its old id and its old name, or `as`.  By name it is
  // the one deleted last, by `id` (not 0) that one.  EXISTS when the name was given to somebody else meanwhile.
  base::Result<Outcome> undelete(std::string_view name, Id id, std::string_view as, bool dry_run);
  base::Result<EntryPage> list_deleted(std::string_view after);
  // All that a dump has of a deleted account: `members` are those of its groups that are still there.  NOT_FOUND.
  base::Result<std::pair<Entry, Credential>> show_deleted(Id id);
  // Accounts deleted before that time can't come back any more.
  base::Result<> forget_deleted(std::int64_t before);
  // Keys for SCRAM of a password that did not change; nothing happens when `generation` is no longer the
  // account's.
  base::Result<> set_scram(Id account, std::uint64_t generation, const Credential& credential);

  // Puts an entry of a dump as it was, id and generation included.  Members of a group must be there; addresses are
  // checked for their form alone, for aliases and lists may name each other.  False: the same entry is there already.
  // EXISTS when its name or id belongs to something else; a domain takes the place of its namesake.  A deleted account
  // (Entry::deleted) is put among those: its name stays free.
  base::Result<bool> load(const Entry& entry, const Credential& credential);

  base::Result<EntryPage> list(Kind kind, std::string_view domain, std::string_view after);
  base::Result<Entry> show(Kind kind, std::string_view name);

  base::Result<LoginEntry> login(std::string_view name);
  base::Result<Account> account(Id id);
  base::Result<std::vector<Id>> groups_of(Id account);
  // Who may stand in an access control list: an account or a group, without its members.  NOT_FOUND.
  base::Result<Entry> principal(std::string_view name);
  base::Result<Entry> principal(Id id);
  // NOT_FOUND: nobody there (550).  LIMIT: aliases or lists nest too deep or go in circles, or reach too
  // many.
  base::Result<Resolution> resolve(std::string_view address);

  // Where the audit log ends (lib/audit): kept for authd, not looked at here.
  base::Result<std::string> audit_head();
  base::Result<> set_audit_head(std::string_view head);

  base::Result<std::vector<OutboxItem>> outbox(std::size_t max);
  base::Result<> outbox_done(std::uint64_t seq);

  const NameRules& rules() const { return rules_; }
  base::Result<> set_rules(NameRules rules);

 private:
  struct Edit;
  struct Walk;
  Directory(std::unique_ptr<kv::Engine> engine, NameRules rules);
  base::Result<Edit> begin();
  base::Result<> commit(Edit& edit);
  base::Result<std::string> name_for(Edit& edit, std::string_view name, Kind kind, PutMode mode,
                                     NameRow& row);
  base::Result<std::vector<std::string>> targets(Edit& edit, const std::vector<std::string>& given,
                                                 std::size_t limit);
  base::Result<Outcome> put_members(Kind kind, std::string_view name, const std::vector<std::string>& members,
                                    const std::optional<std::string>& description, PutMode mode);
  base::Result<> set_group_members(Edit& edit, Id group, const std::vector<std::string>& members);
  base::Result<> set_list_members(Edit& edit, Id list, const std::vector<std::string>& members);
  base::Result<Outcome> remove_domain(Edit& edit, std::string_view name);
  base::Result<std::string> load_row(Edit& edit, const Entry& entry);
  base::Result<> load_members(Edit& edit, const Entry& entry);
  base::Result<Outcome> remove_named(Edit& edit, Kind kind, std::string_view name);
  base::Result<> bury(Edit& edit, Id account, std::vector<Id> groups);
  base::Result<bool> load_deleted(Edit& edit, const Entry& entry, const Credential& credential);
  base::Result<Grave> find_grave(Edit& edit, std::string_view name, Id id);
  base::Result<EntryPage> list_domains(kv::Snapshot& s, std::string_view after);

  std::unique_ptr<kv::Engine> engine_;
  NameRules rules_;
};

}  // namespace postern::auth
