#include "io/stream.h"

#include <utility>

#include "io/stream_core.h"

namespace postern::io {
namespace {
std::unexpected<base::Error> closed_error() {
  return base::fail(base::Fault::temporary, "connection closed here", "CLOSED");
}
}  // namespace

Stream::Stream() = default;
Stream::Stream(Loop& loop, base::Fd socket) : Stream(loop, std::move(socket), base::Fd()) {}
Stream::Stream(Loop& loop, base::Fd in, base::Fd out)
    : core_(std::make_unique<Core>(loop, std::move(in), std::move(out))) {}
Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&&) noexcept = default;
Stream::~Stream() = default;

Stream::operator bool() const {
  return core_ && !core_->closed();
}
int Stream::fd() const {
  return core_ ? core_->in() : -1;
}

const Address& Stream::peer() const {
  static const Address none;
  return core_ ? core_->peer() : none;
}
const Address& Stream::local() const {
  static const Address none;
  return core_ ? core_->local() : none;
}

Soon<base::Result<Stream::Line>> Stream::read_line(std::size_t max_len) {
  if (!core_) return base::Result<Line>(closed_error());
  if (auto line = core_->take_line(max_len)) return std::move(*line);
  return core_->slow_line(max_len);
}

Soon<base::Result<>> Stream::skip_line() {
  if (!core_) return base::Result<>(closed_error());
  if (core_->take_rest_of_line()) return base::Result<>();
  return core_->slow_skip();
}

Soon<base::Result<std::string_view>> Stream::read_some(std::size_t max) {
  if (!core_) return base::Result<std::string_view>(closed_error());
  if (!core_->input().empty()) return base::Result<std::string_view>(core_->take(max));
  return core_->slow_some(max);
}

Soon<base::Result<std::string>> Stream::read_exact(std::size_t n) {
  using R = base::Result<std::string>;
  if (!core_) return R(closed_error());
  if (n > kMaxExact) return R(base::fail(base::Fault::limit, "too much to read at once", "TOO_LONG"));
  if (core_->input().size() >= n) return R(std::string(core_->take(n)));
  return core_->slow_exact(n);
}

std::string_view Stream::buffered() const {
  return core_ ? core_->input().view() : std::string_view();
}
void Stream::consume(std::size_t n) {
  if (core_) core_->consume(n);
}

Soon<base::Result<std::size_t>> Stream::fill() {
  if (!core_) return base::Result<std::size_t>(closed_error());
  return core_->slow_fill();
}

void Stream::set_timeout(std::uint64_t ms) {
  if (core_) core_->set_timeout(ms);
}

void Stream::write(std::string_view bytes) {
  if (core_) core_->append(bytes);
}
void Stream::write(std::string&& bytes) {
  if (core_) core_->append(std::move(bytes));
}

Soon<base::Result<>> Stream::flush() {
  return drain(0);
}

Soon<base::Result<>> Stream::drain(std::size_t high_water) {
  if (!core_) return base::Result<>(closed_error());
  if (!core_->drained(high_water)) core_->pump();
  if (core_->drained(high_water)) return core_->write_state();
  return core_->slow_drain(high_water);
}

void Stream::send_now() {
  if (core_) core_->pump();
}
std::size_t Stream::queued() const {
  return core_ ? core_->queued() : 0;
}
void Stream::set_write_timeout(std::uint64_t ms) {
  if (core_) core_->set_write_timeout(ms);
}

bool Stream::start_deflate() {
  return core_ && core_->start_deflate();
}
bool Stream::stop_deflate() {
  return core_ && core_->stop_deflate();
}
bool Stream::deflating() const {
  return core_ && core_->deflating();
}

void Stream::shutdown_write() {
  if (core_) core_->shutdown_write();
}
void Stream::close() {
  if (core_) core_->close();
}

static Task<void> nothing() {
  co_return;
}

Task<void> Stream::finish(bool more_may_come) {
  return core_ ? core_->finish(more_may_come) : nothing();
}

static Task<base::Result<Stream::TlsStart>> no_stream() {
  co_return closed_error();
}

Task<base::Result<Stream::TlsStart>> Stream::start_tls(std::shared_ptr<TlsContext> context,
                                                       std::string server_name) {
  if (!core_) return no_stream();
  return core_->start_tls(std::move(context), std::move(server_name));
}

const std::optional<TlsInfo>& Stream::tls() const {
  static const std::optional<TlsInfo> none;
  return core_ ? core_->tls_info() : none;
}

std::optional<std::string> Stream::channel_binding(ChannelBinding kind) const {
  return core_ ? core_->binding(kind) : std::nullopt;
}

}  // namespace postern::io
