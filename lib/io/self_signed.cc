#include <arpa/inet.h>
#include <gnutls/x509.h>
#include <time.h>

#include <array>
#include <memory>

#include "base/system.h"
#include "io/tls.h"
#include "io/tls_state.h"

namespace postern::io {
namespace {

struct KeyFree {
  void operator()(gnutls_x509_privkey_t k) const noexcept { gnutls_x509_privkey_deinit(k); }
};
struct CertFree {
  void operator()(gnutls_x509_crt_t c) const noexcept { gnutls_x509_crt_deinit(c); }
};
using Key = std::unique_ptr<std::remove_pointer_t<gnutls_x509_privkey_t>, KeyFree>;
using Cert = std::unique_ptr<std::remove_pointer_t<gnutls_x509_crt_t>, CertFree>;

std::string taken(gnutls_datum_t& d) {
  std::string out(reinterpret_cast<const char*>(d.data), d.size);
  gnutls_free(d.data);
  return out;
}

int add_name(gnutls_x509_crt_t cert, const std::string& name) {
  unsigned char ip[16];
  if (::inet_pton(AF_INET, name.c_str(), ip) == 1)
    return gnutls_x509_crt_set_subject_alt_name(cert, GNUTLS_SAN_IPADDRESS, ip, 4, GNUTLS_FSAN_APPEND);
  if (::inet_pton(AF_INET6, name.c_str(), ip) == 1)
    return gnutls_x509_crt_set_subject_alt_name(cert, GNUTLS_SAN_IPADDRESS, ip, 16, GNUTLS_FSAN_APPEND);
  return gnutls_x509_crt_set_subject_alt_name(cert, GNUTLS_SAN_DNSNAME, name.data(),
                                              static_cast<unsigned>(name.size()), GNUTLS_FSAN_APPEND);
}

int fill(gnutls_x509_crt_t cert, gnutls_x509_privkey_t key, const std::vector<std::string>& names, int days) {
  constexpr time_t kHour = 3600;
  time_t now = ::time(nullptr);
  std::array<unsigned char, 16> serial;
  base::random_fill(serial);
  serial[0] &= 0x7f;
  int rc = gnutls_x509_crt_set_version(cert, 3);
  if (rc >= 0) rc = gnutls_x509_crt_set_serial(cert, serial.data(), serial.size());
  if (rc >= 0) rc = gnutls_x509_crt_set_activation_time(cert, now - kHour);
  if (rc >= 0) rc = gnutls_x509_crt_set_expiration_time(cert, now + 24 * kHour * days);
  if (rc >= 0)
    rc = gnutls_x509_crt_set_dn_by_oid(cert, GNUTLS_OID_X520_COMMON_NAME, 0, names[0].data(),
                                       static_cast<unsigned>(std::min<std::size_t>(names[0].size(), 64)));
  for (std::size_t i = 0; rc >= 0 && i < names.size(); ++i) rc = add_name(cert, names[i]);
  if (rc >= 0) rc = gnutls_x509_crt_set_key(cert, key);
  if (rc >= 0) rc = gnutls_x509_crt_set_basic_constraints(cert, 0, -1);
  if (rc >= 0) rc = gnutls_x509_crt_set_key_usage(cert, GNUTLS_KEY_DIGITAL_SIGNATURE);
  if (rc >= 0) rc = gnutls_x509_crt_set_key_purpose_oid(cert, GNUTLS_KP_TLS_WWW_SERVER, 0);
  if (rc >= 0) rc = gnutls_x509_crt_sign2(cert, cert, key, GNUTLS_DIG_SHA256, 0);
  return rc;
}

}  // namespace

base::Result<SelfSigned> make_self_signed(const std::vector<std::string>& names, int days) {
  if (names.empty() || names[0].empty())
    return base::fail(base::Fault::permanent, "a certificate needs a name");
  gnutls_x509_privkey_t raw_key = nullptr;
  gnutls_x509_crt_t raw_cert = nullptr;
  int rc = gnutls_x509_privkey_init(&raw_key);
  Key key(raw_key);
  if (rc >= 0) rc = gnutls_x509_crt_init(&raw_cert);
  Cert cert(raw_cert);
  if (rc >= 0)
    rc = gnutls_x509_privkey_generate(raw_key, GNUTLS_PK_ECDSA,
                                      GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
  if (rc >= 0) rc = fill(raw_cert, raw_key, names, days);
  gnutls_datum_t pem{};
  SelfSigned out;
  if (rc >= 0 && (rc = gnutls_x509_crt_export2(raw_cert, GNUTLS_X509_FMT_PEM, &pem)) >= 0)
    out.cert_pem = taken(pem);
  if (rc >= 0 && (rc = gnutls_x509_privkey_export2_pkcs8(raw_key, GNUTLS_X509_FMT_PEM, nullptr,
                                                         GNUTLS_PKCS_PLAIN, &pem)) >= 0)
    out.key_pem = taken(pem);
  if (rc < 0) return std::unexpected(tls_error("certificate", rc));
  return out;
}

}  // namespace postern::io
