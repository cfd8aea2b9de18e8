#include "auth/credential.h"

#include "auth/foreign.h"
#include "auth/limits.h"
#include "auth/password.h"
#include "auth/saslprep.h"
#include "auth/secret.h"
#include "base/codec.h"

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

base::Result<Credential> from_plain(std::string_view secret, const Keeping& keeping) {
  // What SASLprep refuses (a control character, say) still makes a password for PLAIN, taken as it stands.
  auto prepared = saslprep(secret, Prep::stored);
  std::string_view text = prepared && !prepared->empty() ? std::string_view(*prepared) : secret;
  auto h = hash(text);
  if (prepared) wipe(*prepared);
  if (!h) return base::pass(h);
  return with_scram(secret, *h, keeping);
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

base::Result<Credential> make_credential(std::string_view secret, const Keeping& keeping) {
  if (auto ok = check_secret(secret); !ok) return base::pass(ok);
  if (auto plain = plain_inside(secret)) {
    auto c = from_plain(*plain, keeping);
    wipe(*plain);
    return c;
  }
  if (!is_hash(secret)) return from_plain(secret, keeping);
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

std::vector<std::string> to_texts(const Credential& c) {
  std::vector<std::string> out;
  if (c.hash.empty() && !c.sha256 && !c.sha1) return out;
  out.push_back(c.hash);
  auto add = [&](const char* scheme, const std::optional<ScramKeys>& k) {
    if (k)
      out.push_back(scheme + std::to_string(k->iterations) + "," + base::base64(k->salt) + "," +
                    base::base64(k->stored_key) + "," + base::base64(k->server_key));
  };
  add("{SCRAM-SHA-256}", c.sha256);
  add("{SCRAM-SHA-1}", c.sha1);
  if (!c.clear.empty()) out.push_back("{CLEAR}" + c.clear);
  return out;
}

base::Result<Credential> from_texts(const std::vector<std::string>& texts) {
  Credential c;
  if (texts.empty()) return c;
  if (texts.size() > 4) return base::fail(Fault::permanent, "more than four texts of one password", "INVALID");
  if (!texts[0].empty())
    if (auto ok = check_hash(texts[0]); !ok) return base::pass(ok);
  c.hash = texts[0];
  for (std::size_t i = 1; i < texts.size(); ++i) {
    if (auto clear = plain_inside(texts[i])) {
      c.clear = std::move(*clear);
      continue;
    }
    if (!braced_scheme(texts[i]).starts_with("SCRAM-"))
      return base::fail(Fault::permanent, "expected SCRAM keys or {CLEAR} behind the hash", "INVALID");
    auto keys = make_credential(texts[i]);
    if (!keys) return base::pass(keys);
    if ((keys->sha256 && c.sha256) || (keys->sha1 && c.sha1))
      return base::fail(Fault::permanent, "the same SCRAM keys twice", "INVALID");
    if (keys->sha256) c.sha256 = std::move(keys->sha256);
    if (keys->sha1) c.sha1 = std::move(keys->sha1);
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

Credential with_scram(std::string_view secret, std::string_view hash, const Keeping& keeping) {
  Credential c;
  c.hash = std::string(hash);
  if (auto k = new_scram_keys(ScramHash::sha256, secret, keeping.scram_iterations)) c.sha256 = std::move(*k);
  if (auto k = new_scram_keys(ScramHash::sha1, secret, keeping.scram_iterations)) c.sha1 = std::move(*k);
  if (keeping.clear) c.clear = std::string(secret);
  return c;
}

std::string apop_digest(std::string_view timestamp, std::string_view secret) {
  return base::hex(digest_of(Digest::md5, timestamp, secret));
}

}  // namespace postern::auth
