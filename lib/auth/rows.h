// The rows of the directory: account 0 of its own lib/kv environment (var/directory).  Every row begins with
// a version; decode is strict.  Keys, by their first byte:
//   c                    counters
//   d DOMAIN             a domain
//   n DOMAIN NUL LOCAL   a name: kind and id (so that a domain's names stand together)
//   p ID                 what has the id: account, alias, group or list
//   s ID                 the account's credential, apart, so that routing mail never reads it
//   m GROUP MEMBER       membership (ids), and M MEMBER GROUP the way back
//   l LIST ADDRESS       a list's member
//   o SEQ                outbox: what stored has not confirmed yet
//   z ID                 a deleted account that can still come back
//   h                    number and checksum of the last line of the audit log, as lib/audit has them
// Ids are 8 bytes, big-endian, from one counter that only grows: an id is never used again.
// Runs in: authd.
// Tests: t/unit/auth_directory.cc
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "auth/credential.h"
#include "base/result.h"

namespace postern::auth {

using Id = std::uint64_t;

enum class Kind : std::uint8_t { domain = 0, account = 1, alias = 2, group = 3, list = 4 };
std::string_view kind_name(Kind k);
base::Result<Kind> parse_kind(std::string_view name);

struct Counters {
  Id next_id = 1;
  std::uint64_t next_outbox = 1;
};

struct Domain {
  std::string name;
  std::string catch_all;  // canonical address, or empty
  std::string description;
  std::int64_t created = 0;  // unix seconds
};

struct NameRow {
  Kind kind = Kind::account;
  Id id = 0;
};

struct Account {
  Id id = 0;
  std::string name;               // canonical address
  std::uint64_t generation = 0;   // grows with password change, disabling, rights, group membership
  std::uint64_t quota_bytes = 0;  // 0 = none
  std::string description, timezone;
  bool disabled = false;  // no logins; mail is still delivered
  bool admin = false;
  std::int64_t created = 0;
  std::uint64_t quota_emails = 0, quota_mailboxes = 0;  // 0 = none
};

struct Alias {
  Id id = 0;
  std::string name;
  std::vector<std::string> targets;  // addresses, here or elsewhere
  std::int64_t created = 0;
};

// A group (members are accounts, known by id) or a mailing list (members are addresses).
struct Group {
  Id id = 0;
  Kind kind = Kind::group;
  std::string name, description;
  std::int64_t created = 0;
};

struct OutboxItem {
  enum class What : std::uint8_t {
    purge = 1,   // delete the account's mail in the store
    revoke = 2,  // tickets of the account below `generation` are void
    restore = 3,  // the account's mail is to come back, for tickets of `generation` and above
  };
  std::uint64_t seq = 0;
  What what = What::purge;
  Id account = 0;
  std::uint64_t generation = 0;
  std::int64_t created = 0;
};

// A deleted account with what made it.
struct Grave {
  std::int64_t deleted = 0;
  Account account;
  Credential credential;
  std::vector<Id> groups;
};

std::string encode(const Counters& r);
std::string encode(const Domain& r);
std::string encode(const NameRow& r);
std::string encode(const Account& r);
std::string encode(const Alias& r);
std::string encode(const Group& r);
std::string encode(const Credential& r);
std::string encode(const OutboxItem& r);
std::string encode(const Grave& r);

// Fault::corrupt when the bytes are not exactly one row of that type in a version that is known.
base::Result<> decode(std::string_view bytes, Counters& r);
base::Result<> decode(std::string_view bytes, Domain& r);
base::Result<> decode(std::string_view bytes, NameRow& r);
base::Result<> decode(std::string_view bytes, Account& r);
base::Result<> decode(std::string_view bytes, Alias& r);
base::Result<> decode(std::string_view bytes, Group& r);
base::Result<> decode(std::string_view bytes, Credential& r);
base::Result<> decode(std::string_view bytes, OutboxItem& r);
base::Result<> decode(std::string_view bytes, Grave& r);

namespace keys {
std::string counters();
std::string audit_head();
std::string domain(std::string_view name);
std::string name(std::string_view address);     // REQUIRES: canonical, with one '@'
std::string names_of(std::string_view domain);  // prefix of all names of a domain
std::string principal(Id id);
std::string credential(Id id);
std::string member(Id group, Id member);
std::string members(Id group);  // prefix
std::string member_of(Id member, Id group);
std::string groups_of(Id member);  // prefix
std::string list_member(Id list, std::string_view address);
std::string list_members(Id list);  // prefix
std::string outbox(std::uint64_t seq);
std::string graves();  // prefix
std::string grave(Id account);
// The end of the range of keys that begin with `prefix`.
std::string after(std::string prefix);
// LOCAL@DOMAIN of a name's key, the domain of a domain's key, the last id of a key that ends with one.
std::string address_of(std::string_view key);
Id last_id(std::string_view key);
}  // namespace keys

}  // namespace postern::auth
