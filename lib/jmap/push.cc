#include "jmap/push.h"

#include <algorithm>

#include "base/text.h"
#include "jmap/limits.h"

namespace postern::jmap {

std::expected<EventSourceQuery, RequestError> parse_event_source(const http::Target& target) {
  EventSourceQuery q;
  for (auto type : base::split(target.query_value("types"), ',')) {
    bool all = type == "*";
    if (all || type == "Mailbox") q.types.mailbox = true;
    if (all || type == "Email") q.types.email = true;
    if (all || type == "Thread") q.types.thread = true;
    if (all || type == "EmailDelivery") q.types.delivery = true;
    if (all || type == "SieveScript") q.types.script = true;
    if (all || type == "VacationResponse") q.types.vacation = true;
  }
  auto close = target.query_value("closeafter");
  if (!close.empty() && close != "no" && close != "state")
    return std::unexpected(plain_error(400, "closeafter must be 'state' or 'no'"));
  q.close_after_state = close == "state";
  if (auto ping = target.query_value("ping"); !ping.empty()) {
    auto n = base::parse_u64(ping);
    if (!n) return std::unexpected(plain_error(400, "ping must be a number of seconds"));
    if (*n) q.ping = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(*n, kMinPing, kMaxPing));
  }
  return q;
}

std::string state_event(std::string_view account_id, const PushStates& states) {
  json::object types;
  if (!states.mailbox.empty()) types["Mailbox"] = states.mailbox;
  if (!states.email.empty()) types["Email"] = states.email;
  if (!states.thread.empty()) types["Thread"] = states.thread;
  if (!states.delivery.empty()) types["EmailDelivery"] = states.delivery;
  if (!states.script.empty()) types["SieveScript"] = states.script;
  if (!states.vacation.empty()) types["VacationResponse"] = states.vacation;
  json::object changed;
  changed[account_id] = std::move(types);
  json::object o;
  o["@type"] = "StateChange";
  o["changed"] = std::move(changed);
  return "event: state\ndata: " + json::serialize(o) + "\n\n";
}

std::string ping_event(std::uint32_t interval) {
  json::object o;
  o["interval"] = interval;
  return "event: ping\ndata: " + json::serialize(o) + "\n\n";
}

}  // namespace postern::jmap
