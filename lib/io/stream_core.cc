#include "io/stream_core.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/system.h"
#include "io/address.h"

namespace postern::io {
namespace {

constexpr std::size_t kIovecs = 64;
constexpr std::size_t kEncryptAtOnce = 64 * 1024;

base::Error error_of(const char* code, const char* what) {
  return {base::Fault::temporary, what, code};
}

bool is_socket(int fd) {
  struct stat st{};
  return ::fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

}  // namespace

Stream::Core::Core(Loop& loop, base::Fd in, base::Fd out)
    : loop_(loop),
      in_(std::move(in)),
      out_(std::move(out)),
      read_timer_(*this, [](TimerNode& n) { static_cast<CoreTimer&>(n).core.idle_over(); }),
      write_timer_(*this, [](TimerNode& n) { static_cast<CoreTimer&>(n).core.write_over(); }),
      read_watch_(
          loop, in_.get(), FdWatch::Direction::read,
          [](void* self) { static_cast<Core*>(self)->wake_readers(false); }, this) {
  in_socket_ = is_socket(in_.get());
  out_socket_ = out_ ? is_socket(out_.get()) : in_socket_;
  base::set_nonblock(in_.get());
  if (out_) base::set_nonblock(out_.get());
  peer_ = peer_address(in_.get());
  int one = 1;
  if (out_socket_)
    ::setsockopt(this->out(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);  // fails on unix sockets
}

Stream::Core::~Core() {
  close();
}

// --- input

void Stream::Core::begin_wait(Input& i) {
  if (input_.empty()) {
    input_.release();
    bulk_ = false;
  }
  if (tls_) tls_->trim();
  if (deflate_) deflate_->rest_timer.set_in(kDeflateRestMs);
  i.link(readers_);
  if (timeout_ != Loop::kForever) {
    // The timer is left where it is when the deadline moves away; it looks again when it fires.
    read_deadline_ = base::monotonic_ms() + timeout_;
    if (!read_timer_.is_set() || read_timer_.deadline() > read_deadline_) read_timer_.set_at(read_deadline_);
  }
  read_watch_.arm();
}

void Stream::Core::idle_over() {
  if (readers_.empty() || timeout_ == Loop::kForever) return;
  if (base::monotonic_ms() < read_deadline_)
    read_timer_.set_at(read_deadline_);
  else
    wake_readers(true);
}

void Stream::Core::wake_readers(bool timed_out) {
  while (!readers_.empty()) {
    auto* i = static_cast<Input*>(readers_.next());
    i->timed_out_ = timed_out;
    i->wake();
  }
}

bool Stream::Core::Fetch::await_ready() {
  if (core_.closed_ || core_.read_error_ || core_.more_likely_) {
    early_ = core_.read_in();
    if (!*early_ || **early_ > 0) return true;
    early_.reset();
  }
  return false;
}

base::Result<std::size_t> Stream::Core::Fetch::await_resume() {
  if (early_) return std::move(*early_);
  if (timed_out_ && !core_.closed_) return std::unexpected(error_of("TIMEOUT", "no input in time"));
  return core_.read_in();
}

base::Result<std::size_t> Stream::Core::read_plain(std::span<char> room) {
  for (;;) {
    ssize_t n = ::read(in_.get(), room.data(), room.size());
    if (n > 0) {
      more_likely_ = bulk_ = static_cast<std::size_t>(n) == room.size();
      return static_cast<std::size_t>(n);
    }
    if (n == 0) return std::unexpected(error_of("EOF", "connection ended"));
    if (errno == EINTR) continue;
    more_likely_ = false;
    if (errno == EAGAIN) return 0;
    return std::unexpected(base::Error{base::Fault::temporary, base::sys_error("read").what, "IO"});
  }
}

base::Result<std::size_t> Stream::Core::read_below(std::span<char> room) {
  base::Result<std::size_t> got = 0;
  if (mode_ == Mode::plain) {
    got = read_plain(room);
  } else if (mode_ == Mode::tls) {
    got = tls_->read(room);
    bulk_ = got && *got == room.size();
    more_likely_ = tls_->has_input() && got && *got > 0;
    if (!got) mode_ = Mode::dead;
    if (!tls_->wire().empty()) pump();  // an alert, or the answer to a key update
  } else {
    got = std::unexpected(error_of("EOF", "connection ended"));
  }
  return got;
}

base::Result<std::size_t> Stream::Core::read_inflated(std::span<char> room) {
  for (;;) {
    auto got = deflate_->in.read(room);
    if (deflate_->in.pending()) more_likely_ = true;
    if (!got || *got > 0) return got;
    auto raw = read_below(deflate_->in.room());
    if (!raw || *raw == 0) return raw;
    deflate_->in.added(*raw);
  }
}

base::Result<std::size_t> Stream::Core::read_in() {
  if (closed_) return std::unexpected(error_of("CLOSED", "connection closed here"));
  if (read_error_) return std::unexpected(*read_error_);
  auto room = input_.room(bulk_);
  if (room.empty()) return base::fail(base::Fault::limit, "too much unread input", "TOO_LONG");
  auto got = deflate_ ? read_inflated(room) : read_below(room);
  if (got)
    input_.added(*got);
  else
    read_error_ = got.error();
  return got;
}

void Stream::Core::consume(std::size_t n) {
  base::check(n <= input_.size(), "consume() of more than is buffered");
  input_.consume(n);
  scanned_ = 0;
}

std::string_view Stream::Core::take(std::size_t max) {
  auto v = input_.view().substr(0, max);
  consume(v.size());
  return v;
}

std::optional<base::Result<Stream::Line>> Stream::Core::take_line(std::size_t max_len) {
  auto v = input_.view();
  auto lf = scanned_ < v.size() ? v.find('\n', scanned_) : std::string_view::npos;
  if (lf == std::string_view::npos) {
    scanned_ = v.size();
    if (v.size() <= max_len + 1) return std::nullopt;  // a last CR may belong to the ending
    return base::fail(base::Fault::limit, "line too long", "TOO_LONG");
  }
  bool crlf = lf > 0 && v[lf - 1] == '\r';
  auto text = v.substr(0, crlf ? lf - 1 : lf);
  if (text.size() > max_len) return base::fail(base::Fault::limit, "line too long", "TOO_LONG");
  consume(lf + 1);
  return Line{text, crlf};
}

bool Stream::Core::take_rest_of_line() {
  auto v = input_.view();
  auto lf = v.find('\n');
  consume(lf == std::string_view::npos ? v.size() : lf + 1);
  return lf != std::string_view::npos;
}

Task<base::Result<Stream::Line>> Stream::Core::slow_line(std::size_t max_len) {
  for (;;) {
    auto got = co_await Fetch(*this);
    if (!got) co_return base::pass(got);
    if (auto line = take_line(max_len)) co_return std::move(*line);
  }
}

Task<base::Result<>> Stream::Core::slow_skip() {
  for (;;) {
    auto got = co_await Fetch(*this);
    if (!got) co_return base::pass(got);
    if (take_rest_of_line()) co_return base::Result<>();
  }
}

Task<base::Result<std::string_view>> Stream::Core::slow_some(std::size_t max) {
  for (;;) {
    auto got = co_await Fetch(*this);
    if (!got) co_return base::pass(got);
    if (*got > 0) co_return take(max);
  }
}

Task<base::Result<std::string>> Stream::Core::slow_exact(std::size_t n) {
  std::string out;
  for (;;) {
    out.append(take(n - out.size()));
    if (out.size() == n) co_return std::move(out);
    auto got = co_await Fetch(*this);
    if (!got) co_return base::pass(got);
  }
}

Task<base::Result<std::size_t>> Stream::Core::slow_fill() {
  for (;;) {
    auto got = co_await Fetch(*this);
    if (!got || *got > 0) co_return got;
  }
}

// --- output

void Stream::Core::append(std::string_view bytes) {
  if (write_error_ || closed_ || write_shut_) return;
  if (deflate_)
    queue_deflated(bytes);
  else
    output_.append(bytes);
}
void Stream::Core::append(std::string&& bytes) {
  if (deflate_) return append(std::string_view(bytes));
  if (!write_error_ && !closed_ && !write_shut_) output_.append(std::move(bytes));
}

// --- compression

// What the compressor lets go of; the rest comes at the end of the burst, in pump().
void Stream::Core::queue_deflated(std::string_view bytes) {
  deflate_->out.write(bytes, deflate_->scratch);
  output_.append(std::string_view(deflate_->scratch));
  deflate_->scratch.clear();
}

bool Stream::Core::start_deflate() {
  base::check(!deflate_ && output_.empty(), "start_deflate() on a flushed stream");
  if (!input_.empty()) return false;
  input_.release();
  deflate_ = std::make_unique<Deflate>(*this);
  return true;
}

bool Stream::Core::stop_deflate() {
  base::check(deflate_ && queued() == 0, "stop_deflate() on a flushed stream");
  std::string_view left = deflate_->in.left();
  while (!left.empty()) {
    auto room = input_.room(false);
    if (room.empty()) return false;
    std::size_t n = std::min(room.size(), left.size());
    std::copy_n(left.data(), n, room.data());
    input_.added(n);
    left.remove_prefix(n);
  }
  deflate_.reset();
  read_error_.reset();
  more_likely_ = true;
  return true;
}

void Stream::Core::rest_deflate() {
  if (readers_.empty() || deflate_->out.held() > 0) return;
  deflate_->out.rest();
  deflate_->in.rest();
  std::string().swap(deflate_->scratch);
}

base::Result<> Stream::Core::write_state() const {
  if (write_error_) return std::unexpected(*write_error_);
  if (closed_) return std::unexpected(error_of("CLOSED", "connection closed here"));
  return {};
}

void Stream::Core::break_output(base::Error e) {
  write_error_ = std::move(e);
  output_.clear();
  if (tls_) tls_->wire().clear();
  write_timer_.cancel();
  wake_writers();
}

void Stream::Core::wake_writers() {
  for (Link* l = writers_.next(); l != &writers_;) {
    auto* d = static_cast<Drain*>(l);
    l = l->next();
    if (drained(d->high_water_)) d->wake();
  }
}

bool Stream::Core::send_queue(OutputQueue& q) {
  while (!q.empty()) {
    std::array<iovec, kIovecs> iov;
    std::size_t pieces = q.gather(iov);
    ssize_t n;
    if (out_socket_) {
      msghdr m{};
      m.msg_iov = iov.data();
      m.msg_iovlen = pieces;
      n = ::sendmsg(out(), &m, MSG_NOSIGNAL);
    } else {
      n = ::writev(out(), iov.data(), static_cast<int>(pieces));
    }
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return false;
    if (n < 0) {
      break_output({base::Fault::temporary, base::sys_error("write").what, "IO"});
      return false;
    }
    q.consume(static_cast<std::size_t>(n));
    if (write_timer_.is_set()) write_timer_.set_in(write_timeout_);  // progress
  }
  return true;
}

bool Stream::Core::encrypt_some() {
  bool any = false;
  while (!output_.empty() && tls_->wire().size() < kEncryptAtOnce) {
    auto piece = output_.front().substr(0, kOutputChunk);
    if (auto r = tls_->write(piece); !r) {
      break_output(std::move(r.error()));
      return false;
    }
    output_.consume(piece.size());
    any = true;
  }
  return any;
}

void Stream::Core::pump() {
  if (write_error_ || closed_ || (write_watch_ && write_watch_->armed())) return;
  if (deflate_ && deflate_->out.held() > 0) {
    deflate_->out.flush(deflate_->scratch);
    output_.append(std::string_view(deflate_->scratch));
    deflate_->scratch.clear();
  }
  bool open = true;
  if (mode_ == Mode::plain) {
    open = send_queue(output_);
  } else if (tls_) {
    do open = send_queue(tls_->wire());
    while (open && tls_info_ && encrypt_some());
  }
  if (write_error_) return;
  wake_writers();
  if (open) {
    write_timer_.cancel();
    return;
  }
  if (!write_watch_)
    write_watch_ = std::make_unique<FdWatch>(
        loop_, out(), FdWatch::Direction::write, [](void* self) { static_cast<Core*>(self)->pump(); }, this);
  if (!write_timer_.is_set() && write_timeout_ != Loop::kForever) write_timer_.set_in(write_timeout_);
  write_watch_->arm();
}

void Stream::Core::write_over() {
  break_output(error_of("TIMEOUT", "peer takes no output"));
}

Task<base::Result<>> Stream::Core::slow_drain(std::size_t high_water) {
  co_await Drain(*this, high_water);
  co_return write_state();
}

// --- end

void Stream::Core::shutdown_write() {
  if (closed_ || std::exchange(write_shut_, true)) return;
  if (tls_ && tls_info_ && !write_error_) {
    tls_->end_write();
    pump();
  }
  if (out_socket_) {
    ::shutdown(out(), SHUT_WR);
  } else if (out_) {
    // The other end of a pipe sees its end only when it is closed.
    break_output(error_of("CLOSED", "output closed here"));
    write_watch_.reset();
    out_.reset();
  }
}

void Stream::Core::close() {
  if (std::exchange(closed_, true)) return;
  if (tls_ && tls_info_ && !write_error_ && queued() == 0) {
    tls_->end_write();
    send_queue(tls_->wire());
  }
  wake_readers(false);
  wake_writers();
  read_timer_.cancel();
  write_timer_.cancel();
  read_watch_.remove();
  write_watch_.reset();
  output_.clear();
  input_.release();
  deflate_.reset();
  tls_.reset();
  in_.reset();
  out_.reset();
}

bool Stream::Core::drop_input(std::size_t& dropped) {
  char scratch[kOutputChunk];
  while (!closed_ && dropped <= kFinishBytes) {
    ssize_t n = ::read(in_.get(), scratch, std::min(sizeof scratch, kFinishBytes + 1 - dropped));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return false;
    if (n <= 0) return true;
    dropped += static_cast<std::size_t>(n);
  }
  return true;
}

Task<void> Stream::Core::finish(bool more_may_come) {
  pump();
  auto sent = co_await slow_drain(0);
  if (sent) {
    shutdown_write();
    more_may_come = more_may_come || !input_.empty();
    consume(input_.size());
    std::uint64_t now = base::monotonic_ms(), end = now + kFinishMs;
    std::size_t dropped = 0;
    while (!drop_input(dropped) && (more_may_come || dropped > 0) && now < end) {
      set_timeout(end - now);
      co_await Input(*this);
      now = base::monotonic_ms();
    }
  }
  close();
}

// --- TLS

Task<base::Result<>> Stream::Core::handshake(std::uint32_t limit_ms) {
  // Armed for the whole handshake, whatever trickles in.
  Timer limit = loop_.after(limit_ms, [this] {
    break_output(error_of("TIMEOUT", "TLS handshake took too long"));
    wake_readers(true);
  });
  for (;;) {
    auto step = tls_->handshake();
    pump();
    auto sent = co_await slow_drain(0);
    if (!sent) co_return sent;
    if (step == TlsSession::Step::done) co_return base::Result<>();
    if (step == TlsSession::Step::failed)
      co_return base::fail(base::Fault::temporary, "TLS handshake: " + tls_->error(), "TLS");
    more_likely_ = false;
    co_await Input(*this);
    if (auto state = write_state(); !state) co_return state;
  }
}

Task<base::Result<Stream::TlsStart>> Stream::Core::start_tls(std::shared_ptr<TlsContext> context,
                                                             std::string server_name) {
  if (closed_) co_return std::unexpected(error_of("CLOSED", "connection closed here"));
  base::check(mode_ == Mode::plain && output_.empty() && !deflate_, "start_tls() on a flushed plain stream");
  mode_ = Mode::handshake;
  if (!input_.empty()) {
    input_.release();
    mode_ = Mode::dead;
    read_error_ = write_error_ = error_of("TLS", "input before the TLS handshake");
    co_return TlsStart{true};
  }
  std::uint32_t limit_ms = context->handshake_ms();
  auto session = TlsSession::make(std::move(context), std::move(server_name), in_.get());
  base::Result<> done;
  if (session) {
    tls_ = std::move(*session);
    done = co_await handshake(limit_ms);
  } else {
    done = base::pass(session);
  }
  if (!done) {
    mode_ = Mode::dead;
    if (!write_error_) write_error_ = done.error();
    read_error_ = done.error();
    co_return base::pass(done);
  }
  mode_ = Mode::tls;
  tls_info_ = tls_->info();
  more_likely_ = tls_->has_input();
  co_return TlsStart{};
}

std::optional<std::string> Stream::Core::binding(ChannelBinding kind) const {
  if (!tls_ || !tls_info_) return std::nullopt;
  return tls_->binding(kind);
}

const Address& Stream::Core::local() {
  if (!local_) local_ = closed_ ? Address{} : local_address(in_.get());
  return *local_;
}

}  // namespace postern::io
