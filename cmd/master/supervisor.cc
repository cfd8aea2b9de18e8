#include "cmd/master/supervisor.h"

#include <signal.h>
#include <sys/wait.h>

#include <algorithm>

#include "base/log.h"
#include "base/system.h"
#include "cmd/master/child.h"
#include "cmd/master/limits.h"
#include "cmd/master/sessions_asked.h"
#include "proto/control.pb.h"
#include "service/tally.h"

namespace postern::master {

using base::Level;
using base::log;
using base::Result;

Supervisor::Supervisor(io::Loop& loop, Settings settings, SocketSet& sockets)
    : loop_(loop),
      settings_(std::move(settings)),
      sockets_(sockets),
      started_unix_(static_cast<std::uint64_t>(base::unix_now())) {}

Supervisor::~Supervisor() = default;

Result<> Supervisor::begin(service::Config config, Table table) {
  if (auto bound = sockets_.bind_missing(table, kBindPatienceMs); !bound) return bound;
  config_ = std::move(config);
  for (auto& spec : table.services) adopt(std::move(spec));
  look_again_at(base::monotonic_ms());
  return {};
}

// --- what is compared and done after every event

void Supervisor::look_again_at(std::uint64_t when) {
  if (when >= next_) return;
  next_ = when;
  auto now = base::monotonic_ms();
  timer_ = loop_.after(when > now ? when - now : 0, [this] { settle(); });
}

void Supervisor::settle() {
  next_ = kNever;
  timer_.reset();
  auto now = base::monotonic_ms();
  for (auto& s : services_) {
    if (phase_ == Phase::running) settle_running(s, now);
    settle_processes(s, now);
  }
  services_.remove_if([](const Service& s) { return s.removed && s.processes.empty(); });
  if (phase_ != Phase::running) settle_stop(now);
}

void Supervisor::settle_running(Service& s, std::uint64_t now) {
  Plan p = plan(s, now);
  for (Process* idle : p.retire) {
    log(Level::info, "idle_process_ends", {{"service", s.spec.name}, {"pid", idle->pid}});
    drain(*idle);
  }
  if (p.at_maximum && !s.maximum_said)
    log(Level::warning, "at_maximum",
        {{"service", s.spec.name},
         {"processes", s.spec.max},
         {"hint", "all are full: raise max or clients in master.conf"}});
  s.maximum_said = p.at_maximum;
  if (s.spec.wake && now >= s.wake_at) s.wake_at = now + *s.spec.wake * 1000;
  if (!p.poll) s.polls.clear();
  bool made = true;
  for (int i = 0; i < p.start && made; ++i) made = start(s, now);
  if (!made) look_again_at(s.backoff.retry_at());
  if (p.poll && s.polls.empty()) poll_sockets(s);
  look_again_at(p.next);
  if (s.polls.size()) look_again_at(s.wake_at);
  settle_health(s, now);
}

// A row of deaths is over when a process that was started after the last of them has lived long enough.
void Supervisor::settle_health(Service& s, std::uint64_t now) {
  if (s.backoff.deaths() == 0) return;
  for (const auto& p : s.processes) {
    if (p->leaving || p->started < s.backoff.last_death()) continue;
    if (now < p->started + kHealthyMs) {
      look_again_at(p->started + kHealthyMs);
      continue;
    }
    if (s.backoff.crash_loop()) log(Level::info, "crash_loop_ended", {{"service", s.spec.name}});
    return s.backoff.healthy();
  }
}

void Supervisor::settle_processes(Service& s, std::uint64_t now) {
  for (auto& p : s.processes) {
    if (!p->ready && !p->leaving && !p->slow_said) {
      if (now >= p->started + kSlowStartMs) {
        log(Level::warning, "not_ready_yet",
            {{"service", s.spec.name}, {"pid", p->pid}, {"seconds", (now - p->started) / 1000}});
        p->slow_said = true;
      } else {
        look_again_at(p->started + kSlowStartMs);
      }
    }
    if (now >= p->term_at) {
      log(Level::info, p->lost ? "lives_without_control" : "drained_long_enough",
          {{"service", s.spec.name}, {"pid", p->pid}, {"clients", p->clients}});
      bool told = p->leaving;
      terminate(*p);
      p->leaving = told || !p->lost;   // a lost one's death is its own, not one that was asked for
    }
    if (now >= p->kill_at) {
      log(Level::warning, "killed_after_grace", {{"service", s.spec.name}, {"pid", p->pid}});
      ::kill(p->pid, SIGKILL);
      p->kill_at = kNever;
      p->forget_at = now + kGoneGraceMs;
    }
    look_again_at(std::min(p->term_at, p->kill_at));
  }
}

void Supervisor::settle_stop(std::uint64_t now) {
  bool front = false, any = false;
  for (auto& s : services_) {
    std::erase_if(s.processes, [&](const auto& p) { return now >= p->forget_at; });
    for (const auto& p : s.processes) look_again_at(p->forget_at);
    if (s.processes.empty()) continue;
    any = true;
    front = front || !s.spec.backend;
  }
  if (phase_ == Phase::stop_front_ends && !front) {
    phase_ = Phase::stop_backends;
    for (auto& s : services_)
      for (auto& p : s.processes) terminate(*p);
  }
  if (any || !done_) return;
  sockets_.close_all();
  std::exchange(done_, nullptr)();
}

// --- starting

namespace {

// A column of the tally that no process has; kTallyColumns: there is none, and the next process counts alone.
unsigned free_column(Service& s) {
  if (!s.tally)
    if (auto made = service::Tally::make()) s.tally = std::move(*made);
  unsigned column = s.tally ? 0 : service::kTallyColumns;
  auto taken = [&](const auto& p) { return p->column == column; };
  while (column < service::kTallyColumns && std::ranges::any_of(s.processes, taken)) ++column;
  return column;
}

}  // namespace

bool Supervisor::start(Service& s, std::uint64_t now) {
  if (!s.backoff.take_start(now)) return false;
  auto program = find_program(s.spec.program, settings_.bin_dir);
  Result<Started> child = std::unexpected(program ? base::Error{} : program.error());
  unsigned column = free_column(s);
  if (program)
    child = start_child({s.spec, *program, settings_.conf_dir, sockets_.of(s.spec),
                         column < service::kTallyColumns ? s.tally.get() : -1, column, settings_.log_to_syslog});
  if (!child) {
    s.backoff.not_made(now);
    s.last_exit = "not started: " + child.error().what;
    log(Level::error, "start_failed",
        {{"service", s.spec.name}, {"error", child.error().what}, {"retry_ms", s.backoff.retry_at() - now}});
    return false;
  }
  auto owned = std::make_unique<Process>();
  Process* p = owned.get();
  p->pid = child->pid;
  p->column = column;
  p->started = now;
  p->started_unix = static_cast<std::uint64_t>(base::unix_now());
  s.processes.push_back(std::move(owned));
  p->link = std::make_unique<ChildLink>(
      loop_, std::move(child->control), [this, &s, p](control::Status& status) { on_status(s, *p, status); },
      [this, &s, p](const std::string& why) { on_closed(s, *p, why); });
  s.connection_waits = false;
  if (s.spec.wake) s.wake_at = now + *s.spec.wake * 1000;
  look_again_at(now + kSlowStartMs);
  log(Level::info, "started", {{"service", s.spec.name}, {"pid", p->pid}});
  return true;
}

void Supervisor::poll_sockets(Service& s) {
  for (const auto& socket : sockets_.of(s.spec))
    s.polls.push_back(std::make_unique<Poll>(loop_, socket.fd, [this, &s] {
      s.connection_waits = true;
      look_again_at(base::monotonic_ms());
    }));
}

// --- what children say

void Supervisor::on_status(Service& s, Process& p, control::Status& status) {
  auto now = base::monotonic_ms();
  bool news =
      status.ready() != p.ready || status.full() != p.full || (status.clients() == 0) != (p.clients == 0);
  if (status.ready() && !p.ready)
    log(Level::debug, "process_ready", {{"service", s.spec.name}, {"pid", p.pid}, {"ms", now - p.started}});
  if (status.clients() == 0 && (p.clients > 0 || !p.ready)) p.idle_since = now;
  p.ready = p.ready || status.ready();
  p.full = status.full();
  p.clients = status.clients();
  if (status.counters_size() > 0 && status.counters_size() <= kMaxCounters)
    p.counters = {status.counters().begin(), status.counters().end()};
  if (status.draining() && !p.leaving) {
    // Somebody else told it to go; its successor may come.
    p.leaving = news = true;
    p.term_at = now + config_.number("drain_timeout") * 1000;
  }
  if (status.sessions_size() > 0 || status.sessions_end()) take_sessions(p, status);
  say_running();
  if (news) look_again_at(now);
}

void Supervisor::say_running() {
  if (running_said_) return;
  auto ready = [](const Service& s) {
    return static_cast<std::uint32_t>(
               std::ranges::count_if(s.processes, [](const auto& p) { return p->ready; })) >= s.spec.min;
  };
  if (!std::ranges::all_of(services_, ready)) return;
  running_said_ = true;
  log(Level::info, "running", {{"services", services_.size()}});
}

// A process that cannot be told anything has no future.  Mostly it is ending just now: it may do so by itself, so that its
// exit status, and what a sanitizer has to say, are not cut off.
void Supervisor::on_closed(Service& s, Process& p, const std::string& why) {
  if (!p.leaving)
    log(Level::debug, "control_closed", {{"service", s.spec.name}, {"pid", p.pid}, {"why", why}});
  p.lost = true;
  if (!p.terminated) p.term_at = std::min(p.term_at, base::monotonic_ms() + kLostGraceMs);
  look_again_at(p.term_at);
}

void Supervisor::reap() {
  for (;;) {
    int status = 0;
    pid_t pid = ::waitpid(-1, &status, WNOHANG);
    if (pid <= 0) break;
    for (auto& s : services_) {
      auto it = std::ranges::find_if(s.processes, [&](const auto& p) { return p->pid == pid; });
      if (it == s.processes.end()) continue;
      auto gone = std::move(*it);
      s.processes.erase(it);
      if (s.tally && gone->column < service::kTallyColumns) service::Tally::wipe(s.tally, gone->column);
      buried(s, *gone, status);
      break;
    }
  }
  settle();
}

void Supervisor::buried(Service& s, Process& p, int status) {
  while (!p.asked.empty()) {
    p.asked.front()->answered();
    p.asked.pop_front();
  }
  bool expected = p.leaving || phase_ != Phase::running;
  if (!expected) return died(s, p, status);
  log(WIFSIGNALED(status) && !p.terminated ? Level::warning : Level::info, "ended",
      {{"service", s.spec.name}, {"pid", p.pid}, {"how", describe_exit(status)}});
}

void Supervisor::died(Service& s, Process& p, int status) {
  auto now = base::monotonic_ms();
  ++s.restarts;
  if (WIFSIGNALED(status)) ++s.kills;
  s.last_exit = describe_exit(status);
  if (is_clean_exit(p, status)) return log(Level::info, "left", {{"service", s.spec.name}, {"pid", p.pid}});
  s.backoff.died(now, now - p.started);
  auto wait = s.backoff.retry_at() > now ? s.backoff.retry_at() - now : 0;
  log(Level::error, "died",
      {{"service", s.spec.name},
       {"pid", p.pid},
       {"how", s.last_exit},
       {"lived_ms", now - p.started},
       {"clients", p.clients},
       {"restart_in_ms", wait}});
  if (s.backoff.deaths() == kLoopDeaths)
    log(Level::error, "crash_loop",
        {{"service", s.spec.name},
         {"deaths", kLoopDeaths},
         {"how", s.last_exit},
         {"hint", "restarts are throttled"}});
}

// --- sending away

void Supervisor::drain(Process& p) {
  if (p.leaving) return;
  p.leaving = true;
  p.term_at = std::min(p.term_at, base::monotonic_ms() + config_.number("drain_timeout") * 1000);
  control::Order order;
  order.set_drain(true);
  p.link->send(order);
  look_again_at(p.term_at);
}

void Supervisor::terminate(Process& p) {
  p.leaving = true;
  p.term_at = kNever;
  if (std::exchange(p.terminated, true)) return;
  ::kill(p.pid, SIGTERM);
  p.kill_at = base::monotonic_ms() + kStopGraceMs;
  look_again_at(p.kill_at);
}

void Supervisor::stop(std::function<void()> done) {
  auto now = base::monotonic_ms();
  if (stopping()) {
    if (now < stop_asked_ + kSameOrderMs) return;
    for (auto& s : services_)
      for (auto& p : s.processes) p->kill_at = now;
    return look_again_at(now);
  }
  log(Level::info, "stopping");
  stop_asked_ = now;
  done_ = std::move(done);
  phase_ = Phase::stop_front_ends;
  close_timer_.reset();
  for (auto& s : services_) {
    s.polls.clear();
    if (!s.spec.backend)
      for (auto& p : s.processes) terminate(*p);
  }
  settle();
}

}  // namespace postern::master
