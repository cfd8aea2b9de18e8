// The state behind Channel and Items.  Private to lib/ipc.
#pragma once
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/loop.h"
#include "io/sync.h"
#include "ipc/channel.h"
#include "ipc/frame.h"

namespace postern::ipc {

// A call that somebody waits for; lives with the waiter.
struct PendingCall {
  PendingCall(std::shared_ptr<ChannelState> c, std::string p, std::vector<base::Fd> f, bool is_streamed);
  PendingCall(const PendingCall&) = delete;
  PendingCall& operator=(const PendingCall&) = delete;
  ~PendingCall();
  void finish(base::Result<Answer> r);

  std::shared_ptr<ChannelState> channel;
  std::string payload;  // kept for a repeat
  std::vector<base::Fd> fds;
  std::uint64_t id = 0;
  bool streamed;
  bool waiting = false;       // in channel->waiting
  std::uint64_t sent_on = 0;  // number of the connection
  std::uint32_t taken = 0;    // items given to the caller
  std::uint32_t uncredited = 0;
  std::list<Answer> items;      // costs nothing while there are none, as mostly
  std::optional<base::Result<Answer>> result;
  io::Notifier changed;
};

struct StreamedCall {
  PendingCall call;
  std::uint64_t deadline_ms;
};

struct ChannelState : std::enable_shared_from_this<ChannelState> {
  ChannelState(io::Loop& l, std::string path, std::string protocol);
  void begin(PendingCall& call);
  void forget(PendingCall& call);  // its waiter is going
  void connect();
  void shut();
  void grant(PendingCall& call);

  io::Task<void> keep_connected();
  io::Task<base::Result<base::Fd>> next_socket();
  void opened(base::Fd f);
  void broken(const std::string& why);
  void readable();
  base::Result<> take(Frame& f);
  base::Result<> take_answer(Frame& f);
  void flush();
  void transmit(PendingCall& call);
  void repeat_calls();
  void send_waiting();
  void fail_all(const std::string& why);

  io::Loop& loop;
  std::string path, protocol;
  base::Fd first;  // a connection given to us
  base::Fd fd;     // of the live connection
  bool started = false, open = false, greeted = false, was_open = false, closing = false;
  FrameReader reader;
  FrameWriter writer;
  std::optional<io::FdWatch> read_watch, write_watch;
  io::TurnEnd turn_end;
  io::Notifier lost;  // wakes keep_connected()
  std::uint64_t last_id = 0, connection = 0;
  std::map<std::uint64_t, PendingCall*>
      calls;                         // sent; null: nobody waits any more, the server still works on it
  std::deque<PendingCall*> waiting;  // over the server's limit of calls
  std::function<void(std::string, std::vector<base::Fd>)> hint;
  std::function<void()> reconnected;
  io::TaskGroup tasks;
};

base::Error unavailable(const std::string& protocol, const std::string& why);

}  // namespace postern::ipc
