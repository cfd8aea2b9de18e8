// TLS credentials and settings; the sessions live inside Stream.  Over GnuTLS, whose headers stay out.
// Runs in: imapd, jmapd, lmtpd, smtpd, ... and every client of theirs.
//
// Limits: kMaxSniName, kHandshakeTimeoutMs, kMaxHandshakeBytes.
// RFC 8446, 5246, 6066 (SNI), 7301 (ALPN), 5077 (tickets), 5929 and 9266 (channel bindings).
// Tests: t/unit/io_tls.cc
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/limits.h"

namespace postern::io {

inline constexpr const char* kDefaultTlsPriority = "NORMAL:-VERS-TLS1.0:-VERS-TLS1.1";

// A certificate chain and its key, PEM files; `key_file` empty: the key stands in `cert_file`.
struct TlsIdentity {
  std::string cert_file;
  std::string key_file;
  std::string ocsp_file;  // DER response to staple, or empty
};

struct TlsServerOptions {
  // At least one.  The one whose certificate names the wanted server is used, else the first.
  std::vector<TlsIdentity> identities;
  std::string priority = kDefaultTlsPriority;
  // In our order of preference.  A client that offers none of them gets the alert no_application_protocol;
  // one that sends no ALPN is served.
  std::vector<std::string> alpn;
  bool tickets = true;
  // Seed shared by processes that serve the same port, so that a session resumes in any of them (64 bytes);
  // empty: made here.  The keys in use are derived from it and change with time.
  std::string ticket_seed;
  std::uint32_t handshake_ms = kHandshakeTimeoutMs;
};

struct TlsClientOptions {
  std::string priority = kDefaultTlsPriority;
  std::vector<std::string> alpn;
  std::string ca_file;  // PEM; empty: the system's
  bool verify = true;   // false for tests and opportunistic TLS
  bool resume = false;  // remembers the last session of each server name
  std::uint32_t handshake_ms = kHandshakeTimeoutMs;
};

struct TlsInfo {
  std::string version;  // "TLS1.3"
  std::string cipher;   // "TLS1.3-ECDHE-SECP256R1-ECDSA-...", GnuTLS's description
  std::string sni;      // asked for by the client, lower case, checked to be a plausible host name; or empty
  std::string alpn;
  bool resumed = false;
};

// What SCRAM-PLUS binds to.
enum class ChannelBinding { tls_unique, tls_server_end_point, tls_exporter };

class TlsContext {
 public:
  static base::Result<std::shared_ptr<TlsContext>> server(TlsServerOptions options);
  static base::Result<std::shared_ptr<TlsContext>> client(TlsClientOptions options);
  ~TlsContext();

  // Reads the files again.  Sessions that live keep what they have; on an error new ones do, too.
  base::Result<> reload();
  bool is_server() const;
  std::uint32_t handshake_ms() const;

  struct State;
  // For lib/io only.
  State& state() { return *state_; }

 private:
  explicit TlsContext(std::unique_ptr<State> s);
  std::unique_ptr<State> state_;
};

struct SelfSigned {
  std::string cert_pem;
  std::string key_pem;
};
// An ECDSA P-256 certificate for `names` (host names or IP addresses), valid from an hour ago for `days`.
base::Result<SelfSigned> make_self_signed(const std::vector<std::string>& names, int days);

}  // namespace postern::io
