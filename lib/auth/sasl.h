// The server's side of SASL as a state machine: decoded messages in, what to do out.  It never sees a stored
// hash; PLAIN and LOGIN end with a password to check, SCRAM with an identity that is already proven.
// Runs in: authd.  Input: hostile.  Limits: kMaxSaslMessage a message; any fault ends the exchange for good.
// RFC 4422 (SASL), RFC 4616 (PLAIN), draft-murchison-sasl-login (LOGIN), RFC 5802 and 7677 (SCRAM).
// Tests: t/unit/auth_scram.cc, t/fuzz/auth_sasl.cc
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "auth/scram.h"
#include "auth/secret.h"
#include "base/result.h"

namespace postern::auth {

struct SaslStep {
  enum class Kind {
    challenge,       // send `data` (may be empty) and wait for the client
    check_password,  // authcid and password are to be checked by the caller
    done,            // authcid is proven
    failed,          // `what` is for the log, never for the client
  };
  Kind kind = Kind::failed;
  std::string data;
  std::string authcid, authzid;  // as sent; authzid is empty when it was absent
  Secret password;
  std::string what;
};

struct SaslContext {
  bool plaintext_allowed = false;  // PLAIN and LOGIN: the connection is private, or the configuration says so
  ChannelBindings bindings;
};

// Names to advertise here, strongest first.
std::vector<std::string> sasl_mechanisms(bool plaintext_allowed, bool channel_binding);

class SaslServer {
 public:
  // Fault::permanent, code INVALID, when `mechanism` (any case) is unknown or not offered here; code
  // PRIVACYREQUIRED when it needs a private connection.
  static base::Result<SaslServer> start(std::string_view mechanism, const SaslContext& context,
                                        ScramKeySource keys);

  // The first call carries the initial response, or nothing when the client sent none; an empty string is a
  // response that is present and empty.  After done or failed every further step fails.
  SaslStep step(std::optional<std::string_view> client);

 private:
  struct Plain {};
  struct Login {
    std::string name;
    bool have_name = false;
  };
  struct Scram {
    ScramServer server;
    enum class Wait { first, final, end } wait = Wait::first;
  };
  struct Over {};
  using Machine = std::variant<Plain, Login, Scram, Over>;

  explicit SaslServer(Machine m) : machine_(std::move(m)) {}
  SaslStep step_plain(std::string_view message);
  SaslStep step_login(Login& m, std::string_view message);
  SaslStep step_scram(Scram& m, std::string_view message);
  SaslStep fail(std::string what);

  Machine machine_;
  bool asked_ = false;  // a challenge is out
};

}  // namespace postern::auth
