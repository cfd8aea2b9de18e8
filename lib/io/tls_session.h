// One TLS session between a Stream and GnuTLS.  Private to lib/io.
// GnuTLS reads through a block that takes a whole record in one system call, and writes into wire(), which
// the stream sends; it never touches the socket for writing.
#pragma once
#include <gnutls/gnutls.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "io/buffers.h"
#include "io/tls.h"

namespace postern::io {

struct TlsCredentials;

struct SessionFree {
  void operator()(gnutls_session_t s) const noexcept { gnutls_deinit(s); }
};

class TlsSession {
 public:
  enum class Step { done, wait, failed };

  static base::Result<std::unique_ptr<TlsSession>> make(std::shared_ptr<TlsContext> context,
                                                        std::string server_name, int read_fd);
  ~TlsSession();

  // Goes on with the handshake; after each step wire() must be sent.  `wait`: more input is needed.
  Step handshake();
  const std::string& error() const { return error_; }
  TlsInfo info() const;
  std::optional<std::string> binding(ChannelBinding kind) const;

  // Bytes decrypted; 0: none there yet.  EOF and TLS errors end the session for good.
  base::Result<std::size_t> read(std::span<char> out);
  // More may be read without waiting for the socket.
  bool has_input() const;
  // Encrypts into wire(); all of it.
  base::Result<> write(std::string_view bytes);
  // close_notify into wire().
  void end_write();
  OutputQueue& wire() { return wire_; }
  // Gives back what an idle session needs not hold.
  void trim() {
    if (raw_.empty()) raw_.release();
  }

 private:
  TlsSession(std::shared_ptr<TlsContext> context, std::string server_name, int read_fd);
  static ssize_t pull(gnutls_transport_ptr_t self, void* out, std::size_t n);
  static ssize_t push(gnutls_transport_ptr_t self, const void* bytes, std::size_t n);
  static int pull_timeout(gnutls_transport_ptr_t self, unsigned ms);
  static int after_client_hello(gnutls_session_t s);
  base::Result<> set_up();
  base::Result<> set_up_server();
  base::Result<> set_up_client();
  base::Result<> set_alpn(const std::vector<std::string>& names, unsigned flags);
  void remember();

  std::shared_ptr<TlsContext> context_;
  std::shared_ptr<TlsCredentials> credentials_;  // kept for as long as the session may use them
  std::string server_name_;
  int fd_;
  bool handshaking_ = true;
  bool ended_ = false;  // nothing more is read, ever
  bool write_ended_ = false;
  std::size_t received_ = 0;  // during the handshake
  ReadBuffer raw_;
  OutputQueue wire_;
  std::string error_;
  std::unique_ptr<gnutls_session_int, SessionFree> session_;
};

}  // namespace postern::io
