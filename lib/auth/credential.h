// What authd keeps of an account's password: a hash, and SCRAM keys where it ever saw the password itself.
// Runs in: authd, on worker threads (make_credential takes 25 ms, verify_secret 15 ms and more).
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/limits.h"
#include "auth/scram.h"
#include "base/result.h"

namespace postern::auth {

struct Credential {
  std::string hash;  // empty: no password login at all
  std::optional<ScramKeys> sha256, sha1;
  std::string clear;  // the password itself, for APOP; empty: it is not kept
  bool has_scram() const { return sha256.has_value() && sha1.has_value(); }
};

// May `secret` (plain, or a hash when is_hash says so) be set?  Cheap; the same errors as make_credential.
base::Result<> check_secret(std::string_view secret);
// What to keep of a password that is seen.
struct Keeping {
  std::uint32_t scram_iterations = kScramIterations;
  bool clear = false;
};

// From a plain password: yescrypt hash and SCRAM keys, and what `keeping` says.  From a hash: the hash as it is, with its keys if it
// is a {SCRAM-...} one.  {PLAIN} counts as a plain password.
base::Result<Credential> make_credential(std::string_view secret, const Keeping& keeping = {});

// What is kept of a password as texts that other programs know, and back: the hash, then SCRAM keys as
// "{SCRAM-SHA-256}ITERATIONS,SALT,STOREDKEY,SERVERKEY", and "{CLEAR}PASSWORD".  None: no login by password.
std::vector<std::string> to_texts(const Credential& c);
base::Result<Credential> from_texts(const std::vector<std::string>& texts);

// Tries the secret in its SASLprepared form, and as it stands where that differs.
base::Result<bool> verify_secret(std::string_view secret, std::string_view hash);

// What is kept of a password that was just verified, its hash among it; no keys where SASLprep refuses it.
Credential with_scram(std::string_view secret, std::string_view hash, const Keeping& keeping);

// The answer to a POP3 greeting's timestamp, angle brackets included: MD5 in lower-case hexadecimal (RFC 1939 7, APOP).
std::string apop_digest(std::string_view timestamp, std::string_view secret);

}  // namespace postern::auth
