#include "auth/password.h"

#include <crypt.h>
#include <string.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "auth/foreign.h"
#include "auth/limits.h"
#include "base/codec.h"
#include "base/text.h"

namespace postern::auth {
namespace {

using base::Fault;

// 32 KB that have seen a password: on the heap, for worker stacks are small, and wiped afterwards.
struct WipeData {
  void operator()(crypt_data* d) const noexcept {
    explicit_bzero(d, sizeof *d);
    std::default_delete<crypt_data>()(d);
  }
};

bool usable(std::string_view secret) {
  return secret.size() <= kMaxSecret && secret.find('\0') == std::string_view::npos;
}

// crypt(3) of both, or Fault::corrupt when it does not know the setting.
base::Result<std::string> run_crypt(std::string_view secret, std::string_view setting) {
  std::unique_ptr<crypt_data, WipeData> data(std::make_unique<crypt_data>().release());
  std::string phrase(secret), salt(setting);
  const char* r = crypt_rn(phrase.c_str(), salt.c_str(), data.get(), sizeof *data);
  explicit_bzero(phrase.data(), phrase.size());
  if (!r || r[0] == '*') return base::fail(Fault::corrupt, "stored password hash is not usable");
  return std::string(r);
}

base::Result<> refused(std::string what) {
  return base::fail(Fault::permanent, std::move(what), "INVALID");
}

// Number after the prefix "$6$rounds=" or its like; 0 when there is none.
std::uint32_t sha_rounds(std::string_view s) {
  constexpr std::string_view kKey = "rounds=";
  std::size_t at = s.find(kKey);
  if (at != 3) return 0;
  std::string_view n = s.substr(at + kKey.size());
  return base::parse_u32(n.substr(0, n.find('$'))).value_or(kMaxShaCryptRounds + 1);
}

// Position in crypt's own alphabet, in which yescrypt and scrypt write their costs.
std::size_t itoa64(char c) {
  constexpr std::string_view kDigits = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::size_t i = kDigits.find(c);
  return i == std::string_view::npos ? 64 : i;
}

// The costs that crypt_gensalt gives at its highest are the highest taken: some seconds and 1 GB.
base::Result<> check_cost(std::string_view s) {
  bool dear = false;
  if (s.starts_with("$5$") || s.starts_with("$6$")) dear = sha_rounds(s) > kMaxShaCryptRounds;
  if (s.starts_with("$2") && s.size() > 6)
    dear = base::parse_u32(s.substr(4, 2)).value_or(kMaxBcryptCost + 1) > kMaxBcryptCost;
  std::string_view y = s.starts_with("$y$") ? s.substr(3) : s.starts_with("$gy$") ? s.substr(4) : "";
  if (!y.empty())
    dear = y.size() < 3 || y[0] != 'j' || itoa64(y[1]) > itoa64('F') || itoa64(y[2]) > itoa64('T');
  if (s.starts_with("$7$"))
    dear = s.size() < 14 || itoa64(s[3]) > itoa64('G') || s.substr(4, 10) != "U..../....";
  return dear ? refused("password hash costs too much to verify, or is malformed") : base::Result<>();
}

struct Known {
  std::string_view prefix, name;
  std::size_t digest;  // characters after the last '$', 0 = not checked
};
constexpr std::array kKnown = {
    Known{"$y$", "yescrypt", 43},    Known{"$gy$", "gost-yescrypt", 43},
    Known{"$7$", "scrypt", 43},      Known{"$6$", "sha512crypt", 86},
    Known{"$5$", "sha256crypt", 43}, Known{"$2a$", "bcrypt", 53},
    Known{"$2b$", "bcrypt", 53},     Known{"$2x$", "bcrypt", 53},
    Known{"$2y$", "bcrypt", 53},     Known{"$1$", "md5crypt", 22},
    Known{"$3$", "nt", 32},          Known{"$sha1$", "sha1crypt", 28},
    Known{"$md5", "sunmd5", 22},
};

const Known* known(std::string_view s) {
  auto it =
      std::find_if(kKnown.begin(), kKnown.end(), [&](const Known& k) { return s.starts_with(k.prefix); });
  return it == kKnown.end() ? nullptr : &*it;
}

base::Result<> check_crypt(std::string_view s) {
  if (s.starts_with("$argon2"))
    return refused("Argon2 hashes can't be verified here: give a plain password instead");
  std::string text(s);
  int verdict = s.find('\0') == std::string_view::npos ? crypt_checksalt(text.c_str()) : CRYPT_SALT_INVALID;
  const Known* k = known(s);
  bool des = !s.starts_with('$') && (s.size() == 13 || (s.size() == 20 && s[0] == '_'));
  if (verdict == CRYPT_SALT_INVALID || verdict == CRYPT_SALT_METHOD_DISABLED || (!k && !des))
    return refused("password hash of a kind that crypt(3) does not know");
  if (k && s.size() - s.rfind('$') - 1 != k->digest) return refused("password hash is cut or malformed");
  return check_cost(s);
}

}  // namespace

bool is_hash(std::string_view secret) {
  return (secret.size() > 1 && secret.starts_with('$')) || !braced_scheme(secret).empty();
}

base::Result<> check_hash(std::string_view stored) {
  if (stored.size() > kMaxStoredHash) return refused("password hash longer than 1024 bytes");
  if (!braced_scheme(stored).empty() || is_foreign_modular(stored)) {
    auto f = parse_foreign(stored);
    if (!f) return base::pass(f);
    return f->kind == Foreign::Kind::crypt ? check_crypt(f->want) : base::Result<>();
  }
  return check_crypt(stored);
}

base::Result<std::string> hash(std::string_view secret) {
  if (secret.empty()) return base::fail(Fault::permanent, "the password is empty", "INVALID");
  if (!usable(secret))
    return base::fail(Fault::permanent, "the password is longer than 511 bytes or contains NUL", "INVALID");
  char setting[CRYPT_GENSALT_OUTPUT_SIZE];
  if (!crypt_gensalt_rn("$y$", 0, nullptr, 0, setting, sizeof setting))
    return base::fail(Fault::temporary, "crypt_gensalt has no yescrypt or no randomness");
  return run_crypt(secret, setting);
}

base::Result<bool> verify(std::string_view secret, std::string_view stored) {
  // Too long or with NUL: nothing was ever stored for it; the time of a check is spent all the same.
  if (!usable(secret)) {
    (void)run_crypt("", nobody_hash());
    return false;
  }
  std::string_view setting = stored;
  Foreign f;
  if (!braced_scheme(stored).empty() || is_foreign_modular(stored)) {
    auto parsed = parse_foreign(stored);
    if (!parsed) return base::fail(Fault::corrupt, "stored password hash: " + parsed.error().what);
    f = std::move(*parsed);
    if (f.kind != Foreign::Kind::crypt) return verify_foreign(secret, f);
    setting = f.want;
  }
  if (auto ok = check_crypt(setting); !ok)
    return base::fail(Fault::corrupt, "stored password hash: " + ok.error().what);
  auto got = run_crypt(secret, setting);
  if (!got) return base::pass(got);
  return base::constant_time_equal(*got, setting);
}

std::string_view nobody_hash() {
  return "$y$j9T$ihifWxfiH5d..L/JusB6W.$...........................................";
}

std::string scheme_name(std::string_view stored) {
  if (std::string s = braced_scheme(stored); !s.empty()) return "{" + s + "}";
  if (is_foreign_modular(stored)) return "pbkdf2";
  const Known* k = known(stored);
  return k ? std::string(k->name) : stored.empty() ? "" : "descrypt";
}

}  // namespace postern::auth
