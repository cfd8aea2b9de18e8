// UNAUTHENTICATE.  RFC 8437: as after the greeting, but for TLS, which stays.  Compression ends with the OK (4.1).
#include "cmd/imapd/command_table.h"
#include "cmd/imapd/commands.h"

namespace postern::imapd {

Answer run_unauthenticate(Session& s, imap::NoArgs) {
  s.logged_out();
  std::string code = "CAPABILITY ";
  code += co_await capability_text(s);
  if (!s.stream().deflating()) co_return ok("Done", std::move(code));
  s.finish(ok("Done", std::move(code)));
  auto sent = co_await s.stream().flush();
  if (!sent || !s.stream().stop_deflate()) {
    s.ending = true;
    s.stream().close();
  }
  co_return Reply{Reply::Kind::none, {}, {}};
}

}  // namespace postern::imapd
