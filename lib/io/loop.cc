#include "io/loop.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/system.h"
#include "io/timers.h"
#include "io/workers.h"

namespace postern::io {
namespace {

struct BaseFree {
  void operator()(event_base* b) const noexcept { event_base_free(b); }
};
struct EventFree {
  void operator()(event* e) const noexcept { event_free(e); }
};
using EventPtr = std::unique_ptr<event, EventFree>;

Loop*& this_loop() {
  static thread_local Loop* loop = nullptr;
  return loop;
}

struct SignalHandler {
  std::function<void()> call;
  EventPtr event;
};

void log_libevent(int severity, const char* message) {
  if (severity >= EVENT_LOG_ERR) base::log(base::Level::error, "libevent", {{"what", message}});
}

event_base* new_base() {
  event_set_log_callback(log_libevent);
  event_base* b = event_base_new();
  base::check(b != nullptr, "event_base_new");
  return b;
}

}  // namespace

struct Loop::Impl {
  explicit Impl(Loop& l, std::size_t workers)
      : owner(l), base(new_base()), wake_fd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)), pool(workers) {
    base::check(static_cast<bool>(wake_fd), "eventfd");
    wake.reset(event_new(
        base.get(), wake_fd.get(), EV_READ | EV_PERSIST,
        [](int, short, void* self) { static_cast<Impl*>(self)->take_posted(); }, this));
    timer.reset(event_new(
        base.get(), -1, 0, [](int, short, void* self) { static_cast<Impl*>(self)->timer_at = UINT64_MAX; },
        this));
    event_add(wake.get(), nullptr);
  }

  void ring() {
    std::uint64_t one = 1;
    [[maybe_unused]] auto n = ::write(wake_fd.get(), &one, sizeof one);
  }

  void take_posted() {
    std::uint64_t count;
    [[maybe_unused]] auto n = ::read(wake_fd.get(), &count, sizeof count);
    std::vector<std::function<void()>> now;
    {
      std::lock_guard hold(lock);
      now.swap(posted);
    }
    for (auto& f : now) f();
  }

  // libevent keeps one timer: the earliest deadline, or an earlier one that has been cancelled since.
  void arm_timer() {
    std::uint64_t next = timers.earliest();
    if (next >= timer_at) return;
    std::uint64_t now = base::monotonic_ms();
    std::uint64_t ms = std::min<std::uint64_t>(next > now ? next - now : 0, 86'400'000);
    timeval tv{static_cast<time_t>(ms / 1000), static_cast<suseconds_t>(ms % 1000 * 1000)};
    event_add(timer.get(), &tv);
    timer_at = next;
  }

  Loop& owner;
  std::unique_ptr<event_base, BaseFree> base;
  base::Fd wake_fd;
  EventPtr wake, timer;
  std::uint64_t timer_at = UINT64_MAX;
  TimerHeap timers;
  std::map<int, SignalHandler> signals;
  std::mutex lock;
  std::vector<std::function<void()>> posted;
  std::atomic<bool> stopping{false};
  Workers pool;
};

Loop::Loop(LoopOptions options) : impl_(std::make_unique<Impl>(*this, options.workers)) {
  base::check(this_loop() == nullptr, "one Loop a thread");
  this_loop() = this;
  ::signal(SIGPIPE, SIG_IGN);
}

Loop::~Loop() {
  impl_->pool.stop();
  auto dropped = std::exchange(impl_->posted, {});
  dropped.clear();
  this_loop() = nullptr;
}

Loop& Loop::current() {
  base::check(this_loop() != nullptr, "a Loop in this thread");
  return *this_loop();
}

bool Loop::run_once(bool block) {
  Impl& m = *impl_;
  bool wait = block && !has_ready() && turn_end_.empty();
  m.arm_timer();
  event_base_loop(m.base.get(), wait ? EVLOOP_ONCE : EVLOOP_ONCE | EVLOOP_NONBLOCK);
  if (m.timers.size() > 0) m.timers.run(base::monotonic_ms());
  bool more = run_ready();
  Link now;
  now.take(turn_end_);
  while (!now.empty()) {
    auto* work = static_cast<TurnEnd*>(now.next());
    work->unlink();
    work->run_(work->self_);
  }
  return more;
}

void Loop::run() {
  while (!impl_->stopping.exchange(false)) run_once(true);
}

void Loop::run(Task<void> main) {
  TaskGroup group;
  group.spawn(std::move(main));
  while (!group.empty() && !impl_->stopping.exchange(false)) run_once(true);
}

void Loop::stop() {
  impl_->stopping = true;
  impl_->ring();
}

void Loop::post(std::function<void()> f) {
  bool first;
  {
    std::lock_guard hold(impl_->lock);
    first = impl_->posted.empty();
    impl_->posted.push_back(std::move(f));
  }
  if (first) impl_->ring();
}

void Loop::submit(std::shared_ptr<detail::Job> job) {
  // The job comes back with the last reference, so that what it captured is destroyed in this thread.
  impl_->pool.submit(std::move(job), [this](std::shared_ptr<detail::Job> done) {
    post([done = std::move(done)] {
      if (done->waiter) done->waiter->wake();
    });
  });
}

void Loop::on_signal(int signal, std::function<void()> f) {
  SignalHandler& h = impl_->signals[signal];
  h.call = std::move(f);
  if (h.event) return;
  h.event.reset(evsignal_new(
      impl_->base.get(), signal,
      [](int, short, void* self) {
        auto call = static_cast<SignalHandler*>(self)->call;  // a copy: it may replace itself
        call();
      },
      &h));
  event_add(h.event.get(), nullptr);
}

// --- timers

void TimerNode::set_in(std::uint64_t ms) {
  std::uint64_t now = base::monotonic_ms();
  set_at(ms > UINT64_MAX - 1 - now ? UINT64_MAX - 1 : now + ms);
}

void TimerNode::set_at(std::uint64_t deadline) {
  deadline_ = deadline;
  loop_.impl_->timers.put(*this, deadline);
}

void TimerNode::cancel() {
  if (is_set()) loop_.impl_->timers.remove(*this);
}

struct Timer::State : TimerNode, std::enable_shared_from_this<Timer::State> {
  State(Loop& loop, std::uint64_t ms, bool again, std::function<void()> f)
      : TimerNode(loop, fired), period(again ? std::max<std::uint64_t>(ms, 1) : 0), call(std::move(f)) {
    set_in(ms);
  }
  static void fired(TimerNode& node) {
    auto keep = static_cast<State&>(node).shared_from_this();
    if (keep->period) keep->set_at(std::max(keep->deadline() + keep->period, base::monotonic_ms() + 1));
    keep->call();
  }
  std::uint64_t period;
  std::function<void()> call;
};

void Timer::reset() {
  if (state_) state_->cancel();
  state_.reset();
}
Timer::~Timer() {
  reset();
}
Timer& Timer::operator=(Timer&& o) noexcept {
  if (this != &o) {
    reset();
    state_ = std::move(o.state_);
  }
  return *this;
}

Timer Loop::every(std::uint64_t ms, std::function<void()> f) {
  return Timer(std::make_shared<Timer::State>(*this, ms, true, std::move(f)));
}
Timer Loop::after(std::uint64_t ms, std::function<void()> f) {
  return Timer(std::make_shared<Timer::State>(*this, ms, false, std::move(f)));
}

// --- descriptors

static event* as_event(unsigned char* raw) {
  return reinterpret_cast<event*>(raw);
}

FdWatch::FdWatch(Loop& loop, int fd, Direction direction, Ready ready, void* self)
    : loop_(loop), fd_(fd), ready_(ready), self_(self) {
  static_assert(sizeof(event) <= sizeof event_ && alignof(event) <= 16);
  short what = direction == Direction::read ? EV_READ : EV_WRITE;
  event_assign(as_event(event_), loop_.impl_->base.get(), fd_, static_cast<short>(what | EV_PERSIST), fired,
               this);
}

FdWatch::~FdWatch() {
  remove();
}

void FdWatch::remove() {
  wanted_ = false;
  if (std::exchange(registered_, false)) event_del(as_event(event_));
}

void FdWatch::arm() {
  wanted_ = true;
  if (registered_) return;
  if (event_add(as_event(event_), nullptr) == 0) {
    registered_ = true;
    return;
  }
  wanted_ = false;
  ready_(self_);
}

void FdWatch::fired(int, short, void* self) {
  auto& w = *static_cast<FdWatch*>(self);
  if (!w.wanted_) {
    w.remove();
    return;
  }
  w.wanted_ = false;
  w.ready_(w.self_);
}

Loop::Readiness::Node::Node(Loop& l, Readiness& r)
    : TimerNode(l,
                [](TimerNode& n) {
                  auto& owner = static_cast<Node&>(n).owner;
                  owner.watch_.disarm();
                  owner.wake();
                }),
      owner(r) {}

Loop::Readiness::Readiness(Loop& loop, int fd, FdWatch::Direction d, std::uint64_t timeout_ms)
    : watch_(
          loop, fd, d,
          [](void* self) {
            auto& r = *static_cast<Readiness*>(self);
            r.ready_ = true;
            r.node_.cancel();
            r.wake();
          },
          this),
      node_(loop, *this),
      timeout_(timeout_ms) {}

void Loop::Readiness::begin() {
  if (timeout_ != kForever) node_.set_in(timeout_);
  watch_.arm();
}

Loop::Readiness Loop::readable(int fd, std::uint64_t timeout_ms) {
  return Readiness(*this, fd, FdWatch::Direction::read, timeout_ms);
}
Loop::Readiness Loop::writable(int fd, std::uint64_t timeout_ms) {
  return Readiness(*this, fd, FdWatch::Direction::write, timeout_ms);
}

}  // namespace postern::io
