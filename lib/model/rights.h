// The rights of access control lists (RFC 4314 2.1), as stored keeps them and as protocols spell them.
// Runs in: stored and every front end.  Pure; input: hostile.  Tests: t/unit/model_rights.cc
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::model {

// A set of rights: bits of stored.SetAcl.
using Rights = std::uint32_t;

inline constexpr Rights kLookup = 1u << 0;          // l
inline constexpr Rights kRead = 1u << 1;            // r
inline constexpr Rights kKeepSeen = 1u << 2;        // s
inline constexpr Rights kWriteFlags = 1u << 3;      // w
inline constexpr Rights kInsert = 1u << 4;          // i
inline constexpr Rights kPost = 1u << 5;            // p
inline constexpr Rights kCreate = 1u << 6;          // k
inline constexpr Rights kDeleteMailbox = 1u << 7;   // x
inline constexpr Rights kDeleteMessages = 1u << 8;  // t
inline constexpr Rights kExpunge = 1u << 9;         // e
inline constexpr Rights kAdminister = 1u << 10;     // a
inline constexpr Rights kAnnotate = 1u << 11;       // n: shared annotations of messages (RFC 5257 3.4)
inline constexpr Rights kAllRights = (1u << 12) - 1;

// What nobody may do, the owner neither, in the mailbox that shows all mail (RFC 6154 \All): what is in it follows from
// the other mailboxes, and its name and its being there from the configuration.
inline constexpr Rights kNotInAllMail = kInsert | kPost | kCreate | kDeleteMailbox;
// Those that anybody can have in a mailbox: what its owner has.
constexpr Rights possible_rights(bool shows_all_mail) { return shows_all_mail ? kAllRights & ~kNotInAllMail : kAllRights; }
inline constexpr std::string_view kNotInAllMailText =
    "This mailbox shows all mail: it is made by the server, and nothing is put into it";
inline constexpr std::string_view kStaysInAllMailText =
    "A message stays in the mailbox that shows all mail: move it from where else it is, or copy it";

// Any of these shows its holder that the mailbox is there (RFC 4314 4, MYRIGHTS).
inline constexpr Rights kVisible =
    kLookup | kRead | kInsert | kCreate | kDeleteMailbox | kAdminister;

// A grant to everybody who can log in.
inline constexpr std::uint64_t kAnyone = UINT64_MAX;
inline constexpr std::string_view kAnyoneName = "anyone";

// "lrswipkxtecdan": always in this order, with the virtual rights of RFC 2086, `c` for k or x and `d` for t or e.
std::string format_rights(Rights r);
// The letters of a list; `c` stands for kx and `d` for te.  Nothing when one of them is no right.
std::optional<Rights> parse_rights(std::string_view letters);

}  // namespace postern::model
