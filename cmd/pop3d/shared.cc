#include "cmd/pop3d/shared.h"

#include "base/system.h"

namespace postern::pop3d {

Shared::Shared(service::Daemon& d)
    : daemon(d),
      auth(d.loop(), d.config().run_path("authd.sock")),
      store(d.loop(), d.config().run_path("stored.sock"), &auth),
      offers(auth),
      bodies(std::make_shared<blob::Reader>(d.config().segment_dir())),
      logins(d.counter("logins")),
      retrieved(d.counter("retrieved")),
      deleted(d.counter("deleted")) {
  read_settings();
}

void Shared::read_settings() {
  const service::Config& c = daemon.config();
  settings.hostname = c.hostname();
  settings.timeout_ms = c.number("pop3.timeout") * 1000;
  settings.login_timeout_ms = c.number("pop3.login_timeout") * 1000;
  settings.login_failures = c.number("pop3.login_failures");
  settings.login_delay_s = c.number("pop3.login_delay");
  settings.hide = c.text("pop3.delete") == "hide";
  settings.keep_s = c.number("pop3.keep");
  settings.refuse_utf8 = c.text("pop3.utf8_headers") == "refuse";
  settings.apop = c.yes("auth.apop");
  locks.set_takeover(c.number("pop3.lock_takeover") * 1000);
}

bool Shared::may_log_in(std::uint64_t account) {
  if (settings.login_delay_s == 0) return true;
  std::uint64_t now = base::monotonic_ms(), delay = settings.login_delay_s * 1000;
  std::erase_if(last_logins, [now, delay](const auto& e) { return e.second + delay <= now; });
  return last_logins.emplace(account, now).second;
}

}  // namespace postern::pop3d
