// Where bodies are, and small ones themselves.  A client that retrieves one message after the other is read ahead for:
// one call asks where many are, and one job reads as many of these as kAheadBytes hold, over and over: both cost little more
// than for one.  One that jumps gets what it asks for.
// Memory: at most kAheadBytes of bodies, or one of kReadHere.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/result.h"
#include "blob/location.h"
#include "io/task.h"

namespace postern::client {
class Login;
}

namespace postern::pop3d {

class Maildrop;
struct Shared;

inline constexpr std::size_t kAheadMessages = 64;
inline constexpr std::size_t kAheadBytes = 256 * 1024;
inline constexpr std::uint64_t kSmallBody = 32 * 1024;
// A single body up to this size is read on the loop's thread when the page cache has it: the way to a worker and back
// would cost more than the reading, and nobody waits for long.
inline constexpr std::uint64_t kReadHere = 64 * 1024;

struct Body {
  blob::Location location;
  std::string bytes;   // all of it, when `read`
  bool read = false;
};

class ReadAhead {
 public:
  // Takes the body of message `number`; NOT_FOUND when it is gone by now.
  io::Task<base::Result<std::shared_ptr<Body>>> take(Shared& shared, client::Login& login, Maildrop& drop,
                                                     std::uint32_t number);

 private:
  io::Task<base::Result<>> locate(Shared& shared, client::Login& login, Maildrop& drop, std::uint32_t number,
                                  std::size_t ahead);
  io::Task<void> read_from(Shared& shared, std::uint32_t number);

  std::map<std::uint32_t, std::shared_ptr<Body>> bodies_;   // by number
  std::uint32_t last_ = 0;   // the message taken last
};

}  // namespace postern::pop3d
