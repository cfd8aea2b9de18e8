// Messages that scripts cause: pure functions from hostile text to whole RFC 5322 messages.
// Every text that comes from a script or a message is cleaned here: no line end enters a header, lengths are
// bounded, what isn't ASCII is encoded.  Lines end in CRLF.
// Runs in: sieved, postern.  Tests: t/unit/sieve_compose.cc
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sieve/action.h"

namespace postern::sieve {

// What every composed message needs to know.
struct Letterhead {
  std::string hostname;
  std::string unique_id;
  std::uint32_t serial = 0;  // of the messages of one run
  std::int64_t now = 0;
  std::int32_t zone_minutes = 0;
};

// One mailbox of RFC 5321 ("local@domain", no source route, no controls, at most 320 bytes), as `redirect`,
// :from and mailto need it; with `display` also "Name <a@b>".  Gives local@domain.
base::Result<std::string> check_address(std::string_view text, bool display);

struct VacationText {
  std::string from;                  // a whole From value or an address
  std::string to;                    // whom it answers: the envelope sender
  std::string to_name;               // his name, UTF-8; may be empty
  std::string envelope_sender = {};  // <> keeps answers from being answered
  std::string subject;               // UTF-8
  std::string reason;                // UTF-8 text, or with `mime` a MIME entity with its own fields
  bool mime = false;
  std::string message_id;  // of the message answered, with brackets; may be empty
  std::string references = {}, in_reply_to = {};  // those of it, raw; may be empty
};
// RFC 5230 5, RFC 3834 3: Auto-Submitted: auto-replied, In-Reply-To, References.
base::Result<Outgoing> compose_vacation(const VacationText& v, const Letterhead& head);

// RFC 5436 2.  `uri` is a mailto URI; what it must not set (From, Received, Auto-Submitted ...) is ignored.
struct MailtoText {
  std::string uri;
  std::string from;     // :from or the user
  std::string message;  // :message or empty: the subject is made of the original's
  std::string importance;
  std::string original_subject, original_from;
  std::string owner;         // the user: "owner-email" of Auto-Submitted: auto-notified
  bool null_sender = false;  // the triggering message came from <>: the notification does, too
};
base::Result<Outgoing> compose_mailto(const MailtoText& m, const Letterhead& head);
// Is it a mailto URI with at least one address (RFC 6068)?  Gives the recipients.
base::Result<std::vector<std::string>> mailto_recipients(std::string_view uri);

struct RejectText {
  std::string recipient;  // who refuses: Final-Recipient
  std::string original_recipient;
  std::string sender;  // to whom it goes
  std::string from;    // postmaster; of a disposition notification it is the recipient
  std::string reason;
  std::string message_id;
  std::string header;     // of the refused message; returned as text/rfc822-headers
  bool extended = false;  // ereject: a delivery status notification (RFC 3464); reject: an MDN (RFC 8098)
};
Outgoing compose_reject(const RejectText& r, const Letterhead& head);

struct ReportText {
  std::string to, from, feedback_type, text, original_sender, original_recipient;
  std::string original;  // the message, or its header with `headers_only`
  bool headers_only = false;
};
base::Result<Outgoing> compose_report(const ReportText& r, const Letterhead& head);

// RFC 5703 6: the message as message/rfc822 within a new one.
struct EnclosureText {
  std::string subject, text;         // UTF-8
  std::string from, to;              // the user; unless `headers` has those fields
  std::vector<std::string> headers;  // whole fields copied from the old message, with their line ends
};
base::Result<std::string> enclose(const EnclosureText& e, const MessageVersion& original,
                                  const Letterhead& head);

}  // namespace postern::sieve
