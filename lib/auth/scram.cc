#include "auth/scram.h"

#include <algorithm>
#include <array>
#include <utility>

#include "auth/foreign.h"
#include "auth/limits.h"
#include "auth/saslprep.h"
#include "auth/secret.h"
#include "base/codec.h"
#include "base/system.h"
#include "base/text.h"

namespace postern::auth {
namespace {

using base::Fault;

Digest digest_for(ScramHash h) {
  return h == ScramHash::sha1 ? Digest::sha1 : Digest::sha256;
}

std::unexpected<base::Error> bad(const char* why) {
  return base::fail(Fault::permanent, std::string("SCRAM: ") + why, "AUTHENTICATIONFAILED");
}

// saslname: no NUL, no bare comma (the caller split there), '=' only in =2C and =3D.  RFC 5802 5.1.
base::Result<std::string> decode_saslname(std::string_view s) {
  std::string out;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s[i] == '\0') return bad("NUL in a name");
    if (s[i] != '=') {
      out += s[i];
      continue;
    }
    std::string_view code = s.substr(i, 3);
    if (code != "=2C" && code != "=3D") return bad("bad escape in a name");
    out += code == "=2C" ? ',' : '=';
    i += 2;
  }
  if (out.empty() || !base::is_valid_utf8(out)) return bad("empty name or bad UTF-8");
  return out;
}

bool is_printable(std::string_view nonce) {
  return std::all_of(nonce.begin(), nonce.end(), [](char c) { return c > 0x20 && c < 0x7f && c != ','; });
}

}  // namespace

base::Result<ScramKeys> scram_keys(ScramHash h, std::string_view secret, std::string_view salt,
                                   std::uint32_t iterations) {
  base::check(iterations >= 1 && iterations <= kScramMaxIterations && !salt.empty(),
              "scram_keys: bad arguments");
  auto prepared = saslprep(secret, Prep::stored);
  if (!prepared) return base::pass(prepared);
  if (prepared->empty())
    return base::fail(Fault::permanent, "the password is empty after SASLprep", "INVALID");
  Digest d = digest_for(h);
  std::string salted = derive_key(d, *prepared, salt, iterations, digest_size(d));
  std::string client_key = hmac_of(d, salted, "Client Key");
  ScramKeys k{iterations, std::string(salt), digest_of(d, client_key), hmac_of(d, salted, "Server Key")};
  wipe(*prepared);
  wipe(salted);
  wipe(client_key);
  return k;
}

base::Result<ScramKeys> new_scram_keys(ScramHash h, std::string_view secret, std::uint32_t iterations) {
  std::array<unsigned char, kScramSalt> salt;
  base::random_fill(salt);
  return scram_keys(h, secret, {reinterpret_cast<const char*>(salt.data()), salt.size()}, iterations);
}

ScramKeys fake_scram_keys(ScramHash h, std::string_view name, std::string_view pepper,
                          std::uint32_t iterations) {
  Digest d = digest_for(h);
  std::string id(name);
  id.push_back('\0');
  auto derive = [&](char what) { return hmac_of(d, pepper, id + what); };
  return {iterations, derive('s').substr(0, kScramSalt), derive('c'), derive('k')};
}

ScramServer::ScramServer(ScramOptions options, ScramKeySource keys)
    : options_(std::move(options)), source_(std::move(keys)) {}

// The bytes that the client must have mixed in; empty without a binding.
base::Result<std::string> ScramServer::binding_data() const {
  if (binding_type_.empty()) return std::string();
  const std::string* data = nullptr;
  if (binding_type_ == "tls-unique") data = &options_.bindings.tls_unique;
  if (binding_type_ == "tls-server-end-point") data = &options_.bindings.tls_server_end_point;
  if (binding_type_ == "tls-exporter") data = &options_.bindings.tls_exporter;
  if (!data || data->empty()) return bad("channel binding of that type is not at hand");
  return *data;
}

// gs2-header: cbind-flag "," [ "a=" authzid ] ",".  RFC 5801 4.
base::Result<> ScramServer::read_gs2(std::string_view flag, std::string_view authzid) {
  if (flag.starts_with("p=")) {
    if (!options_.plus) return bad("channel binding without a -PLUS mechanism");
    binding_type_ = std::string(flag.substr(2));
    if (binding_type_.empty()) return bad("channel binding without a type");
    if (auto data = binding_data(); !data) return base::pass(data);
  } else if (options_.plus || (flag != "n" && flag != "y")) {
    return bad("bad channel binding flag");
  } else if (flag == "y" && options_.plus_offered) {
    return bad("the client believes that channel binding was not offered: downgrade");
  }
  if (!authzid.empty()) {
    if (!authzid.starts_with("a=")) return bad("bad authorization identity");
    auto name = decode_saslname(authzid.substr(2));
    if (!name) return base::pass(name);
    authzid_ = std::move(*name);
  }
  gs2_header_ = std::string(flag) + "," + std::string(authzid) + ",";
  return {};
}

base::Result<std::string> ScramServer::first(std::string_view message) {
  if (state_ != State::start) return bad("message out of order");
  state_ = State::over;
  if (message.size() > kMaxSaslMessage) return bad("message too long");
  auto p = base::split(message, ',');
  if (p.size() != 4) return bad("client-first-message needs exactly four fields");
  if (auto ok = read_gs2(p[0], p[1]); !ok) return base::pass(ok);
  if (!p[2].starts_with("n=")) return bad("user name missing, or an extension that is not known");
  auto name = decode_saslname(p[2].substr(2));
  if (!name) return base::pass(name);
  username_ = std::move(*name);
  std::string_view nonce = p[3].starts_with("r=") ? p[3].substr(2) : "";
  if (nonce.empty() || nonce.size() > kMaxNonce || !is_printable(nonce)) return bad("bad nonce");

  client_first_bare_ = std::string(message.substr(gs2_header_.size()));
  nonce_ = std::string(nonce) + (options_.nonce.empty() ? base::random_token(24) : options_.nonce);
  keys_ = source_(username_, options_.hash);
  server_first_ = "r=" + nonce_ + ",s=" + base::base64(keys_.salt) + ",i=" + std::to_string(keys_.iterations);
  state_ = State::challenged;
  return server_first_;
}

// StoredKey = H(ClientKey), and ClientKey = ClientProof XOR HMAC(StoredKey, AuthMessage).  RFC 5802 3.
bool ScramServer::proof_fits(std::string_view proof, const std::string& auth_message) const {
  Digest d = digest_for(options_.hash);
  std::string key = hmac_of(d, keys_.stored_key, auth_message);
  if (proof.size() != key.size()) return false;
  std::transform(key.begin(), key.end(), proof.begin(), key.begin(), [](char a, char b) { return a ^ b; });
  return base::constant_time_equal(digest_of(d, key), keys_.stored_key);
}

base::Result<std::string> ScramServer::final(std::string_view message) {
  if (state_ != State::challenged) return bad("message out of order");
  state_ = State::over;
  if (message.size() > kMaxSaslMessage) return bad("message too long");
  auto p = base::split(message, ',');
  if (p.size() != 3 || !p[0].starts_with("c=") || !p[1].starts_with("r=") || !p[2].starts_with("p="))
    return bad("client-final-message is not c=,r=,p=");
  auto binding = base::unbase64(p[0].substr(2)), proof = base::unbase64(p[2].substr(2));
  if (!binding || !proof) return bad("bad base64");
  auto data = binding_data();
  if (!data) return base::pass(data);
  if (!base::constant_time_equal(*binding, gs2_header_ + *data)) return bad("channel binding does not match");
  if (!base::constant_time_equal(p[1].substr(2), nonce_)) return bad("wrong nonce");

  std::string_view without_proof = message.substr(0, message.size() - p[2].size() - 1);
  std::string auth_message = client_first_bare_ + "," + server_first_ + "," + std::string(without_proof);
  if (!proof_fits(*proof, auth_message)) return bad("wrong proof");
  return "v=" + base::base64(hmac_of(digest_for(options_.hash), keys_.server_key, auth_message));
}

}  // namespace postern::auth
