// What a TlsContext holds.  Private to lib/io.
#pragma once
#include <gnutls/gnutls.h>

#include <map>
#include <memory>
#include <string>

#include "base/result.h"
#include "io/tls.h"

namespace postern::io {

// Certificates and keys, shared by the sessions that began with them.
struct TlsCredentials {
  TlsCredentials();
  TlsCredentials(const TlsCredentials&) = delete;
  TlsCredentials& operator=(const TlsCredentials&) = delete;
  ~TlsCredentials();
  gnutls_certificate_credentials_t handle = nullptr;
};

struct TlsContext::State {
  ~State();
  bool server = false;
  TlsServerOptions server_options;
  TlsClientOptions client_options;
  std::shared_ptr<TlsCredentials> credentials;
  gnutls_priority_t priority = nullptr;
  std::string ticket_key;
  std::map<std::string, std::string> remembered;  // client: session data by server name
};

base::Error tls_error(std::string what, int code);

}  // namespace postern::io
