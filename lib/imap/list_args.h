// LIST and LSUB, and matching of mailbox patterns.  RFC 9051 6.3.9, RFC 5258, RFC 5819, RFC 6154, RFC 8438
// (SIZE), RFC 8440 (MYRIGHTS), RFC 9590 (METADATA). Runs in: imapd.  Input: hostile.  Limits: kMaxListPatterns, kMaxPattern. Tests:
// t/unit/imap_list.cc, t/fuzz/imap_command.cc
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postern::imap {

class Lexer;

// Data items of STATUS, in the order asked for, none twice.
enum class StatusItem : std::uint8_t {
  messages,
  recent,
  uidnext,
  uidvalidity,
  unseen,
  deleted,
  size,
  highestmodseq,
  mailboxid,
  deleted_storage,  // RFC 9208 4.1.4
  appendlimit
};
// "(" item *(SP item) ")"
std::vector<StatusItem> parse_status_items(Lexer& in);

struct ListArgs {
  bool extended = false;  // selection options, several patterns or RETURN were used
  bool select_subscribed = false;
  bool select_remote = false;
  bool select_recursive = false;  // RECURSIVEMATCH
  bool select_special = false;
  std::string reference;  // as written
  std::vector<std::string> patterns;
  bool return_subscribed = false;
  bool return_children = false;
  bool return_special = false;
  std::vector<StatusItem> return_status;
  bool return_myrights = false;              // RFC 8440
  std::vector<std::string> return_metadata;  // RFC 9590: entries, canonical
};
ListArgs parse_list(Lexer& in);

// A pattern with `*` (anything) and `%` (anything without '/').  INBOX as a first component is matched
// without case. match() takes O(pattern x name) whatever the wildcards are.
class ListPattern {
 public:
  // `pattern` is UTF-8, the reference already put before it.
  explicit ListPattern(std::string pattern);
  bool match(std::string_view name) const;
  // The pattern without wildcards is this very name.
  bool literal() const { return literal_; }

 private:
  std::string pattern_;
  bool literal_ = false;
};
// The reference and pattern of the client as one UTF-8 pattern; false: not decodable, matches nothing.
bool combine_pattern(std::string_view reference, std::string_view pattern, bool utf8, std::string& out);

}  // namespace postern::imap
