// The front ends' side of authd: logins, SASL dialogues, recipients, and the ticket of each login kept fresh.
// Runs in: imapd, jmapd, lmtpd ...  One AuthClient a process.  Tests: t/system
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "io/loop.h"
#include "io/task.h"
#include "ipc/channel.h"
#include "proto/authd.pb.h"

namespace postern::client {

class AuthClient;

// What a session holds after login.  Shared by everything that acts for the session.
class Login {
 public:
  Login(AuthClient& auth, authd::LoginOk ok);
  // A ticket that is not renewed but asked for again by `again`: those of no person.
  Login(AuthClient& auth, authd::LoginOk ok, authd::Request again);
  // The same holder in another's account, where grants or the ticket's kind decide; shares ticket and fate with `self`.
  Login(std::shared_ptr<Login> self, std::uint64_t account);
  ~Login();
  Login(const Login&) = delete;
  Login& operator=(const Login&) = delete;

  // A ticket good for at least a minute; renewed through authd when needed.  EXPIRED or DENIED: the session must end.
  io::Task<base::Result<std::string>> ticket();
  // True when ticket() would answer without asking authd; then `current()` may be used as it is.
  bool fresh() const;
  const std::string& current() const { return who().ok_.ticket(); }

  std::uint64_t account() const { return ok_.account(); }
  // The rest is told of the person.
  const std::string& name() const { return who().ok_.name(); }
  std::uint64_t generation() const { return who().ok_.generation(); }
  std::uint64_t quota_bytes() const { return who().ok_.quota_bytes(); }
  const std::string& description() const { return who().ok_.description(); }

  // Set by StoreClient when stored says that this login's tickets are void; `f` ends the session.
  void on_revoked(std::function<void()> f) { revoked_ = std::move(f); }
  void revoke() {
    if (revoked_) revoked_();
  }

 private:
  const Login& who() const { return self_ ? *self_ : *this; }
  AuthClient& auth_;
  std::shared_ptr<Login> self_;  // of a login in another's account
  authd::LoginOk ok_;
  std::function<void()> revoked_;
  std::optional<authd::Request> again_;
};

class AuthClient {
 public:
  AuthClient(io::Loop& loop, std::string socket_path);

  // Errors carry authd's code and text; temporary ones are Fault::temporary.
  io::Task<base::Result<authd::Reply>> call(authd::Request request);
  io::Task<base::Result<std::shared_ptr<Login>>> login(authd::Login request);
  // Of kind index, on the socket "authd-index" only; account() is 0.
  io::Task<base::Result<std::shared_ptr<Login>>> index_login();
  // Called when authd says that the directory has changed (listener "authd-deliver" only), and after a lost connection.
  void on_directory_change(std::function<void()> f);
  // Accounts and groups by name and by number, for access control lists: one entry each, in the order asked for, names
  // first; id 0 and no name for what is not there.
  io::Task<base::Result<std::vector<authd::Entry>>> look_up(Login& login, std::vector<std::string> names,
                                                            std::vector<std::uint64_t> ids);
  // Tickets of `principal` below `generation` are void: ends those logins.
  void revoke(std::uint64_t principal, std::uint64_t generation);

 private:
  friend class Login;
  ipc::Channel channel_;
  std::unordered_set<Login*> logins_;
};

}  // namespace postern::client
