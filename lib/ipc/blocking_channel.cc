#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include "base/system.h"
#include "ipc/channel.h"
#include "ipc/frame.h"

namespace postern::ipc {
namespace {

base::Error timed_out() {
  return {base::Fault::temporary, "no answer in time", "UNAVAILABLE"};
}
base::Error lost(const std::string& why) {
  return {base::Fault::temporary, why, "UNAVAILABLE"};
}

base::Result<> wait_for(int fd, short what, std::uint64_t end) {
  for (;;) {
    std::uint64_t now = base::monotonic_ms();
    if (now >= end) return std::unexpected(timed_out());
    pollfd p{fd, what, 0};
    int n = ::poll(&p, 1, static_cast<int>(std::min<std::uint64_t>(end - now, 60'000)));
    if (n > 0) return {};
    if (n < 0 && errno != EINTR) return std::unexpected(base::sys_error("poll"));
  }
}

}  // namespace

struct BlockingChannel::State {
  base::Result<> send(std::uint64_t end) {
    for (;;) {
      auto sent = writer.send(fd.get());
      if (!sent) return std::unexpected(lost(sent.error().what));
      if (*sent) return {};
      if (auto r = wait_for(fd.get(), POLLOUT, end); !r) return r;
    }
  }

  base::Result<Frame> receive(std::uint64_t end) {
    for (;;) {
      auto f = reader.next();
      if (!f) return base::pass(f);
      if (*f) return std::move(**f);
      if (auto r = reader.check_fds(); !r) return base::pass(r);
      auto got = reader.receive(fd.get());
      if (!got) return std::unexpected(lost(got.error().what));
      if (*got && **got == 0) return std::unexpected(lost("server closed the connection"));
      if (*got) continue;
      if (auto r = wait_for(fd.get(), POLLIN, end); !r) return base::pass(r);
    }
  }

  base::Fd fd;
  FrameReader reader;
  FrameWriter writer;
  std::uint64_t last_id = 0;
};

BlockingChannel::BlockingChannel(std::unique_ptr<State> s) : state_(std::move(s)) {}
BlockingChannel::BlockingChannel(BlockingChannel&&) noexcept = default;
BlockingChannel& BlockingChannel::operator=(BlockingChannel&&) noexcept = default;
BlockingChannel::~BlockingChannel() = default;

base::Result<BlockingChannel> BlockingChannel::open(const std::string& path, const std::string& protocol,
                                                    std::uint64_t deadline_ms) {
  std::uint64_t end = base::monotonic_ms() + deadline_ms;
  sockaddr_un a{};
  a.sun_family = AF_UNIX;
  if (path.size() >= sizeof a.sun_path)
    return base::fail(base::Fault::permanent, "socket path too long: " + path);
  std::memcpy(a.sun_path, path.data(), path.size());
  auto s = std::make_unique<State>();
  s->fd.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!s->fd) return std::unexpected(base::sys_error("socket"));
  while (::connect(s->fd.get(), reinterpret_cast<sockaddr*>(&a), sizeof a) != 0)
    if (errno != EINTR) return std::unexpected(lost(base::sys_error(path).what));
  base::set_nonblock(s->fd.get());
  s->writer.push(FrameType::hello, 0, protocol);
  if (auto r = s->send(end); !r) return base::pass(r);
  auto hello = s->receive(end);
  if (!hello) return base::pass(hello);
  if (hello->header.type != FrameType::hello || hello->payload != protocol)
    return base::fail(base::Fault::permanent, path + " does not speak " + protocol);
  return BlockingChannel(std::move(s));
}

base::Result<Answer> BlockingChannel::call(std::string_view payload, const std::vector<base::Fd>& fds,
                                           std::uint64_t deadline_ms) {
  return call_streamed(payload, nullptr, fds, deadline_ms);
}

base::Result<Answer> BlockingChannel::call_streamed(std::string_view payload,
                                                    const std::function<bool(Answer)>& on_item,
                                                    const std::vector<base::Fd>& fds,
                                                    std::uint64_t deadline_ms) {
  if (payload.size() > kMaxPayload || fds.size() > kMaxFrameFds)
    return base::fail(base::Fault::limit, "message too large", "TOO_LARGE");
  State& s = *state_;
  std::uint64_t id = ++s.last_id, end = base::monotonic_ms() + deadline_ms;
  if (auto r = s.writer.push_copy(FrameType::request, id, payload, fds); !r) return base::pass(r);
  for (;;) {
    if (auto r = s.send(end); !r) return base::pass(r);
    auto f = s.receive(end);
    if (!f) return base::pass(f);
    if (f->header.type == FrameType::hint || f->header.id < id)
      continue;  // not asked for, or asked for earlier
    Answer a{std::move(f->payload), std::move(f->fds)};
    if (f->header.type == FrameType::reply && f->header.id == id) return a;
    if (f->header.type != FrameType::item || f->header.id != id || !on_item)
      return base::fail(base::Fault::corrupt, "answer to no call", "MALFORMED");
    if (!on_item(std::move(a))) return base::fail(base::Fault::permanent, "stopped", "STOPPED");
    s.writer.push(FrameType::credit, id, encode_credit(1));
    end = base::monotonic_ms() + deadline_ms;
  }
}

}  // namespace postern::ipc
