// Refusals: a disposition notification for `reject` (RFC 5429 2.2.1, RFC 8098), a delivery status
// notification for `ereject` (RFC 5429 2.1.2, RFC 3464).
#include "base/text.h"
#include "mime/header.h"
#include "sieve/compose_parts.h"

namespace postern::sieve {
namespace {

constexpr std::size_t kMaxReturnedHeader = 64u << 10;

// The refused message's header, cut at a line, controls and all: it is only shown.
std::string returned_header(std::string_view header) {
  std::string h = with_crlf(header.substr(0, kMaxReturnedHeader));
  if (header.size() > kMaxReturnedHeader) h.resize(h.rfind("\r\n") == h.npos ? 0 : h.rfind("\r\n") + 2);
  while (h.ends_with("\r\n\r\n")) h.resize(h.size() - 2);
  return text_part(h, "text/rfc822-headers");
}

std::string human_text(const RejectText& r) {
  return "Your message was refused by the mail filter of <" + one_line(r.recipient, 320) +
         ">.  The reason given is:\n\n" + r.reason + "\n";
}

std::string mdn(const RejectText& r, const Letterhead& head) {
  std::string out = "Content-Type: message/disposition-notification\r\n\r\n";
  out += "Reporting-UA: " + one_line(head.hostname, 255) + "; Postern\r\n";
  if (!r.original_recipient.empty())
    out += "Original-Recipient: rfc822;" + one_line(r.original_recipient, 320) + "\r\n";
  out += "Final-Recipient: rfc822;" + one_line(r.recipient, 320) + "\r\n";
  auto ids = mime::parse_message_ids(r.message_id);
  if (!ids.empty()) out += "Original-Message-ID: <" + ids[0] + ">\r\n";
  return out + "Disposition: automatic-action/MDN-sent-automatically; deleted\r\n";
}

std::string dsn(const RejectText& r, const Letterhead& head) {
  std::string out = "Content-Type: message/delivery-status\r\n\r\n";
  out += "Reporting-MTA: dns;" + one_line(head.hostname, 255) + "\r\n\r\n";
  if (!r.original_recipient.empty())
    out += "Original-Recipient: rfc822;" + one_line(r.original_recipient, 320) + "\r\n";
  out += "Final-Recipient: rfc822;" + one_line(r.recipient, 320) + "\r\nAction: failed\r\nStatus: 5.7.1\r\n";
  return out + "Diagnostic-Code: smtp;550 5.7.1 refused by the recipient's mail filter\r\n";
}

}  // namespace

Outgoing compose_reject(const RejectText& r, const Letterhead& head) {
  auto to = check_address(r.sender, false);
  if (!to) return {};  // <>, or nobody that could be answered
  mime::HeaderBuilder h = begin_header(head);
  // A disposition notification comes from who disposed of it (RFC 8098 2.1).
  if (r.extended || !h.add_addresses("From", {{"", r.recipient}}))
    (void)h.add_addresses("From", {{"Mail Delivery Subsystem", r.from}});
  (void)h.add_addresses("To", {{"", *to}});
  (void)h.add_text("Subject",
                   r.extended ? "Undelivered mail: refused by the recipient" : "Automatically rejected mail");
  add_reply_ids(h, r.message_id, "");
  (void)h.add_raw("Auto-Submitted", " auto-replied (rejected)");  // status notifications too (RFC 3834 5)
  std::vector<std::string> parts{text_part(human_text(r)), r.extended ? dsn(r, head) : mdn(r, head),
                                 returned_header(r.header)};
  std::string type = std::string("multipart/report; report-type=") +
                     (r.extended ? "delivery-status" : "disposition-notification");
  return {"", {*to}, h.block() + multipart(type, head, parts)};
}

}  // namespace postern::sieve
