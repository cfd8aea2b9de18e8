// SCRAM, the server's side: keys and the exchange as a state machine over messages.  No I/O, no directory:
// keys are asked of a function.
// Runs in: authd.  Input: hostile; messages of at most kMaxSaslMessage bytes, linear.
// RFC 5802 (SCRAM), RFC 7677 (SHA-256), RFC 5801 4 (gs2 header), RFC 5929 and
// RFC 9266 (channel bindings). Stricter than the RFCs where it costs nobody anything: unknown extension
// attributes end the exchange.
// Tests: t/unit/auth_scram.cc, t/fuzz/auth_sasl.cc
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "auth/limits.h"
#include "base/result.h"

namespace postern::auth {

enum class ScramHash { sha1, sha256 };

struct ScramKeys {
  std::uint32_t iterations = 0;
  std::string salt, stored_key, server_key;
};

// REQUIRES: 1 <= iterations <= kScramMaxIterations, salt not empty.  `secret` is SASLprepared here; a secret
// that SASLprep refuses can't be used with SCRAM.  Costs 2-10 ms: worker threads only.
base::Result<ScramKeys> scram_keys(ScramHash h, std::string_view secret, std::string_view salt,
                                   std::uint32_t iterations);
// With a random salt.
base::Result<ScramKeys> new_scram_keys(ScramHash h, std::string_view secret,
                                       std::uint32_t iterations = kScramIterations);

// Keys that belong to nobody, with a salt that depends on the name and the process-wide `pepper` alone: an
// unknown user looks like a known one, today and tomorrow.
ScramKeys fake_scram_keys(ScramHash h, std::string_view name, std::string_view pepper,
                          std::uint32_t iterations = kScramIterations);

// What the connection's TLS can be bound to; empty ones are not at hand.
struct ChannelBindings {
  std::string tls_unique, tls_server_end_point, tls_exporter;
  bool any() const { return !tls_unique.empty() || !tls_server_end_point.empty() || !tls_exporter.empty(); }
};

// Keys for the user name as the client sent it (decoded, not yet canonical).  Must answer for every name,
// with fake_scram_keys where there is no such user or he has no keys.
using ScramKeySource = std::function<ScramKeys(std::string_view username, ScramHash h)>;

struct ScramOptions {
  ScramHash hash = ScramHash::sha256;
  bool plus = false;          // the mechanism's name ended in -PLUS
  bool plus_offered = false;  // the server offers -PLUS here: a client that thinks it does not was lied to
  ChannelBindings bindings;
  std::string nonce;  // the server's part; empty = random (tests set it)
};

class ScramServer {
 public:
  ScramServer(ScramOptions options, ScramKeySource keys);
  // client-first-message -> server-first-message.
  base::Result<std::string> first(std::string_view message);
  // client-final-message -> server-final-message.  An error is a failed login: Fault::permanent.
  // REQUIRES: first() succeeded and final() was not called before; anything else is an error too.
  base::Result<std::string> final(std::string_view message);

  // Valid after first(): the authentication identity, and the authorization identity or empty.
  const std::string& username() const { return username_; }
  const std::string& authzid() const { return authzid_; }

 private:
  enum class State { start, challenged, over };
  base::Result<> read_gs2(std::string_view flag, std::string_view authzid);
  base::Result<std::string> binding_data() const;
  bool proof_fits(std::string_view proof, const std::string& auth_message) const;

  ScramOptions options_;
  ScramKeySource source_;
  State state_ = State::start;
  std::string username_, authzid_;
  std::string gs2_header_, binding_type_;
  std::string client_first_bare_, server_first_, nonce_;
  ScramKeys keys_;
};

}  // namespace postern::auth
