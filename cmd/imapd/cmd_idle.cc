// IDLE.  RFC 2177, RFC 9051 6.3.13.  stored's hints wake the session; nothing is polled.
#include "base/text.h"
#include "cmd/imapd/commands.h"
#include "cmd/imapd/teller.h"

namespace postern::imapd {

namespace {

constexpr std::size_t kMaxLine = 1000;

}  // namespace

Answer run_idle(Session& s, imap::NoArgs) {
  s.write(std::string_view("+ idling\r\n"));
  s.connection.session.set_state(s.box ? "IDLE " + s.box->name : "IDLE");
  Teller teller(s, true);
  teller.start();
  auto sent = co_await s.stream().flush();
  if (!sent) co_return Reply{Reply::Kind::none, {}, {}};
  auto line = co_await s.stream().read_line(kMaxLine);
  co_await teller.stop();
  if (!line) {
    if (line.error().code == "TIMEOUT") s.bye("Idle for too long");
    if (line.error().code == "TOO_LONG") s.bye("[TOOBIG] Line too long");
    s.ending = true;
    co_return Reply{Reply::Kind::none, {}, {}};
  }
  bool done = base::iequals(base::trim(line->text), "DONE");
  s.connection.session.set_state(s.box ? s.box->name : "");
  if (!done) co_return bad("DONE is missing");
  co_return ok("Done");
}

}  // namespace postern::imapd
