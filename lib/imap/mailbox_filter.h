// Which mailboxes: the filter-mailboxes of NOTIFY and of ESEARCH.  RFC 5465 6, RFC 7377 2.2.
// Runs in: imapd.  Input: hostile.  Limits: kMaxMailboxFilters, kMaxFilterNames.  Tests: t/unit/imap_search.cc
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace postern::imap {

class Lexer;

struct MailboxFilter {
  enum class Kind : std::uint8_t {
    selected,
    selected_delayed,
    inboxes,
    personal,
    subscribed,
    subtree,      // the named ones and all below them
    subtree_one,  // the named ones and their children
    mailboxes,    // the named ones
  };
  Kind kind = Kind::selected;
  std::vector<std::string> names;  // as written
  bool is_selected() const { return kind <= Kind::selected_delayed; }
};
MailboxFilter parse_mailbox_filter(Lexer& in);

}  // namespace postern::imap
