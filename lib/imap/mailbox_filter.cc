#include "imap/mailbox_filter.h"

#include <array>
#include <utility>

#include "imap/lexer.h"
#include "imap/limits.h"

namespace postern::imap {

namespace {

using Kind = MailboxFilter::Kind;

struct Word {
  std::string_view name;
  Kind kind;
};
constexpr std::array<Word, 8> kWords = {{{"SELECTED", Kind::selected},
                                         {"SELECTED-DELAYED", Kind::selected_delayed},
                                         {"INBOXES", Kind::inboxes},
                                         {"PERSONAL", Kind::personal},
                                         {"SUBSCRIBED", Kind::subscribed},
                                         {"SUBTREE", Kind::subtree},
                                         {"SUBTREE-ONE", Kind::subtree_one},
                                         {"MAILBOXES", Kind::mailboxes}}};

void add_name(Lexer& in, MailboxFilter& filter) {
  if (filter.names.size() >= kMaxFilterNames) return in.fail_big("too many mailbox names");
  filter.names.push_back(in.astring());
}

// one-or-more-mailbox
void parse_names(Lexer& in, MailboxFilter& filter) {
  in.space();
  if (!in.eat('(')) return add_name(in, filter);
  while (in.ok()) {
    add_name(in, filter);
    if (in.eat(')')) return;
    in.space();
  }
}

}  // namespace

MailboxFilter parse_mailbox_filter(Lexer& in) {
  MailboxFilter out;
  for (const Word& w : kWords) {
    if (!in.eat_word(w.name)) continue;
    out.kind = w.kind;
    if (w.kind >= Kind::subtree) parse_names(in, out);
    return out;
  }
  in.fail("unknown choice of mailboxes");
  return out;
}

}  // namespace postern::imap
