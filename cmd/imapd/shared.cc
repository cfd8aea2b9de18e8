#include "cmd/imapd/shared.h"

namespace postern::imapd {

Shared::Shared(service::Daemon& d)
    : daemon(d),
      auth(d.loop(), d.config().run_path("authd.sock")),
      store(d.loop(), d.config().run_path("stored.sock"), &auth),
      bodies(std::make_shared<blob::Reader>(d.config().segment_dir())),
      search_bodies(std::make_shared<query::SegmentBodies<blob::Location, blob::Reader>>(bodies)),
      logins(d.counter("logins")),
      commands(d.counter("commands")) {
  read_settings();
}

void Shared::read_settings() {
  const service::Config& c = daemon.config();
  settings.max_request = c.number("imap.max_request_size");
  settings.timeout_ms = c.number("imap.timeout") * 1000;
  settings.login_timeout_ms = c.number("imap.login_timeout") * 1000;
  settings.login_failures = c.number("imap.login_failures");
  settings.per_account = c.number("imap.connections_per_account");
  settings.hostname = c.hostname();
  settings.other_users = c.text("imap.other_users_namespace");
  settings.shared = c.text("imap.shared_namespace");
  settings.spool_dir = c.var_path("spool");
}

std::shared_ptr<Account> Shared::account(std::uint64_t id) {
  std::weak_ptr<Account>& slot = accounts[id];
  if (auto a = slot.lock()) return a;
  // Entries of accounts that nobody uses any more go when new ones come.
  std::erase_if(accounts, [id](const auto& e) { return e.first != id && e.second.expired(); });
  auto a = std::make_shared<Account>(id);
  accounts[id] = a;
  return a;
}

}  // namespace postern::imapd
