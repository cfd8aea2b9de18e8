#include "imap/notify_args.h"

#include <array>

#include "base/text.h"
#include "imap/lexer.h"
#include "imap/limits.h"

namespace postern::imap {

namespace {

struct EventName {
  std::string_view name;
  NotifyEvent event;
};
constexpr std::array<EventName, 8> kEvents = {{{"MessageNew", kMessageNew},
                                               {"MessageExpunge", kMessageExpunge},
                                               {"FlagChange", kFlagChange},
                                               {"AnnotationChange", kAnnotationChange},
                                               {"MailboxName", kMailboxName},
                                               {"SubscriptionChange", kSubscriptionChange},
                                               {"MailboxMetadataChange", kMailboxMetadataChange},
                                               {"ServerMetadataChange", kServerMetadataChange}}};

unsigned parse_event(Lexer& in) {
  std::string_view word = in.atom();
  for (const EventName& e : kEvents)
    if (base::iequals(e.name, word)) return e.event;
  return kOtherEvent;
}

void parse_events(Lexer& in, NotifyGroup& group) {
  if (in.eat_word("NONE")) return;
  in.expect('(');
  while (in.ok()) {
    unsigned event = parse_event(in);
    group.events |= event;
    if (event == kMessageNew && in.rest().starts_with(" (")) {
      in.space();
      group.items = parse_fetch_list(in);
    }
    if (in.eat(')')) return;
    in.space();
  }
}

void check(Lexer& in, const NotifyGroup& g) {
  unsigned both = g.events & (kMessageNew | kMessageExpunge);
  if (both != 0 && both != (kMessageNew | kMessageExpunge))
    return in.fail("MessageNew and MessageExpunge go together");
  if (both == 0 && g.events & (kFlagChange | kAnnotationChange))
    return in.fail("changes of messages need MessageNew and MessageExpunge");
  if (g.filter.kind == MailboxFilter::Kind::subtree_one) return in.fail("SUBTREE-ONE is for ESEARCH");
  if (g.filter.is_selected() && g.events & ~(kMessageEvents | kOtherEvent))
    return in.fail("only events of messages in the selected mailbox");
  if (!g.filter.is_selected() && !g.items.items.empty())
    return in.fail("attributes only in the selected mailbox");
}

}  // namespace

NotifyArgs parse_notify(Lexer& in) {
  NotifyArgs args;
  if (in.eat_word("NONE")) {
    in.end();
    return args;
  }
  if (!in.eat_word("SET")) in.fail("SET or NONE");
  args.set = true;
  in.space();
  if (in.eat_word("STATUS")) {
    args.status = true;
    in.space();
  }
  bool selected = false;
  while (in.ok()) {
    if (args.groups.size() >= kMaxMailboxFilters) in.fail_big("too many groups of events");
    NotifyGroup group;
    in.expect('(');
    group.filter = parse_mailbox_filter(in);
    in.space();
    parse_events(in, group);
    in.expect(')');
    if (in.ok()) check(in, group);
    if (group.filter.is_selected() && selected) in.fail("SELECTED twice");
    selected = selected || group.filter.is_selected();
    args.groups.push_back(std::move(group));
    if (in.at_end()) break;
    in.space();
  }
  return args;
}

std::string event_names(unsigned events) {
  std::string out;
  for (const EventName& e : kEvents) {
    if (!(events & e.event)) continue;
    if (!out.empty()) out += ' ';
    out += e.name;
  }
  return out;
}

}  // namespace postern::imap
