// IDLE.  RFC 2177, RFC 9051 6.3.13.  stored's hints wake the session; nothing is polled.
#include "base/text.h"
#include "cmd/imapd/commands.h"

namespace postern::imapd {

namespace {

constexpr std::size_t kMaxLine = 1000;

// Tells what happens until it is cancelled.
io::Task<void> tell_updates(Session& s) {
  while (s.box && s.stream() && !s.ending) {
    auto told = co_await s.sync(true, false);
    if (s.ending) {
      // The mailbox is gone: the reader is woken by the end of the connection.
      (void)co_await s.stream().flush();
      s.stream().close();
      co_return;
    }
    auto sent = co_await s.stream().flush();
    if (!sent) co_return;
    // After a failure of stored wait for its next hint: the watch is renewed when it is back.
    if (!told || !s.box->dirty) co_await s.changed.wait();
  }
}

}  // namespace

Answer run_idle(Session& s, imap::NoArgs) {
  s.write(std::string_view("+ idling\r\n"));
  s.connection.session.set_state(s.box ? "IDLE " + s.box->name : "IDLE");
  io::TaskGroup updates;
  if (s.box) updates.spawn(tell_updates(s));
  auto sent = co_await s.stream().flush();
  if (!sent) co_return Reply{Reply::Kind::none, {}, {}};
  auto line = co_await s.stream().read_line(kMaxLine);
  updates.cancel();
  // A look that was cut off is taken again after the command.
  if (s.box && s.box->looking) {
    s.box->looking = false;
    s.box->dirty = true;
  }
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
