// NOTIFY.  RFC 5465 3, 8.  Runs in: imapd.  Input: hostile.  Limits: kMaxMailboxFilters groups.
// Tests: t/unit/imap_args.cc, t/fuzz/imap_command.cc
#pragma once
#include <vector>

#include "imap/fetch.h"
#include "imap/mailbox_filter.h"

namespace postern::imap {

class Lexer;

// Kinds of events, as bits.
enum NotifyEvent : unsigned {
  kMessageNew = 1,
  kMessageExpunge = 2,
  kFlagChange = 4,
  kAnnotationChange = 8,
  kMailboxName = 16,
  kSubscriptionChange = 32,
  kMailboxMetadataChange = 64,
  kServerMetadataChange = 128,
  kOtherEvent = 256,  // a name that is none of these
};
inline constexpr unsigned kMessageEvents = kMessageNew | kMessageExpunge | kFlagChange | kAnnotationChange;

struct NotifyGroup {
  MailboxFilter filter;
  unsigned events = 0;  // 0: NONE
  FetchArgs items;      // of MessageNew in the selected mailbox; without items no FETCH is sent
};

struct NotifyArgs {
  bool set = false;     // else NONE
  bool status = false;  // STATUS of the mailboxes is wanted at once
  std::vector<NotifyGroup> groups;
};
// What RFC 5465 forbids is an error: MessageNew and MessageExpunge one without the other, FlagChange and
// AnnotationChange without them, events of names in the selected mailbox, attributes elsewhere, SELECTED twice.
NotifyArgs parse_notify(Lexer& in);

// "MessageNew MessageExpunge", of the bits that are set.
std::string event_names(unsigned events);

}  // namespace postern::imap
