// Notifications by mail (RFC 5436) and the mailto URI they are given as (RFC 6068).
#include <algorithm>

#include "base/codec.h"
#include "base/text.h"
#include "mime/address.h"
#include "sieve/compose_parts.h"
#include "sieve/limits.h"
#include "sieve/names.h"

namespace postern::sieve {
namespace {

struct Mailto {
  std::vector<std::string> to, cc;  // addresses, checked
  std::string subject, body;
  bool has_body = false;
  std::vector<std::pair<std::string, std::string>> others;
};

constexpr std::size_t kMaxRecipients = 8;
constexpr std::size_t kMaxUriHeaders = 16;

base::Result<> add_addresses(std::string_view text, std::vector<std::string>& out) {
  if (base::trim(text).empty()) return {};
  if (!is_plain(text))
    return base::fail(base::Fault::permanent, "\"" + base::printable(text, 64) + "\" holds no e-mail addresses");
  for (const mime::Address& a : mime::flat_addresses(mime::parse_addresses(text))) {
    auto checked = check_address(a.email(), false);
    if (!checked) return base::pass(checked);
    if (std::ranges::find(out, *checked) != out.end()) continue;
    if (out.size() == kMaxRecipients)
      return base::fail(base::Fault::limit,
                        "a mailto URI of more than " + std::to_string(kMaxRecipients) + " addresses");
    out.push_back(std::move(*checked));
  }
  return {};
}

// What a URI must not set, by RFC 5436 2.7 and because it is ours.
bool is_forbidden(std::string_view name) {
  constexpr std::string_view kNames[] = {
      "from",       "sender",       "received", "return-path", "auto-submitted", "date",
      "message-id", "mime-version", "bcc",      "resent-from", "resent-to",      "dkim-signature"};
  return base::istarts_with(name, "content-") ||
         std::ranges::any_of(kNames, [name](auto n) { return base::iequals(n, name); });
}

// Is `part` of a URI written as RFC 6068 2 has it: all but letters, digits and `signs` escaped?  Characters
// beyond ASCII may stand for themselves, as people write them.
bool is_written(std::string_view part, std::string_view signs) {
  return std::ranges::all_of(part, [signs](char c) {
    bool letter = base::is_alpha(c) || base::is_digit(c) || static_cast<unsigned char>(c) >= 0x80;
    return letter || c == '%' || signs.contains(c);
  });
}

base::Result<Mailto> parse_mailto(std::string_view uri) {
  auto wrong = [uri](std::string_view why) {
    return base::fail(base::Fault::permanent,
                      "\"" + base::printable(uri, 64) + "\" is no mailto URI: " + std::string(why));
  };
  if (!base::istarts_with(uri, "mailto:")) return wrong("it begins otherwise");
  if (uri.size() > 4096) return wrong("too long");
  if (!base::is_valid_utf8(uri)) return wrong("no UTF-8 text");
  for (char c : uri)
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f) return wrong("a blank or control in it");
  uri.remove_prefix(7);
  uri = uri.substr(0, uri.find('#'));
  auto query_at = uri.find('?');
  Mailto out;
  for (std::string_view part : base::split(uri.substr(0, query_at), ',')) {
    auto address = base::percent_decode(part);
    if (!is_written(part, "-._~!$'()*+:@")) return wrong("a sign in an address that must be escaped");
    if (!address) return wrong("a broken escape");
    if (auto r = add_addresses(*address, out.to); !r) return base::pass(r);
  }
  std::string_view query = query_at == uri.npos ? "" : uri.substr(query_at + 1);
  constexpr std::string_view kQuery = "-._~!$'()*+,;:@/?";
  std::size_t headers = 0;
  for (std::string_view pair : base::split(query, '&')) {
    if (pair.empty()) continue;
    if (++headers > kMaxUriHeaders) return wrong("too many headers");
    auto equal = pair.find('=');
    if (equal == pair.npos) return wrong("a header without a value");
    if (!is_written(pair.substr(0, equal), kQuery) || !is_written(pair.substr(equal + 1), kQuery))
      return wrong("a sign in a header that must be escaped");
    auto name = base::percent_decode(pair.substr(0, equal)),
         value = base::percent_decode(pair.substr(equal + 1));
    if (!name || !value) return wrong("a broken escape");
    if (base::iequals(*name, "to") || base::iequals(*name, "cc")) {
      if (auto r = add_addresses(*value, base::iequals(*name, "to") ? out.to : out.cc); !r)
        return base::pass(r);
    } else if (base::iequals(*name, "subject")) {
      out.subject = one_line(*value);
    } else if (base::iequals(*name, "body")) {
      out.body = made_plain(std::move(*value));
      out.has_body = true;
    } else if (!mime::valid_field_name(*name)) {
      return wrong("a header with a wrong name");
    } else if (!is_forbidden(*name)) {
      out.others.emplace_back(*name, one_line(*value));
    }
  }
  std::erase_if(out.cc, [&](const std::string& a) { return std::ranges::find(out.to, a) != out.to.end(); });
  if (out.to.empty() && out.cc.empty()) return wrong("no address in it");
  return out;
}

// Outlook's and everybody else's words for 1, 2 and 3.
void add_importance(mime::HeaderBuilder& h, std::string_view importance) {
  bool high = importance == "1", low = importance == "3";
  (void)h.add_raw("Importance", high ? " high" : low ? " low" : " normal");
  (void)h.add_raw("X-Priority", high ? " 1 (High)" : low ? " 5 (Low)" : " 3 (Normal)");
}

std::vector<mime::OutAddress> out_addresses(const std::vector<std::string>& list) {
  std::vector<mime::OutAddress> out;
  for (const std::string& a : list) out.push_back({"", a});
  return out;
}

}  // namespace

base::Result<std::vector<std::string>> mailto_recipients(std::string_view uri) {
  auto m = parse_mailto(uri);
  if (!m) return base::pass(m);
  m->to.insert(m->to.end(), m->cc.begin(), m->cc.end());
  return std::move(m->to);
}

base::Result<Outgoing> compose_mailto(const MailtoText& m, const Letterhead& head) {
  auto uri = parse_mailto(m.uri);
  if (!uri) return base::pass(uri);
  if (m.message.size() > kMaxReason)
    return base::fail(base::Fault::limit,
                      "a notification of more than " + std::to_string(kMaxReason) + " bytes");
  auto from = mime::parse_address(m.from);
  if (!from)
    return base::fail(base::Fault::permanent, "\"" + base::printable(m.from, 64) + "\" is no From address");
  mime::HeaderBuilder h;
  std::string owner = one_line(m.owner, 320);
  std::erase_if(owner, [](char c) { return c == '"' || c == '\\'; });
  (void)h.add_raw("Auto-Submitted", " auto-notified; owner-email=\"" + owner + "\"");
  std::string block = h.block();
  h = begin_header(head);
  if (auto r = h.add_addresses("From", {{one_line(from->name()), from->email()}}); !r) return base::pass(r);
  if (!uri->to.empty())
    if (auto r = h.add_addresses("To", out_addresses(uri->to)); !r) return base::pass(r);
  if (!uri->cc.empty())
    if (auto r = h.add_addresses("Cc", out_addresses(uri->cc)); !r) return base::pass(r);
  std::string subject = !m.message.empty()      ? m.message
                        : !uri->subject.empty() ? uri->subject
                                                : m.original_subject;
  (void)h.add_text("Subject", one_line(subject.empty() ? "New message" : subject));
  bool is_normal = m.importance != "1" && m.importance != "3";
  if (!is_normal) add_importance(h, m.importance);
  for (const auto& [name, value] : uri->others) {
    std::string upper = name;
    upper[0] = base::ascii_upper(upper[0]);
    if (!h.has(upper)) (void)h.add_text(upper, value);
  }
  if (is_normal && !h.has("Importance") && !h.has("X-Priority")) add_importance(h, m.importance);
  if (!h.has("MIME-Version")) (void)h.add_raw("MIME-Version", " 1.0");
  std::string body = uri->has_body ? uri->body
                                   : "From: " + one_line(m.original_from) +
                                         "\nSubject: " + one_line(m.original_subject) + "\n";
  std::vector<std::string> recipients = std::move(uri->to);
  recipients.insert(recipients.end(), uri->cc.begin(), uri->cc.end());
  return Outgoing{m.null_sender ? "" : from->email(), std::move(recipients),
                  block + h.block() + text_part(body)};
}

}  // namespace postern::sieve
