// Replacing the table under running processes.
#include <algorithm>

#include "base/log.h"
#include "base/system.h"
#include "cmd/master/limits.h"
#include "cmd/master/supervisor.h"
#include "proto/control.pb.h"

namespace postern::master {

using base::Fault;
using base::Result;

Result<std::uint32_t> Supervisor::reload(service::Config config, Table table) {
  if (stopping()) return base::fail(Fault::temporary, "master is stopping", "STOPPING");
  if (config.text("run_dir") != config_.text("run_dir"))
    return base::fail(Fault::permanent, "run_dir cannot change while master runs: stop it and start it again",
                      "CONFIG");
  if (auto bound = sockets_.bind_missing(table, 0); !bound) return pass(bound);
  config_ = std::move(config);
  auto changed = remove_missing(table);
  for (auto& spec : table.services) changed += adopt(std::move(spec));
  control::Order order;
  order.set_reload(true);
  order_all(order);
  // Sockets go only after everybody who drains has stopped to accept from them.
  close_timer_ = loop_.after(kCloseAfterMs, [this] { sockets_.drop_unused(current()); });
  settle();
  return changed;
}

std::uint32_t Supervisor::remove_missing(const Table& table) {
  std::uint32_t n = 0;
  for (auto& s : services_) {
    s.polls.clear();
    if (s.removed ||
        std::ranges::find(table.services, s.spec.name, &ServiceSpec::name) != table.services.end())
      continue;
    base::log(base::Level::info, "service_removed", {{"service", s.spec.name}});
    s.removed = true;
    replace(s);
    ++n;
  }
  return n;
}

// True when the service is new or its processes had to go.
bool Supervisor::adopt(ServiceSpec spec) {
  auto wake_at = spec.wake ? base::monotonic_ms() + *spec.wake * 1000 : kNever;
  Service* s = find(spec.name);
  bool fresh = s == nullptr;
  if (fresh) {
    auto place = spec.backend
                     ? std::ranges::find(services_, false, [](const Service& o) { return o.spec.backend; })
                     : services_.end();
    s = &*services_.emplace(place);
  }
  bool change = fresh || !same_process(s->spec, spec);
  if (!fresh && change) {
    base::log(base::Level::info, "service_changed", {{"service", spec.name}});
    replace(*s);
  }
  if (fresh || s->spec.wake != spec.wake) s->wake_at = wake_at;
  // The admin may have repaired what made processes die.
  s->backoff.healthy();
  s->spec = std::move(spec);
  return change;
}

void Supervisor::replace(Service& s) {
  for (auto& p : s.processes) s.spec.backend ? terminate(*p) : drain(*p);
}

Table Supervisor::current() const {
  Table t;
  for (const auto& s : services_)
    if (!s.removed) t.services.push_back(s.spec);
  return t;
}

Service* Supervisor::find(const std::string& name) {
  for (auto& s : services_)
    if (!s.removed && s.spec.name == name) return &s;
  return nullptr;
}

}  // namespace postern::master
