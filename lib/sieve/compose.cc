// Addresses, and the pieces that all composed messages share.
#include "sieve/compose.h"

#include <algorithm>

#include "base/text.h"
#include "mime/address.h"
#include "sieve/compose_parts.h"

namespace postern::sieve {

namespace {

// Blanks beside the "@" are none of the address (RFC 5322 3.4.1).
std::string without_blanks(std::string_view trimmed) {
  auto at = trimmed.rfind('@');
  if (at == trimmed.npos) return std::string(trimmed);
  return std::string(base::trim(trimmed.substr(0, at))) + "@" + std::string(base::trim(trimmed.substr(at + 1)));
}

// Dots where RFC 5322 has none: such addresses are in use, and reached with the local part quoted.
bool is_odd_but_plain(const mime::Address& a, std::string_view written) {
  return written == a.local + "@" + a.domain && a.local.find_first_of(" \t()<>[]:;@\\,\"") == std::string::npos;
}

}  // namespace

base::Result<std::string> check_address(std::string_view text, bool display) {
  auto wrong = [text] {
    return base::fail(base::Fault::permanent, "\"" + base::printable(text, 64) + "\" is no e-mail address");
  };
  constexpr std::size_t kMaxAddress = 320;  // RFC 5321 4.5.3.1: 64 and 255 and the "@"
  std::string_view trimmed = base::trim(text);
  if (trimmed.empty() || trimmed.size() > 2 * kMaxAddress || !base::is_valid_utf8(trimmed)) return wrong();
  for (char c : trimmed)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return wrong();
  auto list = mime::parse_addresses(trimmed);
  if (list.items.size() != 1 || list.truncated) return wrong();
  const mime::Address& a = list.items[0];
  if (a.kind != mime::Address::Kind::mailbox || a.local.empty() || a.domain.empty() || !a.route.empty())
    return wrong();
  std::string email = a.email();
  // What was read must be all that was written: "a@b c" and "a@b, " are mistakes.  A local part may be quoted
  // without need.
  std::string written = without_blanks(trimmed);
  bool quoted = written.starts_with('"') && written.ends_with("\"@" + a.domain);
  bool plain = email == written || (quoted && a.raw_name.empty()) || is_odd_but_plain(a, written);
  bool bare = plain || (trimmed.starts_with('<') && trimmed.ends_with('>'));
  if (email.size() > kMaxAddress || (!display && !bare)) return wrong();
  if (!plain && !trimmed.ends_with('>')) return wrong();
  auto hostname_byte = [](char c) {
    return base::is_alpha(c) || base::is_digit(c) || c == '-' || c == '.' ||
           static_cast<unsigned char>(c) >= 0x80;
  };
  bool literal = a.domain.starts_with('[') && a.domain.ends_with(']');
  if (!literal &&
      (!std::ranges::all_of(a.domain, hostname_byte) || a.domain.starts_with('.') ||
       a.domain.ends_with('.') || a.domain.find("..") != std::string::npos || a.domain.starts_with('-')))
    return wrong();
  return email;
}

std::string one_line(std::string_view s, std::size_t max) {
  std::string out;
  for (char c : s) {
    if (out.size() >= max) break;
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  }
  return std::string(mime::clip_utf8(base::is_valid_utf8(out) ? out : mime::make_valid_utf8(out), max));
}

mime::HeaderBuilder begin_header(const Letterhead& head) {
  mime::HeaderBuilder h;
  std::string id = head.unique_id + "." + std::to_string(head.serial) + "@" +
                   (head.hostname.empty() ? "localhost" : head.hostname);
  (void)h.add_date("Date", {head.now, head.zone_minutes});
  (void)h.add_message_ids("Message-ID", {one_line(id, 200)});
  (void)h.add_raw("X-Sieve", " Postern");
  return h;
}

void add_reply_ids(mime::HeaderBuilder& h, std::string_view message_id, std::string_view references,
                   std::string_view in_reply_to) {
  auto ids = mime::parse_message_ids(message_id);
  if (ids.empty()) return;
  ids.resize(1);
  (void)h.add_message_ids("In-Reply-To", ids);
  auto chain = mime::parse_message_ids(references);
  // RFC 5322 3.6.4: what it answers itself counts when that is one message.
  if (chain.empty()) {
    auto answered = mime::parse_message_ids(in_reply_to);
    if (answered.size() == 1) chain = std::move(answered);
  }
  // Of a very long chain the first and the last ones.
  constexpr std::size_t kMaxChain = 20;
  if (chain.size() > kMaxChain) chain.erase(chain.begin() + 1, chain.end() - (kMaxChain - 1));
  if (std::ranges::find(chain, ids[0]) == chain.end()) chain.push_back(ids[0]);
  (void)h.add_message_ids("References", chain);
}

std::string text_part(std::string_view text, std::string_view type) {
  std::string body = with_crlf(text);
  if (!body.ends_with("\r\n")) body += "\r\n";
  // "-- " alone begins a signature; all else that begins so could end the part that it stands in.
  bool like_boundary = false;
  for (std::size_t at = 0; (at = body.find("--", at)) != body.npos; at += 2)
    like_boundary =
        like_boundary || ((at == 0 || body[at - 1] == '\n') && !body.substr(at).starts_with("-- \r\n"));
  std::string_view encoding = like_boundary ? "base64" : mime::choose_encoding(body, true, false);
  std::string out = "Content-Type: " + std::string(type) + "\r\nContent-Transfer-Encoding: ";
  out.append(encoding).append("\r\n\r\n");
  if (encoding == "base64") return out + mime::encode_base64_lines(body);
  if (encoding == "quoted-printable") return out + mime::encode_quoted_printable(body, true);
  return out + body;
}

std::string multipart(std::string_view type, const Letterhead& head, const std::vector<std::string>& parts) {
  // Unguessable: no part can hold it by intent.
  std::string boundary = "=_" + head.unique_id + "." + std::to_string(head.serial);
  std::string out = "MIME-Version: 1.0\r\nContent-Type: " + std::string(type) + ";\r\n boundary=\"" +
                    boundary + "\"\r\n\r\n";
  for (const std::string& p : parts) {
    out += "--" + boundary + "\r\n" + p;
    if (!p.ends_with("\r\n")) out += "\r\n";
  }
  return out + "--" + boundary + "--\r\n";
}

}  // namespace postern::sieve
