// The state behind a Stream.  Private to lib/io.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "io/buffers.h"
#include "io/deflate.h"
#include "io/loop.h"
#include "io/stream.h"
#include "io/tls_session.h"

namespace postern::io {

class Stream::Core {
 public:
  Core(Loop& loop, base::Fd in, base::Fd out);
  ~Core();

  // Awaitable: until the socket has input, close(), or the idle time is over.
  class Input : public Waiter {
   public:
    explicit Input(Core& c) : core_(c) {}
    bool await_ready() const { return core_.closed_; }
    template <class P>
    void await_suspend(std::coroutine_handle<P> h) {
      set(h);
      core_.begin_wait(*this);
    }
    void await_resume() const {}

   protected:
    friend class Core;
    Core& core_;
    bool timed_out_ = false;
  };
  // Awaitable: waits for input and reads it into the buffer once.  The number of bytes; 0: nothing yet, ask
  // again.
  class Fetch : public Input {
   public:
    using Input::Input;
    bool await_ready();
    base::Result<std::size_t> await_resume();

   private:
    std::optional<base::Result<std::size_t>> early_;
  };

  // Awaitable: until at most `high_water` bytes are queued, or the output is broken.
  class Drain : public Waiter {
   public:
    Drain(Core& c, std::size_t high_water) : core_(c), high_water_(high_water) {}
    bool await_ready() const { return core_.drained(high_water_); }
    template <class P>
    void await_suspend(std::coroutine_handle<P> h) {
      set(h);
      link(core_.writers_);
    }
    void await_resume() const {}

   private:
    friend class Core;
    Core& core_;
    std::size_t high_water_;
  };

  // The next line if it is in the buffer whole, TOO_LONG if it never will fit.
  std::optional<base::Result<Line>> take_line(std::size_t max_len);
  bool take_rest_of_line();  // drops up to LF; true when it was there
  std::string_view take(std::size_t max);

  Task<base::Result<Line>> slow_line(std::size_t max_len);
  Task<base::Result<>> slow_skip();
  Task<base::Result<std::string_view>> slow_some(std::size_t max);
  Task<base::Result<std::string>> slow_exact(std::size_t n);
  Task<base::Result<std::size_t>> slow_fill();
  Task<base::Result<>> slow_drain(std::size_t high_water);
  Task<base::Result<TlsStart>> start_tls(std::shared_ptr<TlsContext> context, std::string server_name);
  Task<void> finish(bool more_may_come);

  // Sends what the kernel takes; registers for the rest.
  void pump();
  std::size_t queued() const {
    return output_.size() + (tls_ ? tls_->wire().size() : 0) + (deflate_ ? deflate_->out.held() : 0);
  }
  bool drained(std::size_t high_water) const { return write_error_ || closed_ || queued() <= high_water; }
  base::Result<> write_state() const;
  void append(std::string_view bytes);
  void append(std::string&& bytes);
  bool start_deflate();
  bool stop_deflate();
  bool deflating() const { return deflate_ != nullptr; }
  void shutdown_write();
  void close();

  bool closed() const { return closed_; }
  int in() const { return in_.get(); }
  ReadBuffer& input() { return input_; }
  void consume(std::size_t n);
  void set_timeout(std::uint64_t ms) { timeout_ = ms == 0 ? Loop::kForever : ms; }
  void set_write_timeout(std::uint64_t ms) { write_timeout_ = ms == 0 ? Loop::kForever : ms; }
  const Address& peer() const { return peer_; }
  const Address& local();
  const std::optional<TlsInfo>& tls_info() const { return tls_info_; }
  std::optional<std::string> binding(ChannelBinding kind) const;

 private:
  // A stream goes forward only: once it left `plain` nothing reads the socket but the TLS session.
  enum class Mode { plain, handshake, tls, dead };
  struct CoreTimer : TimerNode {
    CoreTimer(Core& c, Fire fire) : TimerNode(c.loop_, fire), core(c) {}
    Core& core;
  };

  // Compression both ways, and the moment at which an idle stream gives its memory back.
  struct Deflate {
    explicit Deflate(Core& c) : rest_timer(c, [](TimerNode& n) { static_cast<CoreTimer&>(n).core.rest_deflate(); }) {}
    Deflater out;
    Inflater in;
    std::string scratch;
    CoreTimer rest_timer;
  };

  void begin_wait(Input& i);
  base::Result<std::size_t> read_in();
  base::Result<std::size_t> read_below(std::span<char> room);
  base::Result<std::size_t> read_inflated(std::span<char> room);
  void queue_deflated(std::string_view bytes);
  void rest_deflate();
  base::Result<std::size_t> read_plain(std::span<char> room);
  bool drop_input(std::size_t& dropped);  // counts; true: the peer's end, or past kFinishBytes
  void wake_readers(bool timed_out);
  void wake_writers();
  void idle_over();
  void write_over();
  bool send_wire();  // false: the kernel takes no more, or broken
  bool send_queue(OutputQueue& q);
  bool encrypt_some();  // false: nothing to encrypt
  void break_output(base::Error e);
  Task<base::Result<>> handshake(std::uint32_t limit_ms);
  int out() const { return out_ ? out_.get() : in_.get(); }

  Loop& loop_;
  base::Fd in_, out_;  // out_ empty: in_ serves both ways
  bool in_socket_ = false, out_socket_ = false;
  bool closed_ = false;
  bool more_likely_ = true;  // reading without waiting is worth a try
  bool bulk_ = false;        // the peer filled the last block
  bool write_shut_ = false;
  Mode mode_ = Mode::plain;
  std::optional<base::Error> read_error_, write_error_;
  ReadBuffer input_;
  std::size_t scanned_ = 0;  // of input_, known to hold no LF
  OutputQueue output_;
  Link readers_, writers_;
  std::uint64_t timeout_ = Loop::kForever, write_timeout_ = kWriteTimeoutMs;
  std::uint64_t read_deadline_ = 0;
  CoreTimer read_timer_, write_timer_;
  FdWatch read_watch_;
  std::unique_ptr<FdWatch> write_watch_;  // made when the kernel first refuses bytes
  std::unique_ptr<TlsSession> tls_;
  std::optional<TlsInfo> tls_info_;
  std::unique_ptr<Deflate> deflate_;
  Address peer_;
  std::optional<Address> local_;
};

}  // namespace postern::io
