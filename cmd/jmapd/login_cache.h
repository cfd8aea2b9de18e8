// Remembers whose credentials were right, so that a request with the same ones costs no call to authd.  Only
// a keyed hash of them is kept, under a key of this process; with it the way they came (TLS, loopback), since
// authd decides by that too.  An entry ends when authd no longer renews its ticket, when stored announces
// that it is void, or after kMaxAge.  RFC 7617.
#pragma once
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/result.h"
#include "client/auth_client.h"
#include "http/auth.h"
#include "io/task.h"

namespace postern::jmapd {

struct LoginOrigin {
  std::string address, session;
  bool secure = false, loopback = false;
};

class LoginCache {
 public:
  explicit LoginCache(client::AuthClient& auth);
  LoginCache(const LoginCache&) = delete;
  LoginCache& operator=(const LoginCache&) = delete;
  io::Task<base::Result<std::shared_ptr<client::Login>>> login(http::Basic credentials, LoginOrigin origin);
  // Forgets a login whose ticket turned out to be void.
  void forget(const std::shared_ptr<client::Login>& login);

 private:
  struct Entry {
    std::shared_ptr<client::Login> login;
    std::uint64_t since = 0;
    bool revoked = false;
    std::list<std::string>::iterator place;
  };
  std::string key(const http::Basic& credentials, const LoginOrigin& origin) const;
  void erase(const std::string& key);
  client::AuthClient& auth_;
  std::string secret_;
  std::unordered_map<std::string, Entry> entries_;
  std::list<std::string> recent_;  // most recently used first
};

}  // namespace postern::jmapd
