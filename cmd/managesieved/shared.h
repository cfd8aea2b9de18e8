// What all sessions of one managesieved share: settings, the ways to stored, authd and sieved.
#pragma once
#include <cstdint>
#include <string>

#include "client/auth_client.h"
#include "client/sieve_client.h"
#include "client/sign_in.h"
#include "client/store_client.h"
#include "service/daemon.h"

namespace postern::managesieved {

struct Settings {
  std::string hostname;
  std::uint64_t timeout_ms = 0;  // logged in
  std::uint64_t login_timeout_ms = 0;
  std::uint64_t login_failures = 0;
};

struct Shared {
  explicit Shared(service::Daemon& d);
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  void read_settings();

  service::Daemon& daemon;
  Settings settings;
  client::AuthClient auth;
  client::StoreClient store;
  client::SieveClient sieve;
  client::Offers offers;
  std::uint64_t& logins;
  std::uint64_t& stored;
};

}  // namespace postern::managesieved
