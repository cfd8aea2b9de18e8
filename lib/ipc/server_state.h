// The state behind Server, Peer and Call.  Private to lib/ipc.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "io/listener.h"
#include "io/loop.h"
#include "io/sync.h"
#include "ipc/frame.h"
#include "ipc/server.h"

namespace postern::ipc {

// A call under way.
struct CallSlot {
  std::uint32_t credit = kStreamCredit;
  bool unwanted = false;
  io::Notifier changed;
};

struct PeerState : std::enable_shared_from_this<PeerState> {
  PeerState(ServerState& s, base::Fd f, std::string listener);
  void start();
  void readable();
  // Handles whole frames until there is none or a limit holds the peer back.
  void process();
  base::Result<> take(Frame& f);
  base::Result<> take_credit(const Frame& f);
  void begin_call(Frame& f);
  bool at_call_limit() const { return calls.size() >= kMaxCallsPerPeer; }
  void send(FrameType type, std::uint64_t id, std::string payload, std::vector<base::Fd> fds);
  void flush();
  void end_call(std::uint64_t id);
  void reject(const base::Error& e);
  void close();

  ServerState* server;  // null once gone
  base::Fd fd;
  PeerInfo info;
  bool greeted = false;
  bool dispatching = false;
  FrameReader reader;
  FrameWriter writer;
  std::unordered_map<std::uint64_t, CallSlot> calls;
  std::optional<Frame> held;  // a request over the limit
  bool held_back = false;     // not read for now
  io::Notifier space;         // output went below its limit
  std::optional<io::FdWatch> read_watch, write_watch;
  io::TurnEnd turn_end;
};

struct ServerState : std::enable_shared_from_this<ServerState> {
  ServerState(io::Loop& l, std::string p, Server::Handler h)
      : loop(l), protocol(std::move(p)), handler(std::move(h)) {}
  io::Task<void> accept_all(base::Fd listening, std::string name);
  void add(base::Fd fd, std::string listener);
  void stop();
  bool idle() const;

  io::Loop& loop;
  std::string protocol;
  Server::Handler handler;
  std::function<void(Peer)> peer_came, peer_gone;
  std::uint32_t last_id = 0;
  std::size_t calls = 0;
  bool draining = false, stopping = false;
  io::Notifier idle_changed;
  std::map<std::uint32_t, std::shared_ptr<PeerState>> peers;
  io::TaskGroup accepting, handlers;
};

}  // namespace postern::ipc
