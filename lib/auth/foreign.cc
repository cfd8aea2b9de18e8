#include "auth/foreign.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "auth/limits.h"
#include "base/codec.h"
#include "base/text.h"

namespace postern::auth {
namespace {

using base::Fault;

base::Result<Foreign> malformed(std::string_view scheme, const char* why) {
  return base::fail(Fault::permanent, "malformed " + std::string(scheme) + " hash: " + why, "INVALID");
}

// Base64 as hash formats write it: padding may be absent, and passlib's '.' stands for '+'.
std::optional<std::string> lenient_base64(std::string_view s) {
  while (!s.empty() && s.back() == '=') s.remove_suffix(1);
  std::string t(s);
  std::replace(t.begin(), t.end(), '.', '+');
  t.append((4 - t.size() % 4) % 4, '=');
  return base::unbase64(t);
}

enum class Encoding { automatic, base64, hex };

// An unmarked value is hex when it has exactly the length of the hex digest and its digits; else base64.
std::optional<std::string> decode(std::string_view value, Encoding e, std::size_t hex_size) {
  bool hex = e == Encoding::hex;
  if (e == Encoding::automatic && hex_size != 0 && value.size() == hex_size)
    hex = base::unhex(value).has_value();
  return hex ? base::unhex(value) : lenient_base64(value);
}

struct Scheme {
  std::string_view name;
  Foreign::Kind kind;
  Digest digest;
  bool salted;
  std::string_view crypt_prefix;  // of Kind::crypt: what the value must begin with, empty = anything
};

constexpr auto kPlain = Foreign::Kind::plain;
constexpr auto kDigest = Foreign::Kind::digest;
constexpr auto kPbkdf2 = Foreign::Kind::pbkdf2;
constexpr auto kScram = Foreign::Kind::scram;
constexpr auto kCrypt = Foreign::Kind::crypt;

constexpr std::array kSchemes = {
    Scheme{"PLAIN", kPlain, Digest::sha256, false, ""},
    Scheme{"CLEAR", kPlain, Digest::sha256, false, ""},
    Scheme{"CLEARTEXT", kPlain, Digest::sha256, false, ""},
    Scheme{"MD5", kDigest, Digest::md5, false, ""},
    Scheme{"PLAIN-MD5", kDigest, Digest::md5, false, ""},
    Scheme{"LDAP-MD5", kDigest, Digest::md5, false, ""},
    Scheme{"SMD5", kDigest, Digest::md5, true, ""},
    Scheme{"SHA", kDigest, Digest::sha1, false, ""},
    Scheme{"SHA1", kDigest, Digest::sha1, false, ""},
    Scheme{"SSHA", kDigest, Digest::sha1, true, ""},
    Scheme{"SHA256", kDigest, Digest::sha256, false, ""},
    Scheme{"SSHA256", kDigest, Digest::sha256, true, ""},
    Scheme{"SHA512", kDigest, Digest::sha512, false, ""},
    Scheme{"SSHA512", kDigest, Digest::sha512, true, ""},
    Scheme{"PBKDF2", kPbkdf2, Digest::sha1, true, ""},
    Scheme{"PBKDF2-SHA1", kPbkdf2, Digest::sha1, true, ""},
    Scheme{"PBKDF2-SHA256", kPbkdf2, Digest::sha256, true, ""},
    Scheme{"PBKDF2-SHA512", kPbkdf2, Digest::sha512, true, ""},
    Scheme{"SCRAM-SHA-1", kScram, Digest::sha1, true, ""},
    Scheme{"SCRAM-SHA-256", kScram, Digest::sha256, true, ""},
    Scheme{"CRYPT", kCrypt, Digest::sha256, true, ""},
    Scheme{"DES-CRYPT", kCrypt, Digest::sha256, true, ""},
    Scheme{"MD5-CRYPT", kCrypt, Digest::sha256, true, "$1$"},
    Scheme{"SHA256-CRYPT", kCrypt, Digest::sha256, true, "$5$"},
    Scheme{"SHA512-CRYPT", kCrypt, Digest::sha256, true, "$6$"},
    Scheme{"BLF-CRYPT", kCrypt, Digest::sha256, true, "$2"},
    Scheme{"BCRYPT", kCrypt, Digest::sha256, true, "$2"},
    Scheme{"YESCRYPT", kCrypt, Digest::sha256, true, "$y$"},
};

bool costly(std::uint64_t iterations) {
  return iterations < 1 || iterations > kMaxPbkdf2Iterations;
}

// Dovecot: $1$SALT$ROUNDS$HEX, the salt taken as it stands.  OpenLDAP: ROUNDS$SALT$KEY in base64.
base::Result<Foreign> parse_pbkdf2(Foreign f, std::string_view scheme, std::string_view value) {
  auto p = base::split(value, '$');
  std::optional<std::string> salt, key;
  std::optional<std::uint32_t> rounds;
  if (p.size() == 5 && p[0].empty() && p[1] == "1") {
    salt = std::string(p[2]);
    rounds = base::parse_u32(p[3]);
    key = base::unhex(p[4]);
  } else if (p.size() == 3) {
    rounds = base::parse_u32(p[0]);
    salt = lenient_base64(p[1]);
    key = lenient_base64(p[2]);
  }
  if (!rounds || !salt || !key) return malformed(scheme, "expected ROUNDS$SALT$KEY");
  if (costly(*rounds)) return malformed(scheme, "too many iterations");
  if (key->size() < 16 || key->size() > 64) return malformed(scheme, "key of a wrong length");
  f.iterations = *rounds;
  f.salt = std::move(*salt);
  f.want = std::move(*key);
  return f;
}

// Dovecot: ITERATIONS,SALT,STOREDKEY,SERVERKEY.
base::Result<Foreign> parse_scram(Foreign f, std::string_view scheme, std::string_view value) {
  auto p = base::split(value, ',');
  if (p.size() != 4) return malformed(scheme, "expected ITERATIONS,SALT,STOREDKEY,SERVERKEY");
  auto rounds = base::parse_u32(p[0]);
  auto salt = base::unbase64(p[1]), stored = base::unbase64(p[2]), server = base::unbase64(p[3]);
  if (!rounds || !salt || !stored || !server) return malformed(scheme, "bad number or base64");
  if (*rounds < 1 || *rounds > kScramMaxIterations) return malformed(scheme, "too many iterations");
  std::size_t n = digest_size(f.digest);
  if (salt->empty() || salt->size() > kMaxScramSalt || stored->size() != n || server->size() != n)
    return malformed(scheme, "salt or key of a wrong length");
  f.iterations = *rounds;
  f.salt = std::move(*salt);
  f.want = std::move(*stored);
  f.server_key = std::move(*server);
  return f;
}

base::Result<Foreign> parse_digest(Foreign f, const Scheme& s, std::string_view value, Encoding e) {
  std::size_t n = digest_size(s.digest);
  auto raw = decode(value, e, s.salted ? 0 : 2 * n);
  if (!raw) return malformed(s.name, "bad base64 or hex");
  if (raw->size() < n || (!s.salted && raw->size() != n)) return malformed(s.name, "wrong length");
  f.salt = raw->substr(n);
  f.want = raw->substr(0, n);
  return f;
}

// passlib: $pbkdf2-sha256$29000$SALT$KEY; PHC: $pbkdf2-sha256$i=29000,l=32$SALT$KEY.
base::Result<Foreign> parse_modular(std::string_view stored) {
  auto p = base::split(stored, '$');
  Foreign f;
  f.kind = kPbkdf2;
  if (p.size() != 5) return malformed("$pbkdf2$", "expected $pbkdf2-DIGEST$ROUNDS$SALT$KEY");
  if (p[1] == "pbkdf2" || p[1] == "pbkdf2-sha1")
    f.digest = Digest::sha1;
  else if (p[1] == "pbkdf2-sha512")
    f.digest = Digest::sha512;
  else if (p[1] != "pbkdf2-sha256")
    return malformed("$pbkdf2$", "unknown digest");
  std::string_view rounds = p[2];
  if (rounds.starts_with("i=")) rounds = base::split(rounds.substr(2), ',')[0];
  std::string text = std::string(rounds) + "$" + std::string(p[3]) + "$" + std::string(p[4]);
  return parse_pbkdf2(std::move(f), p[1], text);
}

}  // namespace

std::string braced_scheme(std::string_view stored) {
  std::size_t close = stored.find('}');
  if (!stored.starts_with('{') || close == std::string_view::npos || close < 2 || close > 32) return {};
  std::string_view name = stored.substr(1, close - 1);
  auto fits = [](char c) {
    return base::is_alpha(c) || base::is_digit(c) || c == '-' || c == '.' || c == '_' || c == '/';
  };
  return std::all_of(name.begin(), name.end(), fits) ? base::to_upper(name) : std::string();
}

bool is_foreign_modular(std::string_view stored) {
  return stored.starts_with("$pbkdf2");
}

base::Result<Foreign> parse_foreign(std::string_view stored) {
  if (stored.size() > kMaxStoredHash)
    return base::fail(Fault::limit, "hash longer than 1024 bytes", "INVALID");
  if (is_foreign_modular(stored)) return parse_modular(stored);
  std::string name = braced_scheme(stored);
  std::string_view value = stored.substr(name.empty() ? 0 : name.size() + 2);
  Encoding e = Encoding::automatic;
  for (auto [suffix, encoding] :
       {std::pair{".HEX", Encoding::hex}, {".B64", Encoding::base64}, {".BASE64", Encoding::base64}}) {
    if (!name.ends_with(suffix)) continue;
    name.resize(name.size() - std::string_view(suffix).size());
    e = encoding;
  }
  auto it = std::find_if(kSchemes.begin(), kSchemes.end(), [&](const Scheme& s) { return s.name == name; });
  if (it == kSchemes.end() || name.empty()) {
    std::string what = "password scheme {" + name + "} is not known";
    if (name.starts_with("ARGON2"))
      what = "Argon2 hashes can't be verified here: give a plain password instead";
    return base::fail(Fault::permanent, what, "INVALID");
  }
  Foreign f;
  f.kind = it->kind;
  f.digest = it->digest;
  // Dovecot's {MD5} is what everybody else calls MD5-CRYPT when it looks like it.
  if (it->name == "MD5" && value.starts_with("$1$")) f.kind = kCrypt;
  switch (f.kind) {
    case kDigest:
      return parse_digest(std::move(f), *it, value, e);
    case kPbkdf2:
      return parse_pbkdf2(std::move(f), it->name, value);
    case kScram:
      return parse_scram(std::move(f), it->name, value);
    case kCrypt:
      if (!value.starts_with(it->crypt_prefix)) return malformed(it->name, "wrong prefix");
      break;
    case kPlain:
      if (value.empty() || value.size() > kMaxSecret) return malformed(it->name, "empty or too long");
      break;
  }
  f.want = std::string(value);
  return f;
}

bool verify_foreign(std::string_view secret, const Foreign& f) {
  switch (f.kind) {
    case kPlain:
      // Equal digests compare in a time that says nothing about either length.
      return base::constant_time_equal(digest_of(Digest::sha256, secret), digest_of(Digest::sha256, f.want));
    case kDigest:
      return base::constant_time_equal(digest_of(f.digest, secret, f.salt), f.want);
    case kPbkdf2:
      return base::constant_time_equal(derive_key(f.digest, secret, f.salt, f.iterations, f.want.size()),
                                       f.want);
    case kScram: {
      std::string salted = derive_key(f.digest, secret, f.salt, f.iterations, digest_size(f.digest));
      return base::constant_time_equal(digest_of(f.digest, hmac_of(f.digest, salted, "Client Key")), f.want);
    }
    case kCrypt:
      break;
  }
  return false;
}

}  // namespace postern::auth
