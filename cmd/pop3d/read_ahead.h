// Where the bodies of the next messages are, and small ones themselves: clients retrieve one message after the other, and
// one call and one job for many cost little more than for one.
// Memory: at most kAheadBytes of bodies.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

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
  std::unordered_map<std::uint32_t, std::shared_ptr<Body>> bodies_;
};

}  // namespace postern::pop3d
