// A daemon's own audit log, written.
//
// Promise: an action is acknowledged only after sync(), so that no acknowledged action is without its line, whatever is
// killed and whether power fails; a line may stand for an action whose reply got lost.  Whether the action or its line
// comes first is left open: a crash between them leaves one of two that nobody was promised.
// add() on one thread; sync() on any.  Runs in: stored, authd.  Tests: t/unit/audit_log.cc
#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "audit/chain.h"
#include "base/file.h"

namespace postern::audit {

inline constexpr std::uint64_t kRotateBytes = 16u << 20;

class Log {
 public:
  // Opens or begins the log in `folder` (made when missing, 0750; files 0640).  A line that a power cut left without its
  // end is taken off.  `known` is the end that the daemon remembers: where the file ends before it, or with another
  // line, the log goes on from the known end, so that the gap shows for ever, with an event that says so.
  static Result<std::unique_ptr<Log>> open(const std::string& folder, const Head& known,
                                           std::uint64_t rotate_bytes = kRotateBytes);
  // Appends one event.  Fault::temporary when the disk does not take it: then the action must not be acknowledged.
  Result<> add(std::string_view action, const Fields& fields);
  bool synced() const { return synced_.load() == added_.load(); }
  Result<> sync();
  // To be remembered by the daemon, durably, with or after what it was told of.
  const Head& head() const { return head_; }

 private:
  Log(std::string folder, std::uint64_t rotate_bytes);
  Result<> open_file();
  Result<> rotate();
  std::string folder_;
  std::uint64_t rotate_bytes_;
  std::mutex lock_;                    // of fd_
  std::shared_ptr<base::Fd> fd_;       // of audit.jsonl, O_APPEND; a sync() under way keeps the one that it began with
  std::uint64_t bytes_ = 0, first_ = 0;   // of audit.jsonl: size, number of its first line (0: it is empty)
  Head head_;
  std::atomic<std::uint64_t> added_{0}, synced_{0};
};

}  // namespace postern::audit
