// Who wants to be told of which account.  Hints are merged: one a peer and turn of the loop, after the flush.
// Runs in: stored, loop's thread.  A peer that reads no hints is closed by ipc's limits.
#pragma once
#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "io/loop.h"
#include "ipc/server.h"
#include "store/call.h"

namespace postern::stored_daemon {

class Watches {
 public:
  explicit Watches(io::Loop& loop);
  // The peer indexes: of each account that somebody begins to watch it is told, and whether others watch its own.
  void set_index(const ipc::Peer& peer) { watcher(peer).index = true; }
  // `index`: likewise.
  void add(const ipc::Peer& peer, store::Changed account, bool index);
  void remove(const ipc::Peer& peer, std::uint64_t account);
  void peer_gone(std::uint32_t peer);
  // The commits are durable: tell those who watch.
  void changed(const std::vector<store::Changed>& changed);
  // To one peer, whoever watches: the account has moved on already.
  void tell(const ipc::Peer& peer, store::Changed change);
  // To all `peers`: tickets of this principal below this generation are void.
  void revoked(const std::vector<ipc::Peer>& peers, store::Changed principal);
  std::size_t size() const { return by_account_.size(); }

 private:
  struct Pending {
    std::unordered_map<std::uint64_t, std::uint64_t> changed, revoked;
  };
  struct Watcher {
    ipc::Peer peer;
    std::unordered_set<std::uint64_t> accounts;
    bool index = false;
    Pending pending;
  };
  Watcher& watcher(const ipc::Peer& peer);
  void queue(Watcher& w, bool revoked, store::Changed change);
  void send();
  io::Loop& loop_;
  io::TurnEnd turn_end_;
  std::unordered_map<std::uint32_t, Watcher> watchers_;
  std::unordered_map<std::uint64_t, std::unordered_set<std::uint32_t>> by_account_;
  std::vector<std::uint32_t> to_send_;
};

}  // namespace postern::stored_daemon
