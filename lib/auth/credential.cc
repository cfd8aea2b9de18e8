#include "auth/credential.h"

#include "auth/foreign.h"
#include "auth/limits.h"
#include "auth/password.h"
#include "auth/saslprep.h"
#include "auth/secret.h"

namespace postern::auth {
namespace {

using base::Fault;

// {PLAIN}secret and its kin; nothing else.
std::optional<std::string> plain_inside(std::string_view secret) {
  if (braced_scheme(secret).empty()) return std::nullopt;
  auto f = parse_foreign(secret);
  if (!f || f->kind != Foreign::Kind::plain) return std::nullopt;
  return std::move(f->want);
}

base::Result<Credential> from_plain(std::string_view secret, std::uint32_t iterations) {
  // What SASLprep refuses (a control character, say) still makes a password for PLAIN, taken as it stands.
  auto prepared = saslprep(secret, Prep::stored);
  std::string_view text = prepared && !prepared->empty() ? std::string_view(*prepared) : secret;
  auto h = hash(text);
  if (prepared) wipe(*prepared);
  if (!h) return base::pass(h);
  return with_scram(secret, *h, iterations);
}

}  // namespace

base::Result<> check_secret(std::string_view secret) {
  if (auto plain = plain_inside(secret)) {
    wipe(*plain);
    return {};
  }
  if (is_hash(secret)) return check_hash(secret);
  if (secret.empty()) return base::fail(Fault::permanent, "the password is empty", "INVALID");
  if (secret.size() > kMaxSecret || secret.find('\0') != std::string_view::npos)
    return base::fail(Fault::permanent, "the password is longer than 511 bytes or contains NUL", "INVALID");
  return {};
}

base::Result<Credential> make_credential(std::string_view secret, std::uint32_t scram_iterations) {
  if (auto ok = check_secret(secret); !ok) return base::pass(ok);
  if (auto plain = plain_inside(secret)) {
    auto c = from_plain(*plain, scram_iterations);
    wipe(*plain);
    return c;
  }
  if (!is_hash(secret)) return from_plain(secret, scram_iterations);
  Credential c;
  c.hash = std::string(secret);
  if (braced_scheme(secret).starts_with("SCRAM-")) {
    auto f = parse_foreign(secret);
    if (!f) return base::pass(f);
    ScramKeys k{f->iterations, f->salt, f->want, f->server_key};
    (f->digest == Digest::sha1 ? c.sha1 : c.sha256) = std::move(k);
  }
  return c;
}

base::Result<bool> verify_secret(std::string_view secret, std::string_view hash) {
  auto prepared = saslprep(secret, Prep::query);
  bool differs = !prepared || *prepared != secret;
  base::Result<bool> ok = false;
  if (prepared) ok = verify(*prepared, hash);
  if (ok && !*ok && differs) ok = verify(secret, hash);
  if (prepared) wipe(*prepared);
  return ok;
}

Credential with_scram(std::string_view secret, std::string_view hash, std::uint32_t scram_iterations) {
  Credential c;
  c.hash = std::string(hash);
  if (auto k = new_scram_keys(ScramHash::sha256, secret, scram_iterations)) c.sha256 = std::move(*k);
  if (auto k = new_scram_keys(ScramHash::sha1, secret, scram_iterations)) c.sha1 = std::move(*k);
  return c;
}

}  // namespace postern::auth
