// Where bodies are, and small ones themselves before they are asked for.
//
// Who goes from one message to the next finds the body here already: while he takes what he was sent, one call to stored
// tells the places of many messages, and the next small one is read: on the loop's thread where the page cache has it, else
// by a worker with those behind it, as many as kAheadBytes hold.
// Who jumps gets what he asks for, read on the loop's thread where the page cache has it; the more he has taken, the more
// places come with the one that he wants.  A place costs about a seventh of a call, so what he may never ask for must not cost
// much more than what he asked for.
//
// Memory of a session: kMaxPlaces places of some 120 bytes, and bodies of at most twice kAheadBytes and one of kReadHere.
// While a place is known here its segment stays readable, whatever the collector does.
// Runs in: pop3d, loop thread; reading on workers, by jobs that own what they touch.  Tests: t/protocol/test_pop3_ahead.py
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "blob/location.h"
#include "io/sync.h"
#include "io/task.h"

namespace postern::client {
class Login;
}

namespace postern::pop3d {

class Maildrop;
struct Shared;

inline constexpr std::size_t kMaxPlaces = 16 * 1024;
inline constexpr std::size_t kPlacesAsked = 128;    // of one call, at most
inline constexpr std::size_t kJumpsAPlace = 32;     // messages taken until who jumps gets one more place with each
inline constexpr std::size_t kAheadMessages = 64;
inline constexpr std::size_t kAheadBytes = 128 * 1024;
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
  using Bodies = std::vector<std::pair<std::uint32_t, std::shared_ptr<Body>>>;   // by number
  // The body of message `number`; NOT_FOUND when it is gone by now.  REQUIRES: all references outlive this.
  io::Task<base::Result<std::shared_ptr<Body>>> take(Shared& shared, client::Login& login, Maildrop& drop,
                                                     std::uint32_t number);

 private:
  // Learns the places of up to `most` messages from `number` on that are not known.
  io::Task<base::Result<>> locate(Shared& shared, client::Login& login, Maildrop& drop, std::uint32_t number, std::size_t most);
  io::Task<base::Result<std::shared_ptr<Body>>> find(Shared& shared, client::Login& login, Maildrop& drop, std::uint32_t number,
                                                     std::size_t most);
  void go_on(Shared& shared, client::Login& login, Maildrop& drop);
  io::Task<void> read_from(Shared& shared, client::Login& login, Maildrop& drop, std::uint32_t first);
  Bodies small_ones(Maildrop& drop, std::uint32_t first, std::size_t most) const;
  std::shared_ptr<Body> body_at(std::uint32_t number) const;   // unread; null when its place is not known

  std::unordered_map<std::uint32_t, std::string> places_;         // by number: blob::Location, serialized
  std::map<std::uint32_t, std::shared_ptr<void>> held_;           // by segment
  std::map<std::uint32_t, std::shared_ptr<Body>> bodies_;         // by number, from the last one taken on
  std::uint32_t last_ = 0;      // the message taken last
  std::size_t taken_ = 0;
  bool reading_ = false;        // ahead; the messages first_ to until_, or, after a jump, what nobody wants
  std::uint32_t first_ = 0, until_ = 0;
  io::Notifier read_;
  io::TaskGroup tasks_;         // last: it uses everything above
};

}  // namespace postern::pop3d
