// What all sessions of one pop3d share: settings, the ways to stored and authd, locks.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "blob/blob_store.h"
#include "client/auth_client.h"
#include "client/sign_in.h"
#include "client/store_client.h"
#include "cmd/pop3d/locks.h"
#include "service/daemon.h"

namespace postern::pop3d {

struct Settings {
  std::string hostname;
  std::uint64_t timeout_ms = 0;  // logged in
  std::uint64_t login_timeout_ms = 0;
  std::uint64_t login_failures = 0;
  std::uint64_t login_delay_s = 0;  // 0: none
  bool hide = false;                // what was deleted is hidden and not removed,
  std::uint64_t keep_s = 0;         // until it is so old; service::kNone: for ever
  bool refuse_utf8 = false;
  bool apop = false;
};

struct Shared {
  explicit Shared(service::Daemon& d);
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  void read_settings();
  // False: the last login is too recent (RFC 2449 6.5); else this one counts.
  bool may_log_in(std::uint64_t account);

  service::Daemon& daemon;
  Settings settings;
  client::AuthClient auth;
  client::StoreClient store;
  client::Offers offers;
  std::shared_ptr<blob::Reader> bodies;  // used on workers
  Locks locks;
  std::unordered_map<std::uint64_t, std::uint64_t> last_logins;  // account to monotonic ms, while LOGIN-DELAY is on
  std::uint64_t& logins;
  std::uint64_t& retrieved;
  std::uint64_t& deleted;
};

}  // namespace postern::pop3d
