#include "ipc/channel.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/system.h"
#include "io/listener.h"
#include "ipc/channel_state.h"

namespace postern::ipc {

base::Error unavailable(const std::string& protocol, const std::string& why) {
  return {base::Fault::temporary, protocol + ": " + why, "UNAVAILABLE"};
}

// --- PendingCall

PendingCall::PendingCall(std::shared_ptr<ChannelState> c, std::string p, std::vector<base::Fd> f,
                         bool is_streamed)
    : channel(std::move(c)), payload(std::move(p)), fds(std::move(f)), streamed(is_streamed) {
  if (payload.size() > kMaxPayload || fds.size() > kMaxFrameFds)
    finish(base::fail(base::Fault::limit, "message too large", "TOO_LARGE"));
  else
    channel->begin(*this);
}

PendingCall::~PendingCall() {
  if (!result) channel->forget(*this);
}

void PendingCall::finish(base::Result<Answer> r) {
  result.emplace(std::move(r));
  changed.notify();
}

// --- ChannelState: calls

ChannelState::ChannelState(io::Loop& l, std::string p, std::string name)
    : loop(l),
      path(std::move(p)),
      protocol(std::move(name)),
      turn_end([](void* self) { static_cast<ChannelState*>(self)->flush(); }, this) {}

void ChannelState::begin(PendingCall& call) {
  if (closing) return call.finish(std::unexpected(unavailable(protocol, "channel closed")));
  call.id = ++last_id;
  connect();
  if (calls.size() >= kMaxCallsPerPeer) {
    call.waiting = true;
    waiting.push_back(&call);
    return;
  }
  calls.emplace_hint(calls.end(), call.id, &call);
  if (open) transmit(call);
}

void ChannelState::forget(PendingCall& call) {
  if (call.waiting) {
    std::erase(waiting, &call);
    return;
  }
  auto it = calls.find(call.id);
  if (it == calls.end()) return;
  it->second = nullptr;
  if (!open) {
    calls.erase(it);
    return send_waiting();
  }
  if (call.streamed) {
    writer.push(FrameType::credit, call.id, encode_credit(0));
    loop.put_off(turn_end);
  }
}

void ChannelState::transmit(PendingCall& call) {
  call.sent_on = connection;
  auto queued = writer.push_copy(FrameType::request, call.id, call.payload, call.fds);
  if (!queued) {
    calls.erase(call.id);
    call.finish(std::unexpected(std::move(queued.error())));
    return;
  }
  loop.put_off(turn_end);
}

void ChannelState::send_waiting() {
  while (!waiting.empty() && calls.size() < kMaxCallsPerPeer) {
    PendingCall& call = *waiting.front();
    waiting.pop_front();
    call.waiting = false;
    calls.emplace(call.id, &call);
    if (open) transmit(call);
  }
}

void ChannelState::repeat_calls() {
  // A call that fails to be sent leaves the map, so the ids are walked, not the iterators.
  for (auto it = calls.begin(); it != calls.end();) {
    PendingCall* call = it->second;
    std::uint64_t id = it->first;
    if (call && call->sent_on != connection) {
      if (call->taken > 0) {
        calls.erase(it);
        call->finish(std::unexpected(unavailable(protocol, "connection lost within an answer")));
      } else {
        call->items.clear();
        call->uncredited = 0;
        transmit(*call);
      }
    }
    it = calls.upper_bound(id);
  }
}

void ChannelState::grant(PendingCall& call) {
  constexpr std::uint32_t kBatch = kStreamCredit / 2;
  ++call.taken;
  if (call.result || ++call.uncredited < kBatch || !open) return;
  writer.push(FrameType::credit, call.id, encode_credit(std::exchange(call.uncredited, 0)));
  loop.put_off(turn_end);
}

void ChannelState::fail_all(const std::string& why) {
  auto sent = std::exchange(calls, {});
  auto unsent = std::exchange(waiting, {});
  for (auto& [id, call] : sent)
    if (call) call->finish(std::unexpected(unavailable(protocol, why)));
  for (auto* call : unsent) {
    call->waiting = false;
    call->finish(std::unexpected(unavailable(protocol, why)));
  }
}

// --- ChannelState: the connection

void ChannelState::connect() {
  if (std::exchange(started, true) || closing) return;
  tasks.spawn(keep_connected());
}

void ChannelState::shut() {
  closing = true;
  tasks.cancel();
  broken("channel closed");
  fail_all("channel closed");
  hint = nullptr;
  reconnected = nullptr;
}

io::Task<base::Result<base::Fd>> ChannelState::next_socket() {
  if (first) co_return std::move(first);
  auto fd = co_await io::connect_unix(loop, path, kReconnectMaxMs);
  co_return std::move(fd);
}

io::Task<void> ChannelState::keep_connected() {
  auto self = shared_from_this();  // callbacks may end the channel while this runs
  std::uint64_t pause = kReconnectMinMs;
  bool told = false;
  for (;;) {
    auto fd = co_await next_socket();
    if (fd) {
      std::uint64_t since = base::monotonic_ms();
      opened(std::move(*fd));
      while (open) co_await lost.wait();
      // A server that dies at once, again and again, is not hammered.
      if (base::monotonic_ms() - since > kReconnectMaxMs) {
        pause = kReconnectMinMs;
        told = false;
      }
    } else if (!std::exchange(told, true)) {
      base::log(base::Level::warning, "ipc_connect", {{"protocol", protocol}, {"error", fd.error().what}});
    }
    if (path.empty()) {
      closing = true;
      fail_all("connection lost");
      co_return;
    }
    co_await loop.sleep(pause);
    pause = std::min(pause * 2, kReconnectMaxMs);
  }
}

void ChannelState::opened(base::Fd f) {
  fd = std::move(f);
  base::set_nonblock(fd.get());
  read_watch.emplace(
      loop, fd.get(), io::FdWatch::Direction::read,
      [](void* self) { static_cast<ChannelState*>(self)->readable(); }, this);
  write_watch.emplace(
      loop, fd.get(), io::FdWatch::Direction::write,
      [](void* self) { static_cast<ChannelState*>(self)->flush(); }, this);
  open = true;
  greeted = false;
  writer.push(FrameType::hello, 0, protocol);
  ++connection;
  std::erase_if(calls, [](const auto& c) { return c.second == nullptr; });
  // What the callback calls is sent before what is repeated.
  if (std::exchange(was_open, true) && reconnected) {
    auto call = reconnected;
    call();
  }
  if (!open) return;
  repeat_calls();
  send_waiting();
  loop.put_off(turn_end);
  read_watch->arm();
}

void ChannelState::broken(const std::string& why) {
  if (!std::exchange(open, false)) return;
  if (!closing) base::log(base::Level::info, "ipc_lost", {{"protocol", protocol}, {"why", why}});
  turn_end.unlink();
  read_watch->remove();
  write_watch->remove();
  fd.reset();
  reader = FrameReader();
  writer.clear();
  lost.notify();
}

void ChannelState::flush() {
  if (!open || write_watch->armed()) return;
  auto sent = writer.send(fd.get());
  if (!sent)
    broken(sent.error().what);
  else if (!*sent)
    write_watch->arm();
}

void ChannelState::readable() {
  auto self = shared_from_this();  // callbacks may end the channel
  auto got = reader.receive(fd.get());
  if (!got) return broken(got.error().what);
  if (*got && **got == 0) return broken("server closed the connection");
  while (open) {
    auto f = reader.next();
    auto ok = !f ? base::Result<>(base::pass(f)) : *f ? take(**f) : reader.check_fds();
    if (!ok) {
      base::log(base::Level::error, "ipc_malformed", {{"protocol", protocol}, {"why", ok.error().what}});
      return broken(ok.error().what);
    }
    if (!*f) break;
  }
  if (open) read_watch->arm();
}

base::Result<> ChannelState::take(Frame& f) {
  if (!greeted) {
    if (f.header.type != FrameType::hello || f.payload != protocol)
      return base::fail(base::Fault::corrupt, "the server does not speak " + protocol);
    greeted = true;
    return {};
  }
  switch (f.header.type) {
    case FrameType::reply:
    case FrameType::item:
      return take_answer(f);
    case FrameType::hint: {
      auto call = hint;  // it may replace itself
      if (call) call(std::move(f.payload), std::move(f.fds));
      return {};
    }
    default:
      return base::fail(base::Fault::corrupt, "frame of a type that only clients send");
  }
}

base::Result<> ChannelState::take_answer(Frame& f) {
  auto it = calls.find(f.header.id);
  if (it == calls.end()) return base::fail(base::Fault::corrupt, "answer to no call");
  PendingCall* call = it->second;
  Answer a{std::move(f.payload), std::move(f.fds)};
  if (f.header.type == FrameType::reply) {
    calls.erase(it);
    if (call) call->finish(std::move(a));
    send_waiting();
    return {};
  }
  if (!call) return {};
  if (!call->streamed || call->items.size() >= kStreamCredit)
    return base::fail(base::Fault::corrupt, "item that nobody gave credit for");
  call->items.push_back(std::move(a));
  call->changed.notify();
  return {};
}

// --- Channel

Channel::Channel(io::Loop& loop, std::string path, std::string protocol)
    : state_(std::make_shared<ChannelState>(loop, std::move(path), std::move(protocol))) {}
Channel::Channel(io::Loop& loop, base::Fd connected, std::string protocol, std::string path)
    : Channel(loop, std::move(path), std::move(protocol)) {
  state_->first = std::move(connected);
}
Channel::~Channel() {
  state_->shut();
}

static io::Task<base::Result<Answer>> do_call(std::shared_ptr<ChannelState> state, std::string payload,
                                              std::vector<base::Fd> fds, std::uint64_t deadline_ms) {
  PendingCall call(std::move(state), std::move(payload), std::move(fds), false);
  if (!call.result) {
    co_await call.changed.wait_for(deadline_ms);
    if (!call.result) co_return std::unexpected(unavailable(call.channel->protocol, "no answer in time"));
  }
  co_return std::move(*call.result);
}

io::Task<base::Result<Answer>> Channel::call(std::string payload, std::vector<base::Fd> fds,
                                             std::uint64_t deadline_ms) {
  return do_call(state_, std::move(payload), std::move(fds), deadline_ms);
}

Items Channel::call_streamed(std::string payload, std::vector<base::Fd> fds, std::uint64_t deadline_ms) {
  return Items(std::unique_ptr<StreamedCall>(
      new StreamedCall{PendingCall(state_, std::move(payload), std::move(fds), true), deadline_ms}));
}

void Channel::on_hint(std::function<void(std::string, std::vector<base::Fd>)> f) {
  state_->hint = std::move(f);
}
void Channel::on_reconnect(std::function<void()> f) {
  state_->reconnected = std::move(f);
}
void Channel::connect() {
  state_->connect();
}
bool Channel::connected() const {
  return state_->open && state_->greeted;
}
std::size_t Channel::in_flight() const {
  return state_->calls.size() + state_->waiting.size();
}

// --- Items

Items::Items(std::unique_ptr<StreamedCall> call) : call_(std::move(call)) {}
Items::Items(Items&&) noexcept = default;
Items& Items::operator=(Items&&) noexcept = default;
Items::~Items() = default;

static io::Task<base::Result<std::optional<Answer>>> next_item(StreamedCall& s) {
  PendingCall& call = s.call;
  for (;;) {
    if (!call.items.empty()) {
      Answer a = std::move(call.items.front());
      call.items.pop_front();
      call.channel->grant(call);
      co_return std::optional<Answer>(std::move(a));
    }
    if (call.result) {
      if (!*call.result) co_return std::unexpected(call.result->error());
      co_return std::optional<Answer>();
    }
    bool in_time = co_await call.changed.wait_for(s.deadline_ms);
    if (!in_time && call.items.empty() && !call.result) {
      call.channel->forget(call);
      call.finish(std::unexpected(unavailable(call.channel->protocol, "no answer in time")));
    }
  }
}

io::Task<base::Result<std::optional<Answer>>> Items::next() {
  return next_item(*call_);
}
Answer& Items::reply() {
  return **call_->call.result;
}

}  // namespace postern::ipc
