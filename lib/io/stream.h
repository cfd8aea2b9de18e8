// A connection as protocol code sees it: lines and bytes in, a buffered output out, TLS switched on at will.
// Runs in: every daemon.  Input: hostile.  Over a socket, or over two descriptors (--inetd: 0 and 1).
//
//   auto line = co_await s.read_line(8192);
//   if (!line) co_return;
//   s.write("* OK\r\n");
//   auto sent = co_await s.flush();
//
// Errors: Fault::temporary with code "EOF" (orderly end), "TIMEOUT", "CLOSED" (close() here), "TLS", "IO";
// Fault::limit with code "TOO_LONG".  One coroutine reads at a time; any number may write and flush
// meanwhile.
//
// Memory: a stream that waits with nothing buffered holds no read buffer and no output buffer.
//
// Views that read_line(), read_some() and buffered() return live until the next call that reads, consumes,
// closes or starts TLS on this stream; writing does not disturb them.
//
// A stream must outlive the operations on it; close() may be called at any time, destruction only with none
// under way (or with the tasks that wait being destroyed as well).
//
// After a TLS session has ended, in order or not, nothing can be read: a stream never goes back to plain
// text.
//
// Limits: io/limits.h.  Tests: t/unit/io_stream.cc, t/unit/io_tls.cc
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/result.h"
#include "io/limits.h"
#include "io/loop.h"
#include "io/task.h"
#include "io/tls.h"

namespace postern::io {

struct Address {
  std::string
      ip;  // "192.0.2.1", "2001:db8::1"; IPv4-mapped addresses as IPv4; empty for unix sockets and pipes
  std::uint16_t port = 0;
  bool is_loopback = false;  // 127.0.0.0/8, ::1, or is_unix
  bool is_unix = false;      // unix socket, pipe, terminal or file
  std::string text() const;  // "192.0.2.1:143", "[2001:db8::1]:143", "unix"
};

class Stream {
 public:
  struct Line {
    std::string_view text;  // without its ending
    bool crlf = false;      // false: it ended in a bare LF
  };

  Stream();  // closed
  // A connected socket; made non-blocking, TCP_NODELAY set.
  Stream(Loop& loop, base::Fd socket);
  Stream(Loop& loop, base::Fd in, base::Fd out);
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;
  ~Stream();  // as close()

  explicit operator bool() const;  // open
  int fd() const;                  // of the input; -1 when closed
  const Address& peer() const;
  const Address& local() const;

  // --- input
  // The next line; at most `max_len` bytes without the ending, else TOO_LONG (and the stream should be
  // closed, or the rest skipped with skip_line()).  REQUIRES: max_len < kMaxBuffered.  EOF within a line is
  // EOF.
  Soon<base::Result<Line>> read_line(std::size_t max_len);
  // Drops everything up to and including the next LF, however long.
  Soon<base::Result<>> skip_line();
  // 1 to `max` bytes, as they come.
  Soon<base::Result<std::string_view>> read_some(std::size_t max);
  // Exactly n bytes.  REQUIRES: n <= kMaxExact (else Fault::limit).  Memory grows with what arrives, not with
  // n.
  Soon<base::Result<std::string>> read_exact(std::size_t n);
  // What was read and not consumed; for parsers that want to look before they take.
  std::string_view buffered() const;
  // REQUIRES: n <= buffered().size()
  void consume(std::size_t n);
  // Waits for more input and appends it to buffered(); the number of new bytes.  TOO_LONG at kMaxBuffered.
  Soon<base::Result<std::size_t>> fill();
  // Idle time allowed to each read; 0 or kForever: none.  Default: none.
  void set_timeout(std::uint64_t ms);

  // --- output
  // Append to the output, which leaves at flush() or drain(), gathered.  After an error they do nothing.
  void write(std::string_view bytes);
  void write(std::string&& bytes);
  void write(const char* text) { write(std::string_view(text)); }
  // Sends, and waits until all is with the kernel.
  Soon<base::Result<>> flush();
  // Does nothing up to `high_water` queued bytes; past it sends, and waits until it is there again.
  Soon<base::Result<>> drain(std::size_t high_water);
  // Sends what goes at once and leaves the rest to the loop; never waits.  Errors show at the next flush().
  void send_now();
  std::size_t queued() const;
  // Time without any progress allowed to the output.  Default kWriteTimeoutMs.
  void set_write_timeout(std::uint64_t ms);

  // --- compression (RFC 4978)
  // From here on both ways are deflated, inside of TLS where that is on.  Output is sent whole at each flush(), drain() and
  // send_now(); a stream that waits for input for kDeflateRestMs gives the memory for it back.  False: input had been read
  // before the switch, an attempt at injection; the caller must close the stream.  REQUIRES: the output is flushed; nobody
  // reads; not deflating().
  bool start_deflate();
  // From here on neither way is: what has come and was not yet inflated is taken as it is.  False: it is more than fits.
  // REQUIRES: the output is flushed; nobody reads; deflating().
  bool stop_deflate();
  bool deflating() const;

  // --- end
  void shutdown_write();  // after flush(): close_notify when TLS, then FIN
  void close();           // at once; queued output is lost; whoever waits gets CLOSED
  // An orderly end that loses no last reply.  Closing while the peer still sends would answer it with a reset, and that may
  // take from the peer what it has not read yet (RFC 9112 9.6).  So: flush, shutdown_write, then what comes is dropped as
  // it is, not decrypted, until the peer's end, kFinishMs or past kFinishBytes; then close.  Without `more_may_come`, for a
  // peer that has said that it is done, only if it has sent more nevertheless.
  Task<void> finish(bool more_may_come = true);

  // --- TLS
  struct TlsStart {
    // Bytes that had been read before the switch and were thrown away: an attempt at injection.  The stream
    // is not switched then; the caller must close it.
    bool dropped_input = false;
  };
  // Does the handshake, as server or client by the context.  `server_name` is for clients: SNI and
  // verification. REQUIRES: the output is flushed; nobody reads.  On error the stream is dead.
  Task<base::Result<TlsStart>> start_tls(std::shared_ptr<TlsContext> context, std::string server_name = {});
  // Set once a handshake succeeded, and from then on.
  const std::optional<TlsInfo>& tls() const;
  // The binding data, or nothing: no TLS, or tls_unique on TLS 1.3, tls_exporter where the session cannot
  // give it.
  std::optional<std::string> channel_binding(ChannelBinding kind) const;

  class Core;

 private:
  std::unique_ptr<Core> core_;
};

}  // namespace postern::io
