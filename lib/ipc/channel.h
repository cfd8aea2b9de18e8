// The calling side of the framed messages between Postern's processes (ipc/frame.h describes the wire).
// Runs in: every front end; BlockingChannel in `postern` and tools.  The server is trusted to be a Postern
// daemon, its bytes are checked all the same: a malformed frame closes the connection, which is made anew.
//
// A Channel connects at its first call and then stays connected, reconnecting with
// kReconnectMinMs..kReconnectMaxMs of back-off.  Many calls may be under way.  Calls under way when the
// connection breaks are sent again: every call in Postern can be repeated.  Past its deadline a call fails
// with Fault::temporary, code "UNAVAILABLE". Cancelling the task that awaits a call forgets it; the server
// may still carry it out.
//
// Tests: t/unit/ipc_channel.cc
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "io/loop.h"
#include "io/task.h"
#include "ipc/limits.h"

namespace postern::ipc {

struct Answer {
  std::string payload;
  std::vector<base::Fd> fds;
};

struct ChannelState;
struct StreamedCall;

// The answer of a streamed call, pulled piece by piece; the server is at most kStreamCredit pieces ahead.
//   auto items = channel.call_streamed(request);
//   for (;;) { auto item = co_await items.next();  if (!item) fail;  if (!*item) break;  use(**item); }
//   use(items.reply());
// When the connection breaks before the first piece was taken the call is repeated, later it fails with
// UNAVAILABLE.
class Items {
 public:
  explicit Items(std::unique_ptr<StreamedCall> call);
  Items(Items&&) noexcept;
  Items& operator=(Items&&) noexcept;
  ~Items();  // tells the server that nobody wants the rest
  // The next piece; nothing after the last one.  The deadline counts anew for each piece.
  io::Task<base::Result<std::optional<Answer>>> next();
  // The reply that ended the stream.  REQUIRES: next() gave nothing.
  Answer& reply();

 private:
  std::unique_ptr<StreamedCall> call_;
};

class Channel {
 public:
  // `protocol` is what both sides must say ("stored/1").
  Channel(io::Loop& loop, std::string path, std::string protocol);
  // Uses this connection first (made by socketpair or inherited); when it breaks, `path`, if any.
  Channel(io::Loop& loop, base::Fd connected, std::string protocol, std::string path = {});
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  // Calls under way fail with UNAVAILABLE.
  ~Channel();

  // REQUIRES: payload.size() <= kMaxPayload, fds.size() <= kMaxFrameFds (else Fault::limit).
  io::Task<base::Result<Answer>> call(std::string payload, std::vector<base::Fd> fds = {},
                                      std::uint64_t deadline_ms = kDefaultDeadlineMs);
  Items call_streamed(std::string payload, std::vector<base::Fd> fds = {},
                      std::uint64_t deadline_ms = kDefaultDeadlineMs);

  // What the server says unasked.  Called from the loop, between coroutines.
  void on_hint(std::function<void(std::string payload, std::vector<base::Fd> fds)> f);
  // After every connect but the first, before calls are repeated: a front end sends its watches again.
  void on_reconnect(std::function<void()> f);
  // Connects now instead of at the first call.
  void connect();
  bool connected() const;
  std::size_t in_flight() const;

 private:
  std::shared_ptr<ChannelState> state_;
};

// The same for programs without a loop.  Connects in open(); a broken connection is an error, not repeated.
class BlockingChannel {
 public:
  static base::Result<BlockingChannel> open(const std::string& path, const std::string& protocol,
                                            std::uint64_t deadline_ms = kDefaultDeadlineMs);
  BlockingChannel(BlockingChannel&&) noexcept;
  BlockingChannel& operator=(BlockingChannel&&) noexcept;
  ~BlockingChannel();
  base::Result<Answer> call(std::string_view payload, const std::vector<base::Fd>& fds = {},
                            std::uint64_t deadline_ms = kDefaultDeadlineMs);
  // `on_item` returns false to stop; then the connection is of no further use.
  base::Result<Answer> call_streamed(std::string_view payload, const std::function<bool(Answer)>& on_item,
                                     const std::vector<base::Fd>& fds = {},
                                     std::uint64_t deadline_ms = kDefaultDeadlineMs);

 private:
  struct State;
  explicit BlockingChannel(std::unique_ptr<State> s);
  std::unique_ptr<State> state_;
};

}  // namespace postern::ipc
