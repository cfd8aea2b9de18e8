#include "cmd/managesieved/shared.h"

namespace postern::managesieved {

Shared::Shared(service::Daemon& d)
    : daemon(d),
      auth(d.loop(), d.config().run_path("authd.sock")),
      store(d.loop(), d.config().run_path("stored.sock"), &auth),
      sieve(d.loop(), d.config().run_path("sieved.sock")),
      offers(auth),
      logins(d.counter("logins")),
      stored(d.counter("scripts_stored")) {
  read_settings();
}

void Shared::read_settings() {
  const service::Config& c = daemon.config();
  settings.hostname = c.hostname();
  settings.timeout_ms = c.number("managesieve.timeout") * 1000;
  settings.login_timeout_ms = c.number("managesieve.login_timeout") * 1000;
  settings.login_failures = c.number("managesieve.login_failures");
}

}  // namespace postern::managesieved
