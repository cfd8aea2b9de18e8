// CAPA (RFC 2449), UTF8 and LANG (RFC 6856).
#include "base/text.h"
#include "cmd/pop3d/command_table.h"

namespace postern::pop3d {

Answer run_capa(Session& s, std::string) {
  bool before = s.state == State::authorization;
  authd::Mechanisms offer = co_await s.shared.offers.of(s.stream());
  std::string out = "+OK\r\nTOP\r\nUIDL\r\nPIPELINING\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nEXPIRE NEVER\r\nUTF8 USER\r\nLANG\r\n";
  if (s.shared.settings.login_delay_s) out += "LOGIN-DELAY " + std::to_string(s.shared.settings.login_delay_s) + "\r\n";
  if (offer.plain_allowed()) out += "USER\r\n";
  if (offer.names_size()) {
    out += "SASL";
    for (const std::string& m : offer.names()) out += " " + m;
    out += "\r\n";
  }
  if (before && !s.stream().tls() && !s.utf8 && s.shared.daemon.tls()) out += "STLS\r\n";
  s.write(out + "IMPLEMENTATION Postern\r\n.\r\n");
}

Answer run_utf8(Session& s, std::string) {
  s.utf8 = true;
  s.ok("UTF-8 it is");
  co_return;
}

// One language so far; "*" is the administrator's choice.
Answer run_lang(Session& s, std::string range) {
  if (range.empty()) {
    s.write("+OK the languages:\r\nen English\r\n.\r\n");
  } else if (range == "*" || base::iequals(range, "en")) {
    s.ok("en English");
  } else {
    s.error("no such language");
  }
  co_return;
}

}  // namespace postern::pop3d
