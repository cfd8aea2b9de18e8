#include "cmd/imapd/event_rules.h"

#include <algorithm>

#include "base/text.h"
#include "imap/list_args.h"

namespace postern::imapd {

namespace {

bool is(const std::string& said, const EventRules::Place& place) {
  if (said.empty()) return true;
  if (place.path.empty()) return false;
  if (said.starts_with('\\')) return base::iequals(std::string_view(said).substr(1), place.role);
  return imap::ListPattern(said).match(place.path);
}

}  // namespace

base::Result<> EventRules::read(const service::Config& c) {
  auto rules = service::parse_sieve_events(c.text("imap.sieve_event"));
  if (!rules) return pass(rules);
  std::vector<Row> rows;
  for (auto& rule : *rules) {
    auto script = client::read_script(c.conf_path(rule.script));
    if (!script) return base::fail(script.error().fault, "imap.sieve_event: " + script.error().what);
    rows.push_back({std::move(rule), std::move(*script)});
  }
  rows_ = std::move(rows);
  return {};
}

bool EventRules::any(std::string_view cause) const {
  return std::ranges::any_of(rows_, [one = service::sieve_cause(cause)](const Row& r) { return r.rule.causes & one; });
}

std::vector<client::SieveScript> EventRules::matching(std::string_view cause, const Place& to, const Place& from, bool after) const {
  std::vector<client::SieveScript> out;
  for (const Row& r : rows_)
    if (r.rule.after == after && (r.rule.causes & service::sieve_cause(cause)) && is(r.rule.to, to) && is(r.rule.from, from))
      out.push_back(r.script);
  return out;
}

}  // namespace postern::imapd
