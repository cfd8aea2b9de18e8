// Server against peers that send anything but what they should, or read nothing.
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ipc/frame.h"
#include "ipc_house.h"

namespace postern::ipc {
namespace {

std::string frame(FrameType t, std::uint64_t id, std::string_view payload, std::uint8_t fds = 0) {
  auto head = encode_header({static_cast<std::uint32_t>(payload.size()), t, fds, id});
  return std::string(head.data(), head.size()) + std::string(payload);
}

struct Raw {
  explicit Raw(House& h) : house(h) {
    int fds[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    fd.reset(fds[1]);
    h.server->add_connection(base::Fd(fds[0]), "raw");
    turn(h.loop);
  }
  void say(std::string_view s) {
    [[maybe_unused]] auto n = ::send(fd.get(), s.data(), s.size(), MSG_NOSIGNAL);
  }
  bool closed() {
    turn(house.loop);
    char buf[4096];
    for (;;) {
      ssize_t n = ::read(fd.get(), buf, sizeof buf);
      if (n > 0) continue;
      return n == 0 || errno != EAGAIN;
    }
  }
  House& house;
  base::Fd fd;
};

TEST(Ipc, MalformedFramesCloseThatPeerOnly) {
  House h;
  h.open();
  Channel good(h.loop, h.path, kProtocol);
  Log out;
  const std::string hello = frame(FrameType::hello, 0, kProtocol);
  std::string oversized = frame(FrameType::request, 1, "");
  oversized[2] = 0x11;
  std::string reserved = frame(FrameType::request, 1, "");
  reserved[6] = 1;
  std::string credit_too_much =
      frame(FrameType::request, 1, "wait") + frame(FrameType::credit, 1, encode_credit(1));
  for (const std::string& bad :
       {std::string(100, '\xff'), std::string("GET / HTTP/1.1\r\n\r\n"), frame(FrameType::request, 1, "x"),
        frame(FrameType::hello, 0, "other/1"), hello + hello, hello + oversized, hello + reserved,
        hello + frame(FrameType::reply, 1, ""), hello + frame(FrameType::hint, 0, ""),
        hello + frame(FrameType::request, 1, "", 1), hello + frame(FrameType::credit, 1, "xx"),
        hello + credit_too_much,
        hello + frame(FrameType::request, 1, "wait") + frame(FrameType::request, 1, "wait")}) {
    Raw r(h);
    r.say(bad);
    EXPECT_TRUE(r.closed());
    h.loop.run(ask(good, "still", out));
    EXPECT_EQ(out.back(), "re: still");
  }
}

TEST(Ipc, HalfMessagesAndByteByByte) {
  House h;
  h.open();
  Raw r(h);
  std::string bytes = frame(FrameType::hello, 0, kProtocol) + frame(FrameType::request, 1, "who");
  for (char c : bytes) {
    EXPECT_EQ(h.handled, 0);
    r.say(std::string_view(&c, 1));
    turn(h.loop, 2);
  }
  EXPECT_EQ(h.handled, 1);
  r.say(frame(FrameType::request, 2, std::string(50000, 'x')).substr(0, 40000));
  EXPECT_FALSE(r.closed());
  r.fd.reset();
  turn(h.loop);
  EXPECT_EQ(h.log, (Log{"came", "gone"}));
  EXPECT_EQ(h.handled, 1);
}

TEST(Ipc, UnannouncedDescriptorsCloseThePeer) {
  for (std::size_t n : {std::size_t{1}, kMaxFrameFds + 3}) {
    House h;
    h.open();
    Raw r(h);
    std::string bytes = frame(FrameType::hello, 0, kProtocol);
    iovec iov{bytes.data(), bytes.size()};
    std::vector<char> control(CMSG_SPACE(n * sizeof(int)));
    msghdr m{};
    m.msg_iov = &iov;
    m.msg_iovlen = 1;
    m.msg_control = control.data();
    m.msg_controllen = control.size();
    cmsghdr* c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(n * sizeof(int));
    for (std::size_t i = 0; i < n; ++i) reinterpret_cast<int*>(CMSG_DATA(c))[i] = 0;
    ASSERT_GT(::sendmsg(r.fd.get(), &m, 0), 0);
    EXPECT_TRUE(r.closed());
  }
}

TEST(Ipc, APeerOverItsCallsIsHeldBackNotClosed) {
  House h;
  h.open();
  Raw r(h);
  r.say(frame(FrameType::hello, 0, kProtocol));
  for (std::size_t i = 1; i <= kMaxCallsPerPeer + 20; ++i) r.say(frame(FrameType::request, i, "wait"));
  turn(h.loop, 40);
  EXPECT_EQ(h.server->calls_in_flight(), kMaxCallsPerPeer);
  for (int i = 0; i < 40; ++i) {
    h.release.notify_all();
    turn(h.loop, 2);
  }
  EXPECT_EQ(h.handled, static_cast<int>(kMaxCallsPerPeer) + 20);
  EXPECT_EQ(h.server->calls_in_flight(), 0u);
  EXPECT_FALSE(r.closed());
}

TEST(Ipc, APeerThatReadsNothingIsNotReadAndThenClosed) {
  House h;
  h.open();
  Raw r(h);
  r.say(frame(FrameType::hello, 0, kProtocol));
  turn(h.loop);
  const std::string big(kMaxPayload - 4, 'b');
  int sent = 0;
  for (int i = 1; i <= 40; ++i) {
    std::string f = frame(FrameType::request, static_cast<std::uint64_t>(i), big);
    std::string_view rest = f;
    for (int tries = 0; !rest.empty() && tries < 300; ++tries) {
      ssize_t n = ::send(r.fd.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
      if (n > 0) rest.remove_prefix(static_cast<std::size_t>(n));
      turn(h.loop, 1);
    }
    if (!rest.empty()) break;
    ++sent;
  }
  EXPECT_LT(sent, 12);
  ASSERT_EQ(h.peers.size(), 1u);
  EXPECT_LT(h.peers[0].queued(), kMaxQueuedBytes + 2 * kMaxPayload);
  for (int i = 0; i < 40 && h.peers[0].hint(big); ++i) turn(h.loop, 1);
  EXPECT_TRUE(h.peers[0].gone());
}

TEST(Ipc, DrainEndsWhatIsUnderWayAndTakesNothingNew) {
  House h;
  h.open();
  Channel c(h.loop, h.path, kProtocol);
  Log out;
  io::TaskGroup g, waiting;
  g.spawn(ask(c, "wait", out));
  turn(h.loop);
  h.server->drain();
  g.spawn(ask(c, "late", out));
  waiting.spawn(h.server->drained());
  turn(h.loop);
  EXPECT_EQ(waiting.size(), 1u);
  h.release.notify_all();
  turn(h.loop);
  EXPECT_EQ(waiting.size(), 0u);
  EXPECT_EQ(out, (Log{"released"}));
  EXPECT_EQ(h.handled, 1);
}

}  // namespace
}  // namespace postern::ipc
