// SASL dialogues under way, between two messages of their clients.  Bounded: kMaxExchanges, kExchangeMs each.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "auth/directory.h"
#include "auth/sasl.h"
#include "proto/authd.pb.h"

namespace postern::authd {

// Whom a SCRAM client named: filled in when the mechanism asks for the keys.
struct ScramUser {
  std::string name;
  std::optional<auth::LoginEntry> entry;  // nothing for nobody, for disabled accounts, and without keys
  bool named = false;
};

struct Exchange {
  auth::SaslServer server;
  std::shared_ptr<ScramUser> user;
  Origin origin;
  std::string mechanism;
  std::uint32_t peer = 0;  // the connection it belongs to
  bool charged = false;    // the throttle knows of it
  std::uint64_t expires_ms = 0;
};

class Exchanges {
 public:
  // The number under which it is found again; the oldest gives way when there are too many.
  std::uint64_t keep(Exchange e, std::uint64_t now_ms);
  // Takes it out: two steps at once can't happen.  Nothing when it is unknown, of another peer, or too old.
  std::optional<Exchange> take(std::uint64_t id, std::uint32_t peer, std::uint64_t now_ms);
  void drop_peer(std::uint32_t peer);
  std::size_t size() const { return all_.size(); }

 private:
  std::map<std::uint64_t, Exchange> all_;  // by number: the oldest first
  std::uint64_t last_ = 0;
};

}  // namespace postern::authd
