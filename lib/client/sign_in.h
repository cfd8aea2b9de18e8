// Logging in, the same for every protocol: where a client comes from, a SASL exchange as IMAP and POP3 carry it, and
// what may be offered.  authd alone knows what a right password is.
// Runs in: imapd, pop3d, managesieved.  Input: hostile.  Tests: t/protocol/test_sasl.py, t/protocol/imap/login.t, t/protocol/pop3/login.t
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "client/auth_client.h"
#include "io/stream.h"
#include "io/task.h"
#include "proto/authd.pb.h"

namespace postern::client {

inline constexpr std::size_t kMaxSaslLine = 16 * 1024;

// `service`: "imap", "pop3", "managesieve"; `session`: the id of the front end's session.
authd::Origin origin_of(std::string service, const io::Stream& stream, std::string session);

// How a protocol carries the exchange: in base64 or otherwise, what is given and taken here is decoded.
class SaslPeer {
 public:
  virtual ~SaslPeer() = default;
  // Sends a challenge and takes the answer; errors as sasl_login() has them.
  virtual io::Task<base::Result<std::string>> ask(std::string challenge) = 0;
  // What the mechanism says along with success.
  virtual io::Task<base::Result<>> last_word(std::string data) = 0;
};
// REQUIRES: `auth` and `peer` outlive the task.
io::Task<base::Result<std::shared_ptr<Login>>> sasl_login(AuthClient& auth, SaslPeer& peer, authd::SaslStart start);

// Runs the exchange that `start` begins: "+ BASE64" lines out, BASE64 lines in.  Errors are authd's, or have the code
// CANCELLED (the client gave up, sent no base64, or is gone) or TOO_LONG (the connection must end).
// REQUIRES: both outlive the task.
io::Task<base::Result<std::shared_ptr<Login>>> sasl_login(AuthClient& auth, io::Stream& stream, authd::SaslStart start);

// The mechanisms that a client may be offered now.  They only change with the configuration, so an answer is believed
// for a minute.
class Offers {
 public:
  explicit Offers(AuthClient& auth) : auth_(auth) {}
  // None while authd does not answer.
  io::Task<authd::Mechanisms> of(const io::Stream& stream);

 private:
  struct Offer {
    authd::Mechanisms mechanisms;
    std::uint64_t until = 0;  // monotonic ms
  };
  AuthClient& auth_;
  Offer offers_[8];  // by TLS, secure, loopback
};

}  // namespace postern::client
