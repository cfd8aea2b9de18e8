#include "cmd/imapd/mailbox_choice.h"

#include <algorithm>

namespace postern::imapd {

using Kind = imap::MailboxFilter::Kind;

namespace {

bool is_below(std::string_view name, std::string_view top) {
  return name.size() > top.size() && name.starts_with(top) && name[top.size()] == '/';
}

bool named(Kind kind, std::string_view name, std::string_view top) {
  if (name == top) return true;
  if (kind == Kind::mailboxes || !is_below(name, top)) return false;
  return kind == Kind::subtree || name.find('/', top.size() + 1) == std::string_view::npos;
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
    default:
      return std::ranges::any_of(names, [&](const std::string& top) { return named(kind, m.name, top); });
  }
}

MailboxChoice choose(const Session& s, const imap::MailboxFilter& filter) {
  MailboxChoice out;
  out.kind = filter.kind;
  out.home = s.home->id;
  for (const std::string& wire : filter.names)
    if (auto name = canonical(s, wire)) out.names.push_back(std::move(*name));
  return out;
}

}  // namespace postern::imapd
