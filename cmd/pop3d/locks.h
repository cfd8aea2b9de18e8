// A maildrop belongs to one session at a time (RFC 1939 4).  Inside of this process a session that has been silent for
// a while, as that of a client that died, gives way to the next one; between processes (one drains, another has begun)
// byte `account` of a file is locked, which ends with the process that holds it.
// Runs in: pop3d; loop thread only.  Tests: t/protocol/pop3/lock.t, lock_takeover.t
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>

#include "base/file.h"
#include "base/result.h"

namespace postern::pop3d {

class Locks;

// Held by a session; let go with its life.
class Hold {
 public:
  Hold() = default;
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;
  ~Hold() { release(); }
  explicit operator bool() const { return locks_ != nullptr; }
  void release();
  // The client said or took something.
  void touch();

 private:
  friend class Locks;
  Locks* locks_ = nullptr;
  std::uint64_t account_ = 0;
  std::uint64_t touched_ = 0;  // monotonic ms
  std::function<void()> give_way_;
};

class Locks {
 public:
  base::Result<> open(const std::string& path);
  void set_takeover(std::uint64_t ms) { takeover_ms_ = ms; }
  // False: another session has it.  `give_way` ends the session; afterwards `hold` is empty.
  // REQUIRES: `hold` is empty.
  bool take(std::uint64_t account, Hold& hold, std::function<void()> give_way);

 private:
  friend class Hold;
  bool lock_byte(std::uint64_t account, bool on);
  base::Fd file_;
  std::uint64_t takeover_ms_ = 0;
  std::unordered_map<std::uint64_t, Hold*> held_;
};

}  // namespace postern::pop3d
