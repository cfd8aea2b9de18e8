// Channel and Server together: calls, streams with credit, descriptors, hints, reconnecting, deadlines.
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "ipc/channel.h"
#include "ipc/typed.h"
#include "ipc_house.h"

namespace postern::ipc {
namespace {

TEST(Ipc, ManyCallsInFlight) {
  House h;
  h.open();
  Channel c(h.loop, h.path, kProtocol);
  Log out;
  io::TaskGroup g;
  g.spawn(ask(c, "wait", out));
  for (int i = 0; i < 1000; ++i) g.spawn(ask(c, std::to_string(i), out));
  while (out.size() < 1000) h.loop.run_once(true);
  EXPECT_EQ(out[999], "re: 999");
  EXPECT_EQ(c.in_flight(), 1u);
  EXPECT_TRUE(c.connected());
  h.release.notify();
  h.loop.run(until_drained(g));
  EXPECT_EQ(out.back(), "released");
  EXPECT_EQ(h.server->calls_in_flight(), 0u);
  EXPECT_EQ(h.server->peer_count(), 1u);
}

TEST(Ipc, MoreWaitingCallsThanAServerTakes) {
  House h;
  h.open();
  Channel c(h.loop, h.path, kProtocol);
  Log out;
  io::TaskGroup g;
  for (std::size_t i = 0; i < kMaxCallsPerPeer + 50; ++i) g.spawn(ask(c, "wait", out));
  turn(h.loop, 30);
  EXPECT_EQ(h.server->calls_in_flight(), kMaxCallsPerPeer);
  while (!g.empty()) {
    h.release.notify_all();
    h.loop.run_once(false);
  }
  EXPECT_EQ(out.size(), kMaxCallsPerPeer + 50);
}

TEST(Ipc, PeerCredentials) {
  House h;
  h.open();
  Channel c(h.loop, h.path, kProtocol);
  Log out;
  h.loop.run(ask(c, "who", out));
  EXPECT_EQ(out[0], std::to_string(::getuid()) + " " + std::to_string(::getpid()) + " main");
}

ino_t inode(int fd) {
  struct stat st{};
  return ::fstat(fd, &st) == 0 ? st.st_ino : 0;
}
io::Task<> send_fds(Channel& c, std::size_t n, bool& same, std::string& code) {
  std::vector<base::Fd> fds;
  std::vector<ino_t> want, got;
  for (std::size_t i = 0; i < n; ++i) {
    fds.push_back(std::move(*base::open_spool("")));
    want.push_back(inode(fds.back().get()));
  }
  auto r = co_await c.call("fds", std::move(fds));
  if (!r) {
    code = r.error().code;
    co_return;
  }
  for (auto& f : r->fds) got.push_back(inode(f.get()));
  same = got == want && r->payload == std::to_string(n);
}

TEST(Ipc, DescriptorsThereAndBack) {
  House h;
  h.open();
  Channel c(h.loop, h.path, kProtocol);
  for (std::size_t n = 0; n <= kMaxFrameFds + 1; ++n) {
    bool same = false;
    std::string code;
    h.loop.run(send_fds(c, n, same, code));
    EXPECT_EQ(same, n <= kMaxFrameFds) << n;
    if (n > kMaxFrameFds) {
      EXPECT_EQ(code, "TOO_LARGE");
    }
  }
}

TEST(Ipc, LargestAndTooLargePayload) {
  House h;
  h.open();
  Channel c(h.loop, h.path, kProtocol);
  Log out;
  h.loop.run(ask(c, std::string(kMaxPayload - 4, 'x'), out));
  EXPECT_EQ(out[0].size(), kMaxPayload);
  h.loop.run(ask(c, std::string(kMaxPayload + 1, 'x'), out));
  EXPECT_EQ(out[1], "!TOO_LARGE");
}

io::Task<> pull(Items items, int stop_after, io::Notifier* pace, Log& out) {
  for (int n = 0; n != stop_after; ++n) {
    if (pace) co_await pace->wait();
    auto item = co_await items.next();
    if (!item) {
      out.push_back("!" + item.error().code);
      co_return;
    }
    if (!*item) {
      out.push_back(items.reply().payload);
      co_return;
    }
    out.push_back((*item)->payload);
  }
}

TEST(Ipc, StreamsObeyCredit) {
  House h;
  h.open();
  Channel c(h.loop, h.path, kProtocol);
  Log out;
  io::Notifier pace;
  io::TaskGroup g;
  g.spawn(pull(c.call_streamed("stream 100"), -1, &pace, out));
  turn(h.loop, 20);
  EXPECT_EQ(h.sent, static_cast<int>(kStreamCredit)) << "the server ran ahead of its credit";
  for (int i = 0; i < 4; ++i) {
    pace.notify();
    turn(h.loop);
  }
  EXPECT_EQ(h.sent, static_cast<int>(kStreamCredit) + 4);
  while (!g.empty()) {
    pace.notify();
    turn(h.loop, 2);
  }
  ASSERT_EQ(out.size(), 101u);
  EXPECT_EQ(out[99], "99");
  EXPECT_EQ(out[100], "end");
}

TEST(Ipc, AnAbandonedStreamEndsAtTheServer) {
  House h;
  h.open();
  Channel c(h.loop, h.path, kProtocol);
  Log out;
  io::TaskGroup g;
  g.spawn(pull(c.call_streamed("stream 1000"), 3, nullptr, out));
  turn(h.loop, 40);
  EXPECT_EQ(out, (Log{"0", "1", "2"}));
  EXPECT_EQ(h.log.back(), "stream GONE");
  g.spawn(ask(c, "next", out));  // the connection is as good as before
  turn(h.loop);
  EXPECT_EQ(out.back(), "re: next");
}

TEST(Ipc, Hints) {
  House h;
  h.open();
  Channel c(h.loop, h.path, kProtocol);
  Log out;
  c.on_hint([&](std::string p, std::vector<base::Fd> fds) { out.push_back(p + std::to_string(fds.size())); });
  c.connect();
  turn(h.loop);
  ASSERT_EQ(h.peers.size(), 1u);
  std::vector<base::Fd> fds;
  fds.push_back(std::move(*base::open_spool("")));
  EXPECT_TRUE(h.peers[0].hint("moved"));
  EXPECT_TRUE(h.peers[0].hint("sheet", std::move(fds)));
  turn(h.loop);
  EXPECT_EQ(out, (Log{"moved0", "sheet1"}));
  h.server.reset();
  EXPECT_FALSE(h.peers[0].hint("late"));
}

TEST(Ipc, CallsAreRepeatedWhenTheServerDiesUnderThem) {
  House h;
  h.open();
  Channel c(h.loop, h.path, kProtocol);
  Log out, order;
  bool same = false;
  std::string code;
  c.on_reconnect([&] { order.push_back("reconnected after " + std::to_string(h.handled)); });
  io::TaskGroup g;
  g.spawn(ask(c, "wait", out));
  turn(h.loop);
  h.server.reset();
  g.spawn(send_fds(c, 2, same, code));  // begun while there is no server
  turn(h.loop);
  EXPECT_FALSE(c.connected());
  h.open();
  while (h.handled < 3) h.loop.run_once(true);
  h.release.notify_all();
  h.loop.run(until_drained(g));
  EXPECT_EQ(out, (Log{"released"}));
  EXPECT_TRUE(same) << code;
  EXPECT_EQ(order, (Log{"reconnected after 1"}));
}

TEST(Ipc, AHandlerMayEndTheServer) {
  House h;
  h.open();
  Channel c(h.loop, h.path, kProtocol);
  Log out;
  io::TaskGroup g;
  g.spawn(ask(c, "die", out, 300));
  g.spawn(ask(c, "other", out));
  while (h.server) h.loop.run_once(true);
  turn(h.loop);
  h.open();
  while (out.empty()) {
    h.loop.run_once(true);
    if (!h.server) h.open();
  }
}

TEST(Ipc, DeadlineWithoutServerAndWithASilentOne) {
  House h;
  Channel c(h.loop, h.path, kProtocol);
  Log out;
  h.loop.run(ask(c, "x", out, 30));
  h.open();
  h.loop.run(ask(c, "wait", out, 1500));
  EXPECT_EQ(out, (Log{"!UNAVAILABLE", "!UNAVAILABLE"}));
  EXPECT_EQ(h.handled, 1);
  h.release.notify_all();  // the late answer belongs to nobody
  turn(h.loop);
  h.loop.run(ask(c, "y", out));
  EXPECT_EQ(out.back(), "re: y");
  EXPECT_EQ(c.in_flight(), 0u);
}

TEST(Ipc, AStreamBreaksOnceAnItemWasTaken) {
  House h;
  h.open();
  Channel c(h.loop, h.path, kProtocol);
  Log out, fresh;
  io::Notifier pace, never;
  io::TaskGroup g;
  g.spawn(pull(c.call_streamed("stream 20"), -1, &pace, out));
  g.spawn(pull(c.call_streamed("stream 2"), -1, &never, fresh));
  turn(h.loop, 20);
  pace.notify();
  turn(h.loop);
  EXPECT_EQ(out, (Log{"0"}));
  h.server.reset();
  h.open();
  for (int i = 0; i < 60 && out.back()[0] != '!'; ++i) {
    pace.notify();
    h.loop.run_once(true);
  }
  EXPECT_EQ(out.back(), "!UNAVAILABLE");
  while (fresh.size() < 3) {
    never.notify();
    h.loop.run_once(false);
  }
  EXPECT_EQ(fresh, (Log{"0", "1", "end"}));
}

TEST(Ipc, DestroyingTheChannelFailsItsCalls) {
  House h;
  h.open();
  auto c = std::make_unique<Channel>(h.loop, h.path, kProtocol);
  Log out;
  io::TaskGroup g;
  g.spawn(ask(*c, "wait", out));
  turn(h.loop);
  c.reset();
  turn(h.loop);
  EXPECT_EQ(out, (Log{"!UNAVAILABLE"}));
  EXPECT_EQ(h.log, (Log{"came", "gone"}));
}

TEST(Ipc, CallsOutliveTheirPeerAndTheServer) {
  House h;
  h.open();
  Log out;
  {
    Channel c(h.loop, h.path, kProtocol);
    io::TaskGroup g;
    g.spawn(ask(c, "forget", out));
    g.spawn(ask(c, "forget", out));
    turn(h.loop);
  }
  turn(h.loop);
  ASSERT_EQ(h.kept.size(), 2u);
  h.kept[0].reply("to nobody");
  EXPECT_TRUE(h.kept[0].peer().gone());
  h.server.reset();
  h.kept[1].reply("to nobody");
  h.kept.clear();
}

TEST(Ipc, CrossedWiresAreSeenByBothSides) {
  House h;
  h.open("other/1");
  Channel c(h.loop, h.path, kProtocol);
  Log out;
  h.loop.run(ask(c, "x", out, 100));
  EXPECT_EQ(out, (Log{"!UNAVAILABLE"}));
  EXPECT_EQ(h.handled, 0);
  auto b = BlockingChannel::open(h.path, kProtocol, 0);
  EXPECT_FALSE(b);
}

// --- without a loop, and with types

TEST(Ipc, BlockingChannelCallsAndStreams) {
  House h;
  h.open();
  Log out;
  std::thread client([&] {
    auto c = BlockingChannel::open(h.path, kProtocol);
    EXPECT_TRUE(c);
    if (c) {
      auto r = c->call("hello");
      out.push_back(r ? r->payload : r.error().code);
      std::size_t items = 0;
      auto s = c->call_streamed("stream 50", [&](Answer) { return ++items > 0; });
      out.push_back(s ? s->payload + std::to_string(items) : s.error().code);
      auto late = c->call("wait", {}, 20);
      out.push_back(late ? late->payload : late.error().code);
    }
    h.loop.post([&] { h.loop.stop(); });
  });
  h.loop.run();
  client.join();
  EXPECT_EQ(out, (Log{"re: hello", "end50", "UNAVAILABLE"}));
}

struct Text {
  std::string value;
  bool SerializeToString(std::string* out) const {
    *out = value;
    return true;
  }
  bool ParseFromString(const std::string& in) {
    value = in;
    return in != "re: unparsable";
  }
};
io::Task<> ask_typed(Channel& c, std::string what, Log& out) {
  Text request{what};
  auto r = co_await call_typed<Text>(c, request);
  out.push_back(r ? r->message.value : "!" + r.error().code);
}
TEST(Ipc, TypedCalls) {
  House h;
  h.open();
  Channel c(h.loop, h.path, kProtocol);
  Log out;
  h.loop.run(ask_typed(c, "hello", out));
  h.loop.run(ask_typed(c, "unparsable", out));
  EXPECT_EQ(out, (Log{"re: hello", "!MALFORMED"}));
}

}  // namespace
}  // namespace postern::ipc
