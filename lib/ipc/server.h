// The answering side of the framed messages between Postern's processes (ipc/frame.h describes the wire).
// Runs in: stored, authd, master, ...  Peers: front ends that may have been taken over; hostile.
//
// A malformed frame, a wrong number of descriptors, an unknown type or another protocol's hello closes that
// peer and logs one line, nothing else.  A peer with kMaxCallsPerPeer calls under way or kMaxQueuedBytes of
// unread output is not read until it is below again; past kMaxQueuedHard it is closed.  Answers of one turn
// of the loop to one peer leave in one system call.
//
// Tests: t/unit/ipc_channel.cc, t/unit/ipc_hostile.cc
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "io/loop.h"
#include "io/task.h"
#include "ipc/limits.h"

namespace postern::ipc {

struct PeerInfo {
  uid_t uid = static_cast<uid_t>(-1);
  gid_t gid = static_cast<gid_t>(-1);
  pid_t pid = 0;
  std::uint32_t id = 0;  // of this server, from 1, never used twice
  std::string listener;  // the name given to add_listener()
};

struct PeerState;

// A connection of a front end, held loosely: everything is harmless after it has gone.  Copyable.
class Peer {
 public:
  Peer() = default;
  explicit Peer(std::shared_ptr<PeerState> s);
  const PeerInfo& info() const;
  std::uint32_t id() const { return info().id; }
  bool gone() const;
  // Unasked message; false when the peer has gone.  REQUIRES: limits of ipc/limits.h.
  bool hint(std::string payload, std::vector<base::Fd> fds = {});
  std::size_t queued() const;  // bytes that the peer has not taken yet
  void close();

 private:
  std::shared_ptr<PeerState> state_;
};

// One request.  Movable; may outlive the connection, the answer is dropped then.  Loop thread only.
class Call {
 public:
  std::string payload;
  std::vector<base::Fd> fds;

  Call(std::shared_ptr<PeerState> peer, std::uint64_t id, std::string payload, std::vector<base::Fd> fds);
  Call(Call&&) noexcept;
  Call& operator=(Call&&) noexcept;
  // A call that was not answered is logged; its caller runs into the deadline.
  ~Call();

  Peer peer() const;
  const PeerInfo& info() const;
  // Ends the call.  REQUIRES: once.  A payload over kMaxPayload is our own bug.
  void reply(std::string payload, std::vector<base::Fd> fds = {});
  // A piece of a streamed answer; waits for credit.  Fails with Fault::permanent, code "GONE", when the peer
  // has gone or no longer wants the rest.
  io::Task<base::Result<>> item(std::string payload, std::vector<base::Fd> fds = {});

 private:
  void drop();
  std::shared_ptr<PeerState> peer_;
  std::uint64_t id_ = 0;
};

struct ServerState;

class Server {
 public:
  // Run for each request, at once; may reply without ever waiting.  The Server owns the task.
  using Handler = std::function<io::Task<void>(Call)>;

  Server(io::Loop& loop, std::string protocol, Handler handler);
  Server(io::Loop& loop, base::Fd listening, std::string protocol, Handler handler, std::string name = {});
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  // Cancels every handler and closes every peer.
  ~Server();

  void add_listener(base::Fd listening, std::string name);
  // Serves a connection made elsewhere (socketpair, tests).
  void add_connection(base::Fd connected, std::string name);
  // After hello; before the first call.
  void on_peer(std::function<void(Peer)> f);
  void on_peer_gone(std::function<void(Peer)> f);
  std::size_t peer_count() const;
  std::vector<Peer> peers() const;
  std::size_t calls_in_flight() const;
  // For a clean stop: no new connections and no new calls are read; calls under way go on.
  void drain();
  io::Task<void> drained();  // until none is under way and all output is with the kernel

 private:
  std::shared_ptr<ServerState> state_;
};

}  // namespace postern::ipc
