// Hashes that crypt(3) does not know: {SCHEME}VALUE of RFC 2307, Dovecot and Stalwart, and $pbkdf2$ of
// passlib and PHC.  A parser turns the text into a Foreign once; verify_foreign computes.  Used by
// password.cc alone.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace postern::auth {

enum class Digest { md5, sha1, sha256, sha512 };

struct Foreign {
  enum class Kind { plain, digest, pbkdf2, scram, crypt };
  Kind kind = Kind::plain;
  Digest digest = Digest::sha256;
  std::uint32_t iterations = 0;  // pbkdf2 and scram
  std::string salt;
  std::string want;        // digest, derived key, SCRAM StoredKey, plain password, or the text for crypt(3)
  std::string server_key;  // scram alone
};

// The upper-case name between the braces, or empty when `stored` does not begin with one.
std::string braced_scheme(std::string_view stored);

// Fault::permanent names an unknown scheme, a malformed value or a cost beyond the limits.
base::Result<Foreign> parse_foreign(std::string_view stored);
// True for the `$` hashes that belong here rather than to crypt(3).
bool is_foreign_modular(std::string_view stored);

// REQUIRES: kind is not crypt.  Constant time in the comparison.
bool verify_foreign(std::string_view secret, const Foreign& f);

std::size_t digest_size(Digest d);
std::string digest_of(Digest d, std::string_view first, std::string_view second = {});
std::string derive_key(Digest d, std::string_view secret, std::string_view salt, std::uint32_t iterations,
                       std::size_t size);
std::string hmac_of(Digest d, std::string_view key, std::string_view bytes);

}  // namespace postern::auth
