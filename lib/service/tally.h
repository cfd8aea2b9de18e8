// Sessions counted over all processes of a service, in memory that master makes for the service and all of them map.  A
// new connection goes to a process that has not clearly more than another, and the limits of an address and of an account hold for the service, not
// for each process.
// A process writes its own column and reads the others'; what it reads may be a moment old, so that limits are exceeded by
// no more than the connections that come in at that moment.  master wipes the column of a process that has ended.
// Runs in: daemons with sessions (loop thread), master.  Tests: t/unit/service_tally.cc, t/system/test_processes.py
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "base/file.h"
#include "base/result.h"

namespace postern::service {

inline constexpr unsigned kTallyColumns = 64;   // processes of a service; those beyond count alone
inline constexpr unsigned kTallyNames = 4096;   // addresses and accounts of one process
inline constexpr std::uint32_t kTallySlack = 8;   // sessions by which processes may differ however few there are
inline constexpr unsigned kTallyFull = 3072;    // of these: a table fuller than this is slow, further ones count nowhere

class Tally {
 public:
  // Of a process that has no brothers.
  Tally();
  // Memory for the processes of one service.
  static base::Result<base::Fd> make();
  // The memory that master made, as the process of that column.  corrupt: it has another size.
  static base::Result<Tally> join(const base::Fd& memory, unsigned column);
  // That process has ended: its counts go.
  static void wipe(const base::Fd& memory, unsigned column);

  Tally(Tally&&) noexcept = default;
  Tally& operator=(Tally&&) noexcept = default;

  // What this process has; `accepts`: it takes more.
  void set_sessions(std::uint32_t n, bool accepts);
  // No process that takes connections has clearly fewer sessions than this one.
  bool has_room() const;

  // One session more of a name, until its end.
  class Mark {
   public:
    Mark() = default;
    Mark(Mark&& o) noexcept : tally_(std::exchange(o.tally_, nullptr)), key_(o.key_) {}
    Mark& operator=(Mark&& o) noexcept {
      std::swap(tally_, o.tally_);
      std::swap(key_, o.key_);
      return *this;
    }
    ~Mark() {
      if (tally_) tally_->take(key_);
    }

   private:
    friend class Tally;
    Mark(Tally* t, std::uint64_t key) : tally_(t), key_(key) {}
    Tally* tally_ = nullptr;
    std::uint64_t key_ = 0;
  };
  // `kind` keeps addresses and accounts apart.  The Tally must outlive the mark and stay where it is.
  Mark mark(char kind, std::string_view name);
  // Sessions of the name in all processes.
  std::uint64_t count(char kind, std::string_view name) const;

 private:
  struct Entry {
    std::atomic<std::uint64_t> key;   // 0: free
    std::atomic<std::uint64_t> count;
  };
  struct Memory {
    std::atomic<std::uint32_t> load[kTallyColumns];    // sessions and one; 0: takes no connections
    std::atomic<std::uint32_t> names[kTallyColumns];   // entries in use
    alignas(4096) Entry entries[kTallyColumns][kTallyNames];
  };
  struct Unmap {
    void operator()(Memory* m) const;
  };
  Tally(std::unique_ptr<Memory, Unmap> m, unsigned column) : memory_(std::move(m)), column_(column) {}
  void take(std::uint64_t key);

  std::unique_ptr<Memory, Unmap> memory_;
  unsigned column_ = 0;
};

}  // namespace postern::service
