// What a run decided.  lmtpd, imapd and `postern` carry it out; nothing here has happened yet.
// Order: as executed.  All text is checked: mailbox names and keywords are valid UTF-8 without controls,
// addresses are single mailboxes, message texts are whole RFC 5322 messages with CRLF.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sieve/message.h"

namespace postern::sieve {

// Where a message is put: keep, fileinto, and :fcc (RFC 8580).  Tried in this order: mailbox_id, special_use,
// mailbox; INBOX when `mailbox` is empty.
struct Destination {
  std::string mailbox;             // UTF-8, "/" between levels as the store has it
  std::string mailbox_id;          // RFC 9042; empty when not given
  std::string special_use;         // RFC 8579, "\\Junk"; empty when not given
  bool create = false;             // RFC 5490
  std::vector<std::string> flags;  // system flags as "\\Seen", and keywords
};

// A message that the runner or the queue is to send.
struct Outgoing {
  std::string sender;                   // envelope; empty is <>
  std::vector<std::string> recipients;  // envelope
  std::string text;                     // the whole message
};

// keep and fileinto.  An implicit keep stands last and has line 0.
struct Store {
  Destination where;
  bool is_keep = false;
  bool is_implicit = false;
  bool only_flags = false;  // under IMAP events a keep changes the message where it is (RFC 6785 3.4)
};
struct Discard {};
// A redirect to one of the user's own addresses, or of a message that this user has redirected before, is a
// keep instead (`trace_field` shows it).
struct Redirect {
  std::string sender;       // envelope; empty is <>
  std::string trace_field;  // a whole header field to put in front of the message
  std::string address;      // or
  std::string list;         // extlists: the members of this list
  std::string notify;       // RFC 6009 :notify, DSN's NOTIFY value; empty when not given
  std::string ret;          // "FULL", "HDRS" or empty
  std::string by_mode;      // "notify" or "return"; empty when there is no deadline
  bool by_trace = false;
  std::int64_t by_time = 0;  // unix seconds
};
// reject and ereject.  The process refuses in the protocol where it can (LMTP: 550 to this recipient) with
// `reason`; else it sends `bounce`, unless that has no recipient: then it just discards (RFC 5429 2.1).
struct Reject {
  std::string reason;  // UTF-8, lines end in LF
  bool extended = false;
  Outgoing bounce;
};
// The caller asks its table of seen marks for `handle` first, and sends only when there is none younger than
// `seconds`; it sets the mark when it sent (RFC 5230 4.2).
struct Vacation {
  std::string handle;
  std::uint64_t seconds = 0;
  Outgoing reply;
  std::optional<Destination> fcc;
};
// `mail` for mailto; else `method` is handed to the hook command for its scheme.
struct Notify {
  std::string method;
  std::string message;
  std::string importance = "2";  // "1", "2", "3"
  std::string from;
  std::vector<std::string> options;
  std::optional<Outgoing> mail;
  std::optional<Destination> fcc;
};
// vnd.dovecot.pipe.  Without `try_only` a failure is an error of the delivery.
struct Pipe {
  std::string program;
  std::vector<std::string> arguments;
  bool try_only = false;
};
// vnd.dovecot.report: an abuse report (RFC 5965) on this message.
struct Report {
  std::string feedback_type;
  Outgoing mail;
};

using ActionKind = std::variant<Store, Discard, Redirect, Reject, Vacation, Notify, Pipe, Report>;
struct Action {
  ActionKind what;
  std::string script;       // name of the script that asked for it
  std::uint32_t line = 0;   // and the line there; 0 for the implicit keep
  std::size_t version = 0;  // index into Outcome::versions: which message it is about
};
// "fileinto", "keep" ...: the command's name.
std::string_view name_of(const Action& a);

// Marks to set in the duplicate table once all actions are done (RFC 7352 3.3: not when delivery failed).
struct SeenMark {
  std::string handle;  // of the handle and the unique id; opaque, at most 64 bytes
  std::uint64_t seconds = 0;
};

// Where a run failed.  The message is then kept and nothing of the failed script happens.
struct RunError {
  enum class Kind : std::uint8_t {
    script,     // the author's error: a bad address, an unknown list, an `error` command
    limit,      // a budget of limits.h
    temporary,  // a question could not be answered, the message could not be read
  };
  Kind kind = Kind::script;
  std::string script;
  std::uint32_t line = 0;
  std::string what;
};

// One step, for `postern sieve test`.
struct TraceEvent {
  std::string script;
  std::uint32_t line = 0;
  std::string what;    // "header :contains [\"subject\"] [\"sale\"]"
  std::string result;  // "true", "false", or what an action did
};

struct Outcome {
  std::vector<Action> actions;
  std::vector<MessageVersion> versions;  // [0] is the message as it came
  std::vector<SeenMark> seen;
  std::vector<RunError> errors;   // empty: all scripts ran to their end
  std::vector<std::string> log;   // debug_log, and warnings of a run
  std::vector<TraceEvent> trace;  // when asked for
  std::uint64_t steps = 0;
};

}  // namespace postern::sieve
