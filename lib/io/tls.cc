#include "io/tls.h"

#include <sys/stat.h>

#include <utility>

#include "base/file.h"
#include "base/system.h"
#include "io/limits.h"
#include "io/tls_state.h"

namespace postern::io {
namespace {

constexpr std::size_t kTicketSeedSize = 64;
constexpr std::size_t kMaxPem = 1u << 20;

gnutls_datum_t datum(const std::string& s) {
  return {reinterpret_cast<unsigned char*>(const_cast<char*>(s.data())), static_cast<unsigned>(s.size())};
}

base::Result<> add_identity(TlsCredentials& c, const TlsIdentity& id) {
  auto cert = base::read_file(id.cert_file, kMaxPem);
  if (!cert) return base::pass(cert);
  auto key = id.key_file.empty() ? cert : base::read_file(id.key_file, kMaxPem);
  if (!key) return base::pass(key);
  gnutls_datum_t cd = datum(*cert), kd = datum(*key);
  int index = gnutls_certificate_set_x509_key_mem2(c.handle, &cd, &kd, GNUTLS_X509_FMT_PEM, nullptr, 0);
  gnutls_memset(key->data(), 0, key->size());
  if (index < 0) return std::unexpected(tls_error(id.cert_file, index));
  std::size_t bytes = 0;
  gnutls_datum_t der{};
  for (unsigned i = 0; gnutls_certificate_get_crt_raw(c.handle, static_cast<unsigned>(index), i, &der) >= 0; ++i)
    bytes += der.size;
  if (bytes > kMaxCertificateBytes)
    return base::fail(base::Fault::limit, id.cert_file + ": its certificates have " + std::to_string(bytes) +
                                              " bytes, and a handshake has room for " +
                                              std::to_string(kMaxCertificateBytes) + ": use several of fewer names");
  if (id.ocsp_file.empty()) return {};
  int rc = gnutls_certificate_set_ocsp_status_request_file(c.handle, id.ocsp_file.c_str(),
                                                           static_cast<unsigned>(index));
  if (rc < 0) return std::unexpected(tls_error(id.ocsp_file, rc));
  return {};
}

base::Result<std::shared_ptr<TlsCredentials>> load(const TlsContext::State& s) {
  auto c = std::make_shared<TlsCredentials>();
  if (s.server) {
    // The index that add_identity() gets belongs to this flag.
    gnutls_certificate_set_flags(c->handle, GNUTLS_CERTIFICATE_API_V2);
    for (const auto& id : s.server_options.identities)
      if (auto r = add_identity(*c, id); !r) return base::pass(r);
    gnutls_certificate_set_known_dh_params(c->handle, GNUTLS_SEC_PARAM_MEDIUM);
    return c;
  }
  if (!s.client_options.verify) return c;
  const std::string& ca = s.client_options.ca_file;
  int rc = ca.empty() ? gnutls_certificate_set_x509_system_trust(c->handle)
                      : gnutls_certificate_set_x509_trust_file(c->handle, ca.c_str(), GNUTLS_X509_FMT_PEM);
  if (rc < 0) return std::unexpected(tls_error(ca.empty() ? "system trust" : ca, rc));
  return c;
}

base::Result<> prepare(TlsContext::State& s, const std::string& priority,
                       const std::vector<std::string>& alpn) {
  const char* at = nullptr;
  int rc = gnutls_priority_init2(&s.priority, priority.c_str(), &at, 0);
  if (rc < 0) return std::unexpected(tls_error("TLS priority \"" + priority + "\"", rc));
  if (alpn.size() > kMaxAlpn) return base::fail(base::Fault::limit, "too many ALPN protocols");
  auto loaded = load(s);
  if (!loaded) return base::pass(loaded);
  s.credentials = std::move(*loaded);
  return {};
}

}  // namespace

base::Error tls_error(std::string what, int code) {
  return {base::Fault::permanent, std::move(what) + ": " + gnutls_strerror(code), "TLS"};
}

TlsCredentials::TlsCredentials() {
  base::check(gnutls_certificate_allocate_credentials(&handle) == 0, "TLS credentials");
}
TlsCredentials::~TlsCredentials() {
  gnutls_certificate_free_credentials(handle);
}

TlsContext::State::~State() {
  if (priority) gnutls_priority_deinit(priority);
  gnutls_memset(ticket_key.data(), 0, ticket_key.size());
}

TlsContext::TlsContext(std::unique_ptr<State> s) : state_(std::move(s)) {}
TlsContext::~TlsContext() = default;

base::Result<std::shared_ptr<TlsContext>> TlsContext::server(TlsServerOptions options) {
  if (options.identities.empty()) return base::fail(base::Fault::permanent, "TLS needs a certificate");
  auto s = std::make_unique<State>();
  s->server = true;
  s->server_options = std::move(options);
  const auto& o = s->server_options;
  if (auto r = prepare(*s, o.priority, o.alpn); !r) return base::pass(r);
  if (o.tickets) {
    s->ticket_key = o.ticket_seed;
    if (s->ticket_key.empty()) {
      s->ticket_key.resize(kTicketSeedSize);
      base::random_fill({reinterpret_cast<unsigned char*>(s->ticket_key.data()), kTicketSeedSize});
    }
    if (s->ticket_key.size() != kTicketSeedSize)
      return base::fail(base::Fault::permanent, "the seed of session tickets must have 64 bytes");
  }
  return std::shared_ptr<TlsContext>(new TlsContext(std::move(s)));
}

base::Result<std::shared_ptr<TlsContext>> TlsContext::client(TlsClientOptions options) {
  auto s = std::make_unique<State>();
  s->client_options = std::move(options);
  if (auto r = prepare(*s, s->client_options.priority, s->client_options.alpn); !r) return base::pass(r);
  return std::shared_ptr<TlsContext>(new TlsContext(std::move(s)));
}

base::Result<> TlsContext::reload() {
  auto fresh = load(*state_);
  if (!fresh) return base::pass(fresh);
  state_->credentials = std::move(*fresh);
  return {};
}

bool TlsContext::is_server() const {
  return state_->server;
}

std::uint32_t TlsContext::handshake_ms() const {
  return state_->server ? state_->server_options.handshake_ms : state_->client_options.handshake_ms;
}

}  // namespace postern::io
