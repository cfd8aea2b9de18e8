// Signing and verifying tickets: Ed25519 by GnuTLS, whose own cost over nettle's is not measurable.
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>
#include <sys/stat.h>

#include <deque>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "auth/limits.h"
#include "auth/secret.h"
#include "auth/ticket.h"
#include "base/codec.h"
#include "base/file.h"

namespace postern::auth {
namespace {

using base::Fault;

constexpr std::size_t kSignature = 64;
// Set before what is signed, so that a signature made for anything else never passes for a ticket.
constexpr std::string_view kDomain{"postern ticket\0", 15};

struct FreePrivate {
  void operator()(gnutls_privkey_t k) const noexcept { gnutls_privkey_deinit(k); }
};
struct FreePublic {
  void operator()(gnutls_pubkey_t k) const noexcept { gnutls_pubkey_deinit(k); }
};
struct FreeX509 {
  void operator()(gnutls_x509_privkey_t k) const noexcept { gnutls_x509_privkey_deinit(k); }
};
using PrivateKey = std::unique_ptr<std::remove_pointer_t<gnutls_privkey_t>, FreePrivate>;
using PublicKey = std::unique_ptr<std::remove_pointer_t<gnutls_pubkey_t>, FreePublic>;
using X509Key = std::unique_ptr<std::remove_pointer_t<gnutls_x509_privkey_t>, FreeX509>;

gnutls_datum_t datum(std::string_view s) {
  return {reinterpret_cast<unsigned char*>(const_cast<char*>(s.data())), static_cast<unsigned>(s.size())};
}

std::string take(gnutls_datum_t& d) {
  std::string s(reinterpret_cast<const char*>(d.data), d.size);
  explicit_bzero(d.data, d.size);
  gnutls_free(d.data);
  return s;
}

std::unexpected<base::Error> tls_error(const char* what, int rc) {
  return base::fail(Fault::permanent, std::string(what) + ": " + gnutls_strerror(rc));
}

std::unexpected<base::Error> refused(const char* why) {
  return base::fail(Fault::permanent, std::string("ticket refused: ") + why, "TICKET");
}

template <class Owner, class Raw>
Owner make(int (*init)(Raw*)) {
  Raw raw = nullptr;
  return Owner(init(&raw) == 0 ? raw : nullptr);
}

std::string signed_bytes(std::string_view body) {
  std::string s(kDomain);
  s.append(body);
  return s;
}

base::Result<PrivateKey> load_private(std::string_view pem) {
  auto key = make<PrivateKey>(gnutls_privkey_init);
  gnutls_datum_t d = datum(pem);
  if (!key) return base::fail(Fault::temporary, "out of memory");
  int rc = gnutls_privkey_import_x509_raw(key.get(), &d, GNUTLS_X509_FMT_PEM, nullptr, 0);
  if (rc < 0) return tls_error("ticket key", rc);
  if (gnutls_privkey_get_pk_algorithm(key.get(), nullptr) != GNUTLS_PK_EDDSA_ED25519)
    return base::fail(Fault::permanent, "ticket key is not an Ed25519 key");
  return key;
}

base::Result<std::string> public_pem(gnutls_privkey_t key) {
  auto pub = make<PublicKey>(gnutls_pubkey_init);
  if (!pub) return base::fail(Fault::temporary, "out of memory");
  gnutls_datum_t out{};
  int rc = gnutls_pubkey_import_privkey(pub.get(), key, 0, 0);
  if (rc >= 0) rc = gnutls_pubkey_export2(pub.get(), GNUTLS_X509_FMT_PEM, &out);
  if (rc < 0) return tls_error("ticket public key", rc);
  return take(out);
}

base::Result<> generate(const std::string& path) {
  auto key = make<X509Key>(gnutls_x509_privkey_init);
  if (!key) return base::fail(Fault::temporary, "out of memory");
  gnutls_datum_t out{};
  int rc = gnutls_x509_privkey_generate(key.get(), GNUTLS_PK_EDDSA_ED25519, 0, 0);
  if (rc >= 0)
    rc = gnutls_x509_privkey_export2_pkcs8(key.get(), GNUTLS_X509_FMT_PEM, nullptr, GNUTLS_PKCS_PLAIN, &out);
  if (rc < 0) return tls_error("making the ticket key", rc);
  std::string pem = take(out);
  auto written = base::write_file(path, pem, 0600);
  wipe(pem);
  return written;
}

}  // namespace

base::Result<> ensure_ticket_keys(const std::string& private_path, const std::string& public_path) {
  struct stat st;
  if (stat(private_path.c_str(), &st) != 0) {
    if (errno != ENOENT) return std::unexpected(base::sys_error(private_path));
    if (auto made = generate(private_path); !made) return made;
  }
  auto pem = base::read_file(private_path, 64u << 10);
  if (!pem) return base::pass(pem);
  auto key = load_private(*pem);
  wipe(*pem);
  if (!key) return base::pass(key);
  auto pub = public_pem(key->get());
  if (!pub) return base::pass(pub);
  auto have = base::read_file(public_path, 64u << 10);
  if (have && *have == *pub) return {};
  return base::write_file(public_path, *pub, 0644);
}

struct Signer::Key {
  PrivateKey key;
};

Signer::Signer(std::unique_ptr<Key> key) : key_(std::move(key)) {}
Signer::Signer(Signer&&) noexcept = default;
Signer& Signer::operator=(Signer&&) noexcept = default;
Signer::~Signer() = default;

base::Result<Signer> Signer::from_file(const std::string& private_path) {
  auto pem = base::read_file(private_path, 64u << 10);
  if (!pem) return base::pass(pem);
  auto s = from_pem(*pem);
  wipe(*pem);
  return s;
}

base::Result<Signer> Signer::from_pem(std::string_view pem) {
  auto key = load_private(pem);
  if (!key) return base::pass(key);
  return Signer(std::make_unique<Key>(Key{std::move(*key)}));
}

base::Result<std::string> Signer::sign(const Ticket& t) const {
  std::string body = encode_ticket(t);
  if (t.groups.size() > kMaxTicketGroups || body.size() + kSignature > kMaxTicket)
    return base::fail(Fault::limit, "ticket too long", "LIMIT");
  std::string message = signed_bytes(body);
  gnutls_datum_t in = datum(message), out{};
  int rc = gnutls_privkey_sign_data2(key_->key.get(), GNUTLS_SIGN_EDDSA_ED25519, 0, &in, &out);
  if (rc < 0) return tls_error("signing a ticket", rc);
  body += take(out);
  return body;
}

// Everything behind one mutex but the signature check, which takes eighty microseconds and runs outside it.
struct Verifier::State {
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const { return base::seeded_hash(s); }
  };
  struct Revoked {
    std::uint64_t generation;
    std::int64_t until;
  };
  using Known = std::unordered_map<std::string, std::shared_ptr<const Ticket>, Hash, std::equal_to<>>;

  PublicKey key;
  mutable std::mutex mutex;
  Known known;
  // Keys of `known` in the order of their arrival, which is nearly that of their expiry; views into its
  // nodes.
  std::deque<std::string_view> order;
  std::unordered_map<std::uint64_t, Revoked> revoked;

  void forget_expired(std::int64_t now) {
    while (!order.empty() && (known.size() >= kMaxRememberedTickets || oldest_expires() < now)) drop_oldest();
  }
  std::int64_t oldest_expires() const { return known.find(order.front())->second->expires; }
  void drop_oldest() {
    known.erase(known.find(order.front()));
    order.pop_front();
  }
};

Verifier::Verifier(std::unique_ptr<State> state) : state_(std::move(state)) {}
Verifier::~Verifier() = default;

base::Result<std::unique_ptr<Verifier>> Verifier::from_file(const std::string& public_path) {
  auto pem = base::read_file(public_path, 64u << 10);
  if (!pem) return base::pass(pem);
  return from_pem(*pem);
}

base::Result<std::unique_ptr<Verifier>> Verifier::from_pem(std::string_view pem) {
  auto state = std::make_unique<State>();
  state->key = make<PublicKey>(gnutls_pubkey_init);
  if (!state->key) return base::fail(Fault::temporary, "out of memory");
  gnutls_datum_t d = datum(pem);
  int rc = gnutls_pubkey_import(state->key.get(), &d, GNUTLS_X509_FMT_PEM);
  if (rc < 0) return tls_error("ticket public key", rc);
  if (gnutls_pubkey_get_pk_algorithm(state->key.get(), nullptr) != GNUTLS_PK_EDDSA_ED25519)
    return base::fail(Fault::permanent, "ticket public key is not an Ed25519 key");
  return std::unique_ptr<Verifier>(new Verifier(std::move(state)));
}

base::Result<std::shared_ptr<const Ticket>> Verifier::check(std::string_view bytes, std::int64_t now) const {
  if (bytes.size() <= kSignature || bytes.size() > kMaxTicket) return refused("wrong length");
  std::string_view body = bytes.substr(0, bytes.size() - kSignature);
  std::string message = signed_bytes(body);
  gnutls_datum_t in = datum(message), sig = datum(bytes.substr(body.size()));
  if (gnutls_pubkey_verify_data2(state_->key.get(), GNUTLS_SIGN_EDDSA_ED25519, 0, &in, &sig) < 0)
    return refused("bad signature");
  auto t = decode_ticket(body);
  if (!t) return base::pass(t);
  if (t->issued > now + kTicketSkew) return refused("issued in the future");
  return std::make_shared<const Ticket>(std::move(*t));
}

base::Result<std::shared_ptr<const Ticket>> Verifier::verify_expired(std::string_view bytes, std::int64_t now,
                                                                     std::int64_t grace) {
  auto t = check(bytes, now);
  if (t && (*t)->expires + grace < now) return refused("expired");
  return t;
}

base::Result<std::shared_ptr<const Ticket>> Verifier::verify(std::string_view bytes, std::int64_t now) {
  auto void_now = [&](const Ticket& t) {
    auto r = state_->revoked.find(t.principal);
    return r != state_->revoked.end() && t.generation < r->second.generation;
  };
  {
    std::lock_guard lock(state_->mutex);
    auto it = state_->known.find(bytes);
    if (it != state_->known.end()) {
      if (it->second->expires < now) return refused("expired");
      if (void_now(*it->second)) return refused("revoked");
      return it->second;
    }
  }
  auto t = check(bytes, now);
  if (!t) return t;
  if ((*t)->expires < now) return refused("expired");
  std::lock_guard lock(state_->mutex);
  if (void_now(**t)) return refused("revoked");
  state_->forget_expired(now);
  auto [it, fresh] = state_->known.try_emplace(std::string(bytes), *t);
  if (fresh) state_->order.push_back(it->first);
  return it->second;
}

void Verifier::revoke(std::uint64_t principal, std::uint64_t generation, std::int64_t now) {
  std::lock_guard lock(state_->mutex);
  // Past this time no ticket of the old generation is alive.
  std::int64_t until = now + kTicketSeconds + kTicketSkew;
  if (state_->revoked.size() >= kMaxRevocations)
    std::erase_if(state_->revoked, [&](const auto& e) { return e.second.until < now; });
  auto& r = state_->revoked[principal];
  r.generation = std::max(r.generation, generation);
  r.until = std::max(r.until, until);
}

std::size_t Verifier::remembered() const {
  std::lock_guard lock(state_->mutex);
  return state_->known.size();
}

}  // namespace postern::auth
