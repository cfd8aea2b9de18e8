#include "cmd/lmtpd/vacation_script.h"


namespace postern::lmtpd {

namespace {

// RFC 5228 2.4.2: in a quoted string only these two need a backslash.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace

std::optional<client::SieveScript> vacation_script(const records::Vacation& v, std::int64_t now) {
  if (!v.enabled() || (v.has_from() && now < v.from()) || (v.has_to() && now >= v.to())) return std::nullopt;
  std::string text = "require \"vacation\";\nvacation";
  if (v.has_subject() && !v.subject().empty()) text += " :subject " + quoted(v.subject());
  if (!v.text().empty())
    text += " " + quoted(v.text());
  else if (!v.html().empty())
    text += " :mime " + quoted("Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + v.html());
  else
    text += " \"I am away and will read your message later.\"";
  text += ";\n";
  return client::make_script("vacation response", std::move(text));
}

}  // namespace postern::lmtpd
