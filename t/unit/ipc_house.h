// A small server and its callers, shared by the tests of lib/ipc.
#pragma once
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "io/listener.h"
#include "io/sync.h"
#include "ipc/channel.h"
#include "ipc/server.h"

namespace postern::ipc {
using Log = std::vector<std::string>;
constexpr const char* kProtocol = "test/1";

// A server whose answers depend on the request's first word.
struct House {
  House() {
    char name[] = "/tmp/postern-ipc-XXXXXX";
    dir = ::mkdtemp(name);
    path = dir + "/s";
  }
  ~House() {
    server.reset();
    std::filesystem::remove_all(dir);
  }
  void open(const char* protocol = kProtocol) {
    auto fd = io::listen_unix(path, 0600);
    ASSERT_TRUE(fd) << fd.error().what;
    server = std::make_unique<Server>(
        loop, std::move(*fd), protocol, [this](Call c) { return handle(std::move(c)); }, "main");
    server->on_peer([this](Peer p) {
      peers.push_back(p);
      log.push_back("came");
    });
    server->on_peer_gone([this](Peer) { log.push_back("gone"); });
  }
  io::Task<void> handle(Call c) {
    ++handled;
    if (c.payload == "wait") {
      co_await release.wait();
      c.reply("released");
    } else if (c.payload == "die") {
      server.reset();  // in the middle of a call of its own
    } else if (c.payload == "who") {
      c.reply(std::to_string(c.info().uid) + " " + std::to_string(c.info().pid) + " " + c.info().listener);
    } else if (c.payload == "fds") {
      std::vector<base::Fd> back = std::move(c.fds);
      std::size_t n = back.size();
      c.reply(std::to_string(n), std::move(back));
    } else if (c.payload.starts_with("stream ")) {
      co_await stream(c, std::stoi(c.payload.substr(7)));
    } else if (c.payload == "forget") {
      kept.push_back(std::move(c));
    } else {
      c.reply("re: " + c.payload);
    }
  }
  io::Task<void> stream(Call& c, int n) {
    for (int i = 0; i < n; ++i) {
      auto r = co_await c.item(std::to_string(i));
      if (!r) {
        log.push_back("stream " + r.error().code);
        co_return;
      }
      sent = i + 1;
    }
    c.reply("end");
  }

  std::string dir, path;
  io::Loop loop;
  io::Notifier release;
  std::unique_ptr<Server> server;
  std::vector<Peer> peers;
  std::vector<Call> kept;
  Log log;
  int handled = 0, sent = 0;
};

inline void turn(io::Loop& loop, int n = 10) {
  for (int i = 0; i < n; ++i) loop.run_once(false);
}
inline io::Task<> until_drained(io::TaskGroup& g) {
  co_await g.drained();
}

inline io::Task<> ask(Channel& c, std::string what, Log& out, std::uint64_t deadline = 20000) {
  auto r = co_await c.call(what, {}, deadline);
  out.push_back(r ? r->payload : "!" + r.error().code);
}

}  // namespace postern::ipc
