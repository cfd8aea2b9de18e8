#include "cmd/master/policy.h"

#include <sys/wait.h>

#include <algorithm>

#include "cmd/master/limits.h"
#include "cmd/master/service.h"

namespace postern::master {
namespace {

// What a service's processes are doing; those that leave do not count.
struct Count {
  std::uint32_t active = 0, full = 0;
  bool leaving = false;
  std::vector<Process*> idle;
};

Count count(const Service& s) {
  Count c;
  for (const auto& p : s.processes) {
    if (p->leaving) {
      c.leaving = true;
      continue;
    }
    ++c.active;
    if (p->full) ++c.full;
    if (p->ready && p->clients == 0) c.idle.push_back(p.get());
  }
  return c;
}

int needed(const Service& s, const Count& c, std::uint64_t now) {
  if (c.active < s.spec.min) return static_cast<int>(s.spec.min - c.active);
  if (c.active == 0) return s.connection_waits || now >= s.wake_at ? 1 : 0;
  return c.full == c.active && c.active < s.spec.max ? 1 : 0;
}

// Surplus idle processes, youngest first; the last that is not full stays while others are full.
void retire_idle(Plan& plan, const Service& s, const Count& c, std::uint64_t now) {
  std::uint32_t surplus = c.active - std::min(c.active, s.spec.min);
  std::uint32_t open = c.active - c.full;
  for (auto it = c.idle.rbegin(); it != c.idle.rend() && surplus > 0; ++it) {
    if (open <= 1 && c.full > 0) return;
    std::uint64_t due = (*it)->idle_since + s.spec.idle * 1000;
    if (now < due) {
      plan.next = std::min(plan.next, due);
      continue;
    }
    plan.retire.push_back(*it);
    --surplus;
    --open;
  }
}

}  // namespace

void Backoff::delay_from(std::uint64_t now, int doublings) {
  retry_at_ = now + std::min(kMaxDelayMs, kFirstDelayMs << std::min(doublings, 20));
}

void Backoff::died(std::uint64_t now, std::uint64_t life_ms) {
  if (life_ms >= kHealthyMs) deaths_ = 0;
  ++deaths_;
  last_death_ = now;
  if (deaths_ > 1) delay_from(now, deaths_ - 2);
}

void Backoff::not_made(std::uint64_t now) {
  ++deaths_;
  last_death_ = now;
  delay_from(now, deaths_ - 1);
}

bool Backoff::crash_loop() const {
  return deaths_ >= kLoopDeaths;
}

bool Backoff::take_start(std::uint64_t now) {
  if (now / 1000 != second_) {
    second_ = now / 1000;
    starts_ = 0;
  }
  if (++starts_ <= kStartsPerSecond) return true;
  retry_at_ = std::max(retry_at_, (second_ + 1) * 1000);
  return false;
}

Plan plan(const Service& s, std::uint64_t now) {
  Plan p;
  if (s.removed) return p;
  Count c = count(s);
  // A backend owns files that its successor needs: the old process goes first.
  if (s.spec.backend && c.leaving) return p;
  p.start = needed(s, c, now);
  p.at_maximum = c.active > 0 && c.full == c.active && c.active >= s.spec.max;
  if (p.start > 0 && !s.backoff.may_start(now)) {
    p.next = s.backoff.retry_at();
    p.start = 0;
    return p;
  }
  p.poll = p.start == 0 && c.active == 0 && s.spec.min == 0;
  if (c.active == 0) p.next = std::min(p.next, s.wake_at);
  retire_idle(p, s, c, now);
  return p;
}

std::string describe_exit(int status) {
  if (WIFSIGNALED(status)) return "killed by signal " + std::to_string(WTERMSIG(status));
  return "exit status " + std::to_string(WEXITSTATUS(status));
}

bool is_clean_exit(const Process& p, int status) {
  return p.ready && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace postern::master
