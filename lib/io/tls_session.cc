#include "io/tls_session.h"

#include <errno.h>
#include <gnutls/x509.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/text.h"
#include "io/tls_state.h"

namespace postern::io {
namespace {

constexpr int kMaxNonFatal = 32;  // warnings and the like that one call may skip
constexpr std::size_t kRecord = 16384;
constexpr std::size_t kRememberedSessions = 256;

bool plausible_host(std::string_view s) {
  return !s.empty() && s.size() <= kMaxSniName && std::ranges::all_of(s, [](char c) {
    return base::is_alpha(c) || base::is_digit(c) || c == '.' || c == '-' || c == '_';
  });
}

bool is_ip(std::string_view s) {
  return s.find(':') != std::string_view::npos ||
         std::ranges::all_of(s, [](char c) { return base::is_digit(c) || c == '.'; });
}

base::Result<> checked(const char* what, int rc) {
  if (rc < 0) return std::unexpected(tls_error(what, rc));
  return {};
}

}  // namespace

TlsSession::TlsSession(std::shared_ptr<TlsContext> context, std::string server_name, int read_fd)
    : context_(std::move(context)),
      credentials_(context_->state().credentials),
      server_name_(base::to_lower(server_name)),
      fd_(read_fd) {}

TlsSession::~TlsSession() {
  if (!handshaking_) remember();
}

base::Result<std::unique_ptr<TlsSession>> TlsSession::make(std::shared_ptr<TlsContext> context,
                                                           std::string server_name, int read_fd) {
  std::unique_ptr<TlsSession> s(new TlsSession(std::move(context), std::move(server_name), read_fd));
  if (auto r = s->set_up(); !r) return base::pass(r);
  return s;
}

base::Result<> TlsSession::set_up() {
  bool server = context_->is_server();
  gnutls_session_t raw = nullptr;
  unsigned flags = GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | (server ? GNUTLS_SERVER : GNUTLS_CLIENT);
  if (auto r = checked("TLS session", gnutls_init(&raw, flags)); !r) return r;
  session_.reset(raw);
  auto& state = context_->state();
  if (auto r = checked("TLS priority", gnutls_priority_set(raw, state.priority)); !r) return r;
  if (auto r = checked("TLS credentials",
                       gnutls_credentials_set(raw, GNUTLS_CRD_CERTIFICATE, credentials_->handle));
      !r)
    return r;
  gnutls_transport_set_ptr(raw, this);
  gnutls_transport_set_pull_function(raw, pull);
  gnutls_transport_set_push_function(raw, push);
  gnutls_transport_set_pull_timeout_function(raw, pull_timeout);
  gnutls_handshake_set_max_packet_length(raw, kMaxHandshakeBytes);
  gnutls_session_set_ptr(raw, this);
  return server ? set_up_server() : set_up_client();
}

base::Result<> TlsSession::set_up_server() {
  auto& state = context_->state();
  gnutls_session_t s = session_.get();
  gnutls_certificate_server_set_request(s, GNUTLS_CERT_IGNORE);
  gnutls_handshake_set_post_client_hello_function(s, after_client_hello);
  if (!state.ticket_key.empty()) {
    gnutls_datum_t key{reinterpret_cast<unsigned char*>(state.ticket_key.data()),
                       static_cast<unsigned>(state.ticket_key.size())};
    if (auto r = checked("session tickets", gnutls_session_ticket_enable_server(s, &key)); !r) return r;
  }
  return set_alpn(state.server_options.alpn, GNUTLS_ALPN_MANDATORY | GNUTLS_ALPN_SERVER_PRECEDENCE);
}

base::Result<> TlsSession::set_up_client() {
  auto& state = context_->state();
  gnutls_session_t s = session_.get();
  if (!server_name_.empty() && !is_ip(server_name_)) {
    int rc = gnutls_server_name_set(s, GNUTLS_NAME_DNS, server_name_.data(), server_name_.size());
    if (auto r = checked("server name", rc); !r) return r;
  }
  if (state.client_options.verify)
    gnutls_session_set_verify_cert(s, server_name_.empty() ? nullptr : server_name_.c_str(), 0);
  auto known = state.remembered.find(server_name_);
  if (known != state.remembered.end())
    gnutls_session_set_data(s, known->second.data(),
                            known->second.size());  // a stale one only means no resumption
  return set_alpn(state.client_options.alpn, 0);
}

base::Result<> TlsSession::set_alpn(const std::vector<std::string>& names, unsigned flags) {
  if (names.empty()) return {};
  std::vector<gnutls_datum_t> list;
  for (const auto& n : names)
    list.push_back(
        {reinterpret_cast<unsigned char*>(const_cast<char*>(n.data())), static_cast<unsigned>(n.size())});
  return checked("ALPN", gnutls_alpn_set_protocols(session_.get(), list.data(),
                                                   static_cast<unsigned>(list.size()), flags));
}

int TlsSession::after_client_hello(gnutls_session_t s) {
  char name[kMaxSniName + 1];
  std::size_t n = sizeof name;
  unsigned type = 0;
  int rc = gnutls_server_name_get(s, name, &n, &type, 0);
  return rc == GNUTLS_E_SHORT_MEMORY_BUFFER ? GNUTLS_E_RECEIVED_ILLEGAL_PARAMETER : 0;
}

ssize_t TlsSession::pull(gnutls_transport_ptr_t self, void* out, std::size_t n) {
  auto& t = *static_cast<TlsSession*>(self);
  gnutls_session_t s = t.session_.get();
  if (t.raw_.empty()) {
    if (t.handshaking_ && t.received_ > kMaxHandshakeBytes) {
      gnutls_transport_set_errno(s, EMSGSIZE);
      return -1;
    }
    auto room = t.raw_.room(!t.handshaking_);
    ssize_t got;
    do got = ::read(t.fd_, room.data(), room.size());
    while (got < 0 && errno == EINTR);
    if (got <= 0) {
      int why = errno;
      t.raw_.release();
      if (got < 0) gnutls_transport_set_errno(s, why == EWOULDBLOCK ? EAGAIN : why);
      return got;
    }
    t.raw_.added(static_cast<std::size_t>(got));
    t.received_ += static_cast<std::size_t>(got);
  }
  n = std::min(n, t.raw_.size());
  std::memcpy(out, t.raw_.view().data(), n);
  t.raw_.consume(n);
  return static_cast<ssize_t>(n);
}

ssize_t TlsSession::push(gnutls_transport_ptr_t self, const void* bytes, std::size_t n) {
  static_cast<TlsSession*>(self)->wire_.append(std::string_view(static_cast<const char*>(bytes), n));
  return static_cast<ssize_t>(n);
}

int TlsSession::pull_timeout(gnutls_transport_ptr_t self, unsigned) {
  return static_cast<TlsSession*>(self)->raw_.empty() ? 0 : 1;
}

TlsSession::Step TlsSession::handshake() {
  gnutls_session_t s = session_.get();
  for (int skipped = 0; skipped < kMaxNonFatal; ++skipped) {
    int rc = gnutls_handshake(s);
    if (rc == GNUTLS_E_SUCCESS) {
      handshaking_ = false;
      return Step::done;
    }
    if (rc == GNUTLS_E_AGAIN || rc == GNUTLS_E_INTERRUPTED) {
      if (!raw_.empty()) continue;
      trim();
      return Step::wait;
    }
    if (gnutls_error_is_fatal(rc)) {
      error_ = gnutls_strerror(rc);
      if (rc == GNUTLS_E_FATAL_ALERT_RECEIVED)
        if (const char* alert = gnutls_alert_get_name(gnutls_alert_get(s)))
          error_ += std::string(": ") + alert;
      gnutls_alert_send_appropriate(s, rc);
      ended_ = true;
      return Step::failed;
    }
  }
  error_ = "too many warnings";
  ended_ = true;
  return Step::failed;
}

TlsInfo TlsSession::info() const {
  TlsInfo i;
  gnutls_session_t s = session_.get();
  i.version = gnutls_protocol_get_name(gnutls_protocol_get_version(s));
  if (char* desc = gnutls_session_get_desc(s)) {
    i.cipher = desc;
    gnutls_free(desc);
  }
  char name[kMaxSniName + 1];
  std::size_t n = sizeof name;
  unsigned type = 0;
  if (context_->is_server() && gnutls_server_name_get(s, name, &n, &type, 0) == 0 &&
      plausible_host({name, n}))
    i.sni = base::to_lower({name, n});
  gnutls_datum_t alpn{};
  if (gnutls_alpn_get_selected_protocol(s, &alpn) == 0)
    i.alpn.assign(reinterpret_cast<const char*>(alpn.data), alpn.size);
  i.resumed = gnutls_session_is_resumed(s) != 0;
  return i;
}

std::optional<std::string> TlsSession::binding(ChannelBinding kind) const {
  bool tls13 = gnutls_protocol_get_version(session_.get()) >= GNUTLS_TLS1_3;
  if (kind == ChannelBinding::tls_unique && tls13) return std::nullopt;  // RFC 9266: undefined there
  auto type = kind == ChannelBinding::tls_unique             ? GNUTLS_CB_TLS_UNIQUE
              : kind == ChannelBinding::tls_server_end_point ? GNUTLS_CB_TLS_SERVER_END_POINT
                                                             : GNUTLS_CB_TLS_EXPORTER;
  gnutls_datum_t d{};
  if (gnutls_session_channel_binding(session_.get(), type, &d) != 0) return std::nullopt;
  std::string out(reinterpret_cast<const char*>(d.data), d.size);
  gnutls_free(d.data);
  return out;
}

base::Result<std::size_t> TlsSession::read(std::span<char> out) {
  for (int skipped = 0; !ended_ && skipped < kMaxNonFatal; ++skipped) {
    ssize_t n = gnutls_record_recv(session_.get(), out.data(), out.size());
    if (n > 0) return static_cast<std::size_t>(n);
    if (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED) {
      // Said also after a record without data (a ticket), while the next one is here already.
      if (raw_.empty()) return 0;
      continue;
    }
    if (n == 0 || n == GNUTLS_E_PREMATURE_TERMINATION) {
      ended_ = true;
      break;
    }
    // A peer that wants to renegotiate (TLS 1.2) is refused by ending the session.
    if (gnutls_error_is_fatal(static_cast<int>(n)) || n == GNUTLS_E_REHANDSHAKE) {
      ended_ = true;
      raw_.release();
      gnutls_alert_send_appropriate(session_.get(), static_cast<int>(n));
      return base::fail(base::Fault::temporary, std::string("TLS: ") + gnutls_strerror(static_cast<int>(n)),
                        "TLS");
    }
  }
  ended_ = true;
  raw_.release();
  return base::fail(base::Fault::temporary, "connection ended", "EOF");
}

bool TlsSession::has_input() const {
  return !ended_ && (!raw_.empty() || gnutls_record_check_pending(session_.get()) > 0);
}

base::Result<> TlsSession::write(std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t n = write_ended_
                    ? GNUTLS_E_INVALID_SESSION
                    : gnutls_record_send(session_.get(), bytes.data(), std::min(bytes.size(), kRecord));
    if (n < 0)
      return base::fail(base::Fault::temporary, std::string("TLS: ") + gnutls_strerror(static_cast<int>(n)),
                        "TLS");
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

void TlsSession::end_write() {
  if (handshaking_ || std::exchange(write_ended_, true)) return;
  gnutls_bye(session_.get(), GNUTLS_SHUT_WR);
}

void TlsSession::remember() {
  auto& state = context_->state();
  if (state.server || !state.client_options.resume) return;
  bool tls13 = gnutls_protocol_get_version(session_.get()) >= GNUTLS_TLS1_3;
  if (tls13 && !(gnutls_session_get_flags(session_.get()) & GNUTLS_SFLAGS_SESSION_TICKET)) return;
  gnutls_datum_t d{};
  if (gnutls_session_get_data2(session_.get(), &d) != 0) return;
  if (state.remembered.size() >= kRememberedSessions) state.remembered.clear();
  state.remembered[server_name_].assign(reinterpret_cast<const char*>(d.data), d.size);
  gnutls_free(d.data);
}

}  // namespace postern::io
