#include "cmd/imapd/mailbox_choice.h"

namespace postern::imapd {

using Kind = imap::MailboxFilter::Kind;

namespace {

// The name without its last component; empty at the top.
std::string_view parent_of(std::string_view name) {
  std::size_t at = name.rfind('/');
  return at == std::string_view::npos ? std::string_view() : name.substr(0, at);
}

}  // namespace

bool MailboxChoice::has(const Mailbox& m) const {
  switch (kind) {
    case Kind::selected:
    case Kind::selected_delayed:
      return false;
    case Kind::inboxes:  // mail may be delivered into any of them
    case Kind::personal:
      return !m.account || m.account->id == home;
    case Kind::subscribed:
      return m.record.subscribed();
    case Kind::mailboxes:
      return names.contains(m.name);
    case Kind::subtree_one:
      return names.contains(m.name) || names.contains(parent_of(m.name));
    case Kind::subtree:
      break;
  }
  for (std::string_view up = m.name; !up.empty(); up = parent_of(up))
    if (names.contains(up)) return true;
  return false;
}

MailboxChoice choose(const Session& s, const imap::MailboxFilter& filter) {
  MailboxChoice out;
  out.kind = filter.kind;
  out.home = s.home->id;
  for (const std::string& wire : filter.names)
    if (auto name = canonical(s, wire)) out.names.insert(std::move(*name));
  return out;
}

}  // namespace postern::imapd
