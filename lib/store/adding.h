// A new email on its way into the mailboxes of one account: what AddEmails and AddBatch share.  Private to lib/store.
#pragma once
#include <algorithm>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "store/own_seen.h"
#include "store/store.h"

namespace postern::store {

using FlagNames = google::protobuf::RepeatedPtrField<std::string>;

// None, or as RFC 1939 7 wants it.
inline bool valid_uidl(std::string_view text) {
  return text.size() <= 70 && std::ranges::all_of(text, [](char c) { return c >= 0x21 && c <= 0x7e; });
}

// The views and references are the request's.
struct NewEmail {
  const std::string& wire;           // records.Wire and records.Content, serialised
  const std::string& content_bytes;
  const records::Content& content;   // what content_bytes says
  const FlagNames& keywords;
  std::string_view prefix;           // put before the message at delivery
  std::string identity;              // its hash; empty: none
  std::string pop3_uidl;             // empty: the id is
  std::int64_t received = 0, sent = 0;
  bool deleted = false;
  const google::protobuf::RepeatedPtrField<stored::Annotation>* annotations = nullptr;
  const Principal* who = nullptr;     // whose the private annotations are
  Rights rights = model::kAllRights;  // of who adds it: flags that they do not allow are left out (RFC 4314 4)
};

// One a commit: it keeps count of bodies that come more than once.
class Adder {
 public:
  // Rows of account 0 go into `extra`.
  Adder(Store& store, Txn& txn, kv::Batch& extra) : store_(store), txn_(txn), extra_(extra) {}
  // After an error the commit must be given up.  REQUIRES: check_flags() passed, the quota has room.
  Result<> add(const NewEmail& email, const Prepared& body, std::span<MailboxState* const> mailboxes,
               stored::Added::One& out);

 private:
  Result<> count_blob(const Prepared& p);
  Result<> see(MailboxState& m, std::uint32_t uid, const Principal& who);

  Store& store_;
  Txn& txn_;
  kv::Batch& extra_;
  std::map<std::string, records::AccountBlob> blobs_;  // by hash, as this commit leaves them
  std::map<std::uint32_t, std::optional<OwnSeen>> own_seen_;  // of a sharer, by mailbox
};

// INVALID for what is no flag.
Result<> check_flags(const FlagNames& names);
// A blob that the account has already; NOT_FOUND.
Result<Prepared> existing_blob(Store& store, std::uint64_t account, std::string_view sha256);
void fill_added(stored::Added::One& out, AccountState& a, const records::Email& e, std::uint64_t modseq);

}  // namespace postern::store
