// Arguments of METADATA (RFC 5464), QUOTA (RFC 9208) and ACL (RFC 4314).  As in args.h: each function reads what follows
// the command's name and its space, up to the end; after it ask the lexer's ok().
// Runs in: imapd.  Input: hostile.  Pure.  Tests: t/unit/imap_sharing_args.cc, t/fuzz/imap_command.cc
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "imap/lexer.h"

namespace postern::imap {

struct GetMetadataArgs {
  std::string mailbox;  // as written; empty: the server
  bool max_size_given = false;
  std::uint64_t max_size = 0;
  std::uint32_t depth = 0;           // 0, 1, 2 for infinity
  std::vector<std::string> entries;  // canonical
};
GetMetadataArgs parse_getmetadata(Lexer& in);

struct EntryValue {
  std::string entry;  // canonical
  bool nil = false;
  std::string value;
};
struct SetMetadataArgs {
  std::string mailbox;
  std::vector<EntryValue> entries;
};
SetMetadataArgs parse_setmetadata(Lexer& in);

// "(" entry *(SP entry) ")": LIST RETURN (METADATA (...)), RFC 9590.
std::vector<std::string> parse_entries(Lexer& in);

struct QuotaRootArgs {
  std::string root;
};
QuotaRootArgs parse_getquota(Lexer& in);

struct SetQuotaArgs {
  std::string root;
  std::vector<std::pair<std::string, std::uint64_t>> limits;  // names in upper case
};
SetQuotaArgs parse_setquota(Lexer& in);

struct AclArgs {
  std::string mailbox;
  std::string identifier;  // DELETEACL, LISTRIGHTS
};
AclArgs parse_mailbox_identifier(Lexer& in);

struct SetAclArgs {
  enum class Mode : std::uint8_t { replace, add, remove };
  std::string mailbox;
  std::string identifier;
  Mode mode = Mode::replace;
  std::uint32_t rights = 0;  // model::Rights
};
SetAclArgs parse_setacl(Lexer& in);

}  // namespace postern::imap
