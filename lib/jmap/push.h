// Server-sent events of the JMAP event source.  RFC 8620 7.1, 7.3.  Runs in: jmapd.  Tests:
// t/unit/jmap_push.cc
#pragma once
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "http/target.h"
#include "jmap/errors.h"

namespace postern::jmap {

struct PushTypes {
  bool mailbox = false, email = false, thread = false, delivery = false, script = false, vacation = false;
  bool any() const { return mailbox || email || thread || delivery || script || vacation; }
};

struct EventSourceQuery {
  PushTypes types;
  bool close_after_state = false;
  std::uint32_t ping = 0;  // seconds; 0: none
};
// `types` is a list or "*", `closeafter` is "state" or "no", `ping` a number moved to kMinPing..kMaxPing.
std::expected<EventSourceQuery, RequestError> parse_event_source(const http::Target& target);

// The states of an account's types; an empty one has not changed.
struct PushStates {
  std::string mailbox, email, thread, delivery, script, vacation;
  bool any() const {
    return !mailbox.empty() || !email.empty() || !thread.empty() || !delivery.empty() || !script.empty() ||
           !vacation.empty();
  }
};
// A whole "state" event with a StateChange object, ending in an empty line.
std::string state_event(std::string_view account_id, const PushStates& states);
std::string ping_event(std::uint32_t interval);

}  // namespace postern::jmap
