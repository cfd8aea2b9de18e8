// The vacation reply (RFC 5230 5, RFC 3834 3).
#include "base/text.h"
#include "mime/address.h"
#include "mime/header.h"
#include "sieve/compose_parts.h"

namespace postern::sieve {
namespace {

// :mime gives a whole entity; of its fields only those that speak of the body may enter the message.
std::string entity(std::string_view text) {
  std::string all = with_crlf(text);
  std::size_t body = all.starts_with("\r\n") ? 0 : all.find("\r\n\r\n");
  std::string out;
  mime::for_each_field(std::string_view(all).substr(0, body == all.npos ? all.size() : body + 2),
                       [&](const mime::Field& f) {
                         if (base::istarts_with(f.name, "content-"))
                           out += all.substr(f.begin, f.end - f.begin);
                       });
  if (!out.empty() && !out.ends_with('\n')) out += "\r\n";
  out += body == all.npos ? "\r\n" : body == 0 ? all : all.substr(body + 2);
  if (!out.ends_with("\r\n")) out += "\r\n";
  return out;
}

}  // namespace

base::Result<Outgoing> compose_vacation(const VacationText& v, const Letterhead& head) {
  if (v.reason.size() > kMaxReason)
    return base::fail(base::Fault::limit,
                      "a vacation text of more than " + std::to_string(kMaxReason) + " bytes");
  auto to = check_address(v.to, false);
  if (!to) return base::pass(to);
  auto from = mime::parse_address(v.from);
  if (!from)
    return base::fail(base::Fault::permanent, "\"" + base::printable(v.from, 64) + "\" is no From address");
  mime::HeaderBuilder h = begin_header(head);
  if (auto r = h.add_addresses("From", {{one_line(from->name()), from->email()}}); !r) return base::pass(r);
  if (auto r = h.add_addresses("To", {{one_line(v.to_name), *to}}); !r) return base::pass(r);
  (void)h.add_text("Subject", one_line(v.subject));
  add_reply_ids(h, v.message_id, v.references, v.in_reply_to);
  (void)h.add_raw("Auto-Submitted", " auto-replied (vacation)");
  (void)h.add_raw("Precedence", " bulk");
  (void)h.add_raw("X-Auto-Response-Suppress", " All");
  (void)h.add_raw("MIME-Version", " 1.0");
  // From <>: an answer to the answer would be a storm (RFC 5230 5.1).
  return Outgoing{v.envelope_sender, {*to}, h.block() + (v.mime ? entity(v.reason) : text_part(v.reason))};
}

}  // namespace postern::sieve
