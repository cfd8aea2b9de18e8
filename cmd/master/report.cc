// What the admin is told: status, sessions.
#include <pwd.h>
#include <unistd.h>

#include <algorithm>

#include "base/log.h"
#include "cmd/master/child.h"
#include "cmd/master/limits.h"
#include "cmd/master/sessions_asked.h"
#include "cmd/master/supervisor.h"
#include "service/command_line.h"

namespace postern::master {
namespace {

void fill_process(control::Services::Process& out, const Process& p) {
  out.set_pid(static_cast<std::uint32_t>(p.pid));
  out.set_clients(p.clients);
  out.set_ready(p.ready);
  out.set_draining(p.leaving);
  out.set_started(p.started_unix);
  out.set_memory_kb(memory_kb(p.pid));
  for (const auto& [name, value] : p.counters) (*out.mutable_counters())[name] = value;
}

void fill_service(control::Services::Service& out, const Service& s) {
  out.set_name(s.spec.name);
  out.set_program(s.spec.program);
  for (const auto& l : s.spec.listeners) out.add_listeners(l.text);
  std::uint64_t clients = 0;
  for (const auto& p : s.processes) {
    fill_process(*out.add_processes(), *p);
    clients += p->clients;
  }
  out.set_restarts(s.restarts);
  out.set_kills(s.kills);
  out.set_throttled(s.backoff.crash_loop());
  out.set_last_exit(s.last_exit);
  out.set_connections(clients);
}

std::string user_name(uid_t uid) {
  const passwd* user = ::getpwuid(uid);
  return user ? user->pw_name : std::to_string(uid);
}

// The one user of all services, or nothing when they have several.
std::string common_user(const std::list<Service>& services) {
  if (::geteuid() != 0) return user_name(::geteuid());
  std::string common;
  for (const auto& s : services) {
    std::string user = s.spec.user.empty() ? "root" : s.spec.user;
    if (!common.empty() && user != common) return {};
    common = user;
  }
  return services.size() > 1 ? common : "";
}

}  // namespace

void Supervisor::fill_status(control::Services& out) const {
  for (const auto& s : services_) fill_service(*out.add_services(), s);
  out.set_pid(static_cast<std::uint32_t>(::getpid()));
  out.set_started(started_unix_);
  out.set_version(std::string(service::kVersion));
  if (auto user = common_user(services_); !user.empty())
    out.add_notes("all daemons share user " + user + ": separation by user is off");
  if (!kLimitsMemory) out.add_notes("built with AddressSanitizer: memory limits are off");
  if (stopping()) out.add_notes("stopping");
}

void Supervisor::take_sessions(Process& p, control::Status& status) {
  if (p.asked.empty()) return;
  auto& asked = *p.asked.front();
  for (auto& session : *status.mutable_sessions()) {
    if (asked.sessions.size() >= kMaxSessions) break;
    session.set_pid(static_cast<std::uint32_t>(p.pid));
    asked.sessions.push_back(std::move(session));
  }
  if (!status.sessions_end()) return;
  asked.answered();
  p.asked.pop_front();
}

io::Task<std::vector<control::Session>> Supervisor::who() {
  auto asked = std::make_shared<SessionsAsked>();
  control::Order order;
  order.set_who(true);
  asked->waiting = 1;  // this function itself, until all are asked
  for (auto& s : services_)
    for (auto& p : s.processes) {
      if (!p->ready || !p->link->send(order)) continue;
      ++asked->waiting;
      p->asked.push_back(asked);
    }
  asked->answered();
  bool all = co_await asked->done.wait_for(kWhoDeadlineMs);
  if (!all) base::log(base::Level::warning, "who_incomplete", {{"processes", asked->waiting}});
  co_return std::move(asked->sessions);
}

void Supervisor::order_all(const control::Order& order) {
  for (auto& s : services_)
    for (auto& p : s.processes) p->link->send(order);
}

void Supervisor::kick(const std::string& what) {
  control::Order order;
  order.set_kick(what);
  order_all(order);
}

}  // namespace postern::master
