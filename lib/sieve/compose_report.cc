// Abuse reports (RFC 5965) for vnd.dovecot.report, and the enclosing of a message (RFC 5703 6).
#include <algorithm>

#include "base/text.h"
#include "mime/address.h"
#include "mime/header.h"
#include "sieve/compose_parts.h"

namespace postern::sieve {

base::Result<Outgoing> compose_report(const ReportText& r, const Letterhead& head) {
  auto is_token = [](std::string_view s) {
    return !s.empty() && s.size() <= 64 && std::ranges::all_of(s, [](char c) {
      return base::is_alpha(c) || base::is_digit(c) || c == '-' || c == '.' || c == '_';
    });
  };
  if (!is_token(r.feedback_type))
    return base::fail(base::Fault::permanent,
                      "\"" + base::printable(r.feedback_type, 64) + "\" is no feedback type");
  if (r.text.size() > kMaxReason)
    return base::fail(base::Fault::limit, "a report of more than " + std::to_string(kMaxReason) + " bytes");
  auto from = mime::parse_address(r.from);
  if (!from)
    return base::fail(base::Fault::permanent, "\"" + base::printable(r.from, 64) + "\" is no From address");
  mime::HeaderBuilder h = begin_header(head);
  if (auto done = h.add_addresses("From", {{"", from->email()}}); !done) return base::pass(done);
  if (auto done = h.add_addresses("To", {{"", r.to}}); !done) return base::pass(done);
  std::string subject = one_line(mime::unfold(mime::first_value(r.original, "subject")), 200);
  (void)h.add_text("Subject", "Report: " + (subject.empty() ? std::string("(no subject)") : subject));
  (void)h.add_raw("Auto-Submitted", " auto-generated (report)");
  std::string feedback = "Content-Type: message/feedback-report\r\n\r\nFeedback-Type: " + r.feedback_type +
                         "\r\nVersion: 1\r\nUser-Agent: Postern\r\n";
  if (!r.original_sender.empty())
    feedback += "Original-Mail-From: <" + one_line(r.original_sender, 320) + ">\r\n";
  if (!r.original_recipient.empty())
    feedback += "Original-Rcpt-To: <" + one_line(r.original_recipient, 320) + ">\r\n";
  std::string original =
      std::string("Content-Type: ") + (r.headers_only ? "text/rfc822-headers" : "message/rfc822") + "\r\n";
  bool eight_bit =
      std::ranges::any_of(r.original, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  if (eight_bit) original += "Content-Transfer-Encoding: 8bit\r\n";
  original += "\r\n" + with_crlf(r.original);
  return Outgoing{"",
                  {r.to},
                  h.block() + multipart("multipart/report; report-type=feedback-report", head,
                                        {text_part(r.text), feedback, original})};
}

base::Result<std::string> enclose(const EnclosureText& e, const MessageVersion& original,
                                  const Letterhead& head) {
  if (e.text.size() > kMaxReason)
    return base::fail(base::Fault::limit,
                      "an enclosing text of more than " + std::to_string(kMaxReason) + " bytes");
  auto bytes = original.bytes();
  if (!bytes) return bytes;
  std::string copied;
  auto has_field = [&](std::string_view name) { return mime::first_value(copied, name).data() != nullptr; };
  for (const std::string& field : e.headers) {
    // What says how the body is to be read is ours.
    auto colon = field.find(':');
    std::string_view name = std::string_view(field).substr(0, colon);
    if (base::istarts_with(name, "content-") || base::iequals(name, "mime-version") ||
        base::iequals(name, "subject"))
      continue;
    copied += field;
    if (!copied.ends_with('\n')) copied += "\r\n";
  }
  mime::HeaderBuilder h;
  if (!has_field("date")) (void)h.add_date("Date", {head.now, head.zone_minutes});
  if (!has_field("from")) (void)h.add_addresses("From", {{"", e.from}});
  if (!has_field("message-id"))
    (void)h.add_message_ids("Message-ID",
                            {head.unique_id + "." + std::to_string(head.serial) + "@" + head.hostname});
  (void)h.add_text("Subject", one_line(e.subject));
  bool eight_bit = std::ranges::any_of(*bytes, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  std::string message = std::string("Content-Type: message/rfc822\r\n") +
                        (eight_bit ? "Content-Transfer-Encoding: 8bit\r\n" : "") + "\r\n" + with_crlf(*bytes);
  return with_crlf(copied) + h.block() + multipart("multipart/mixed", head, {text_part(e.text), message});
}

}  // namespace postern::sieve
