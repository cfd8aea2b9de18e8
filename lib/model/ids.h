// The text form of ids, the same in JMAP and in IMAP's MAILBOXID, EMAILID and THREADID (RFC 8474).  An id carries its
// account's number, which is never used again, so it is unique on the server: a letter for the kind, the account and
// the number in base 32, as "e5-a3".  Pure.  Tests: t/unit/model_ids.cc
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::model {

enum class IdKind : char { account = 'a', mailbox = 'm', email = 'e', thread = 't', script = 's' };

struct Id {
  std::uint64_t account = 0;
  std::uint64_t number = 0;
};

std::string format_id(IdKind kind, std::uint64_t account, std::uint64_t number);
// Nothing unless `text` is exactly what format_id gives for this kind.
std::optional<Id> parse_id(IdKind kind, std::string_view text);
std::string format_account(std::uint64_t account);                       // "a5"
std::optional<std::uint64_t> parse_account(std::string_view text);
// A blob's id is "b" and the SHA-256 in base64url.  A part of a message: "p" email id "-" part number is jmap's affair.
std::string format_blob(std::string_view sha256);                        // REQUIRES: 32 bytes
std::optional<std::string> parse_blob(std::string_view text);
// What is kept of AddEmails.Target.identity: 16 bytes, Email.identity.
std::string identity_key(std::string_view identity);
// JMAP state: "epoch.modseq" or "epoch.modseq.offset".
struct State {
  std::uint64_t epoch = 0;
  std::uint64_t modseq = 0;
  std::uint32_t offset = 0;
};
std::string format_state(const State& s);
std::optional<State> parse_state(std::string_view text);

}  // namespace postern::model
