// What stored tells its audit log: deletions and what was purged behind, accounts loaded, admins who read mail, users
// who reach into another's account.  Runs in: stored, on the store thread.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "audit/log.h"
#include "io/loop.h"
#include "io/task.h"
#include "ipc/server.h"
#include "kv/engine.h"
#include "store/call.h"

namespace postern::stored_daemon {

class Audit {
 public:
  // The end of the log is remembered in the store itself.
  static base::Result<std::shared_ptr<Audit>> open(const std::string& folder, kv::Engine& engine);
  // To be called with the first answer of a call, and settle() after it, before that leaves.
  // Looking is told once in five minutes for each pair of reader and account.
  base::Result<> note(store::Call& call, const ipc::PeerInfo& peer);
  void purged(std::uint64_t account, std::string_view what);
  bool pending() const { return !log_->synced(); }
  // Makes durable what was noted, then tells the store where the log ends: what must be durable with the answer.
  io::Task<base::Result<kv::Receipt>> settle(io::Loop& loop);

 private:
  Audit(std::unique_ptr<audit::Log> log, kv::Engine& engine) : log_(std::move(log)), engine_(engine) {}
  bool seen_lately(const store::Principal& who, std::uint64_t account);
  std::unique_ptr<audit::Log> log_;
  kv::Engine& engine_;
  std::uint64_t remembered_ = 0;                           // the line that the store knows as the last
  std::unordered_map<std::string, std::int64_t> looked_;   // reader and account -> when it was told
};

}  // namespace postern::stored_daemon
