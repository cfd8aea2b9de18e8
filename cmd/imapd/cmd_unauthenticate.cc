// UNAUTHENTICATE.  RFC 8437: as after the greeting, but for TLS and compression, which stay.
#include "cmd/imapd/command_table.h"
#include "cmd/imapd/commands.h"

namespace postern::imapd {

Answer run_unauthenticate(Session& s, imap::NoArgs) {
  s.logged_out();
  std::string code = "CAPABILITY ";
  code += co_await capability_text(s);
  co_return ok("Done", std::move(code));
}

}  // namespace postern::imapd
