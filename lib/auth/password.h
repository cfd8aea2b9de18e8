// Stored passwords: making and verifying hashes of every scheme that mail servers have left behind.
// Runs in: authd (on worker threads: a verification takes 15 ms and more), postern (is_hash, check_hash).
// Input: the secret is hostile; the stored hash was accepted by check_hash, yet is parsed with care all the
// same. Schemes: what crypt(3) knows ($y$ $gy$ $7$ $6$ $5$ $2a$ $2b$ $2y$ $1$ $3$ ..., traditional DES by
// {CRYPT}), passlib and PHC PBKDF2 ($pbkdf2-sha256$...), and {SCHEME}VALUE as LDAP (RFC 2307), Dovecot and
// Stalwart write it.
// Tests: t/unit/auth_password.cc
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace postern::auth {

// True when `secret` is a hash rather than a plain password: it begins with `$` or `{SCHEME}`.
bool is_hash(std::string_view secret);

// May this hash be stored?  Fault::permanent names the scheme that is unknown (Argon2), malformed or too
// costly.
base::Result<> check_hash(std::string_view stored);

// A yescrypt hash of `secret`.  REQUIRES of a success: 1..kMaxSecret bytes without NUL.
base::Result<std::string> hash(std::string_view secret);

// Does `secret` belong to `stored`?  Compares in constant time.  Fault::corrupt when `stored` can't be used.
base::Result<bool> verify(std::string_view secret, std::string_view stored);

// A yescrypt hash of the default cost that no password fits: what the password of an unknown user is checked
// against, by the same calls, so that it takes the same time.
std::string_view nobody_hash();

// The scheme of a hash ("yescrypt", "sha512crypt", "{SSHA}"), for reports and listings; empty when unknown.
std::string scheme_name(std::string_view stored);

}  // namespace postern::auth
