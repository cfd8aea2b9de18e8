// One line of an archive, as a value and as JSON.  An account's lines come in this order: the account, its mailboxes
// by id, metadata, what sharers have seen, its Sieve scripts by id, vacation response and marks, its emails by id.  A
// directory's: domains, accounts, aliases, groups, lists, deleted accounts, metadata of the server.
// Members that are 0, false or empty are left out; unknown members are passed over, unknown kinds are not.
// Runs in: postern.  Input: hostile; every number is checked for its type, every text for its length (limits.h), the
// JSON for its depth.  Pure.  Tests: t/unit/archive_line.cc, t/fuzz/archive_line.cc
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "archive/limits.h"
#include "base/result.h"

namespace postern::archive {

using base::Result;

struct Account {
  std::string name;   // canonical address
  std::uint64_t id = 0, epoch = 0;
  std::uint64_t modseq = 0, email_modseq = 0, mailbox_modseq = 0, thread_modseq = 0, counts_modseq = 0;
  std::uint64_t next_email = 0;
  std::uint32_t next_mailbox = 0, last_uidvalidity = 0;
  std::uint64_t created = 0;           // unix seconds
  std::uint64_t deleted = 0;           // unix seconds when the whole account was; 0 while it lives
  std::uint64_t quota_bytes = 0, quota_emails = 0, quota_mailboxes = 0;
  std::uint64_t script_modseq = 0, vacation_modseq = 0;
  std::uint32_t next_script = 0, active_script = 0;
  std::vector<std::string> keywords;   // names of flags beside the system's, in the order of the account's table
  bool operator==(const Account&) const = default;
};

struct Grant {
  std::uint64_t principal = 0;
  std::uint32_t rights = 0;
  bool negative = false;
  bool operator==(const Grant&) const = default;
};

struct Mailbox {
  std::uint32_t id = 0, parent = 0;
  std::string name, role;
  std::uint32_t sort_order = 0;
  bool subscribed = false;
  std::uint32_t uidvalidity = 0, uidnext = 0, recent_from = 0;
  std::uint64_t modseq = 0, created_modseq = 0, updated_modseq = 0;
  std::uint64_t created = 0;           // unix seconds
  std::uint64_t deleted = 0;           // unix seconds; 0 while it lives
  bool private_seen = false;
  std::vector<Grant> acl;
  bool operator==(const Mailbox&) const = default;
};

struct Metadata {
  std::uint32_t mailbox = 0;           // 0: the account's own; in a directory the server's
  std::uint64_t principal = 0;         // whose it is; 0: everybody's
  std::string entry, value;            // the value in base64: it may hold any byte
  bool operator==(const Metadata&) const = default;
};

// What a sharer has seen of a mailbox that keeps that for each.
struct Seen {
  std::uint32_t mailbox = 0;
  std::uint64_t principal = 0;
  std::vector<std::uint32_t> uids;     // first, last, first, last ... ascending
  bool operator==(const Seen&) const = default;
};

struct Script {
  std::uint32_t id = 0;
  std::string name;
  std::string text;                    // in base64, as it was put
  std::uint64_t modseq = 0;
  std::int64_t changed = 0;            // unix seconds
  bool operator==(const Script&) const = default;
};

// JMAP's VacationResponse.  What is "has_" false was null.
struct Vacation {
  bool enabled = false, has_from = false, has_to = false, has_subject = false, has_text = false, has_html = false;
  std::int64_t from = 0, to = 0;       // unix seconds
  std::string subject, text, html;
  bool operator==(const Vacation&) const = default;
};

// What Sieve has seen once and must not act upon again (RFC 7352, RFC 5230).
struct Mark {
  std::string id;                      // 32 hexadecimal digits
  std::int64_t until = 0;              // unix seconds
  bool operator==(const Mark&) const = default;
};

// Where an email stands: one row of a mailbox.  Where it stood: without a modseq there is no row any more.
struct Place {
  std::uint32_t mailbox = 0, uid = 0;
  bool deleted = false;                // \Deleted
  std::uint64_t modseq = 0;
  std::int64_t saved = 0;              // unix seconds, SAVEDATE
  bool operator==(const Place&) const = default;
};

// Of an email (RFC 5257).
struct Annotation {
  std::uint64_t principal = 0;         // whose it is; 0: everybody's
  std::string entry, value;            // the value in base64
  std::uint64_t modseq = 0;
  bool operator==(const Annotation&) const = default;
};

struct Email {
  std::uint64_t id = 0, thread = 0, created_modseq = 0;
  std::string sha256;                  // of the message as stored: 64 hexadecimal digits, its file's name
  std::uint64_t size = 0;
  std::uint32_t prefix_size = 0;       // bytes at its beginning that delivery put there
  std::int64_t received = 0, sent = 0; // unix seconds: INTERNALDATE, Date
  std::string identity;                // hexadecimal
  std::vector<std::string> flags;      // "\Seen" ... and keywords; never \Deleted
  std::vector<std::string> message_id; // for people and searches; those that are no UTF-8 are left out
  std::string subject;                 // likewise, cut short
  std::uint64_t deleted = 0;           // unix seconds when its last place went; 0 while it lives
  std::vector<Place> places;           // none of a deleted one
  std::vector<Place> lost;             // in deleted mailboxes, and of a deleted one where it was last
  std::vector<Annotation> annotations;
  std::string pop3_uidl;               // UIDL of POP3, when it is not the id
  bool operator==(const Email&) const = default;
};

// An entry of the directory, whatever its kind.
struct Entry {
  std::string kind, name;              // "domain" "account" "alias" "group" "list"
  std::uint64_t id = 0;
  std::uint64_t quota_bytes = 0, quota_emails = 0, quota_mailboxes = 0;
  std::string description, timezone;
  bool disabled = false, admin = false;
  std::vector<std::string> members;    // of a deleted account: its groups
  std::string catch_all;
  std::uint64_t generation = 0, created = 0;
  std::uint64_t deleted = 0;           // unix seconds; of an account that can still come back
  std::vector<std::string> secrets;    // hashes, in the spelling of crypt(5) or {SCHEME}
  bool operator==(const Entry&) const = default;
};

using Line = std::variant<Account, Mailbox, Metadata, Seen, Script, Vacation, Mark, Email, Entry>;

// {"email":{...}} without a line end.
std::string to_json(const Line& line);
// One line without its end.  Fault::corrupt says what is wrong and in which member.
Result<Line> parse_line(std::string_view text);

// What a folder's manifest says.  It is the only file that is ever replaced: what it names is in place before it.
struct Manifest {
  std::string format;                  // kFormat
  std::uint32_t version = 0;           // kOldestVersion to kVersion
  std::string kind;                    // "account" or "directory"
  std::string name;                    // of the account
  std::uint64_t id = 0;
  std::uint64_t created = 0;           // unix seconds: when this state was read
  std::string file;                    // "lines-" + 16 hexadecimal digits of the checksum + ".jsonl"
  std::string sha256;                  // of that file, hexadecimal
  std::uint64_t bytes = 0, lines = 0;  // of that file
  std::uint64_t mailboxes = 0, emails = 0;         // living ones
  std::uint64_t deleted = 0;           // emails that were deleted
  std::uint64_t account_deleted = 0;   // unix seconds when the account was; 0 while it lives
  std::uint64_t messages = 0, message_bytes = 0;   // different ones
  bool operator==(const Manifest&) const = default;
};
inline constexpr std::string_view kFormat = "postern-archive";
// 1 had no deleted mailboxes and emails, marks, UIDLs, nor what sharers have seen; 2 no deleted accounts.
inline constexpr std::uint32_t kVersion = 3, kOldestVersion = 1;

std::string to_json(const Manifest& m);
// Checks format, version and the shape of names and checksums, too.
Result<Manifest> parse_manifest(std::string_view text);

// The file that a checksum's lines have.
std::string lines_name(std::string_view sha256_hex);
bool is_sha256(std::string_view hex);

}  // namespace postern::archive
