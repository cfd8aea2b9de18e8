// What a front end needs around it, in one process with it: a folder with a configuration, and a thread that plays stored,
// authd and sieved on their sockets.  stored is the real lib/store over memory; authd knows alice@example.org, password
// secret; sieved takes any script that has a ';'.  Each input begins with a store that has two messages in INBOX, whose
// bodies no front end can read: there are no segments.
#pragma once
#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "io/listener.h"
#include "io/loop.h"
#include "ipc/server.h"
#include "proto/authd.pb.h"
#include "proto/sieve.pb.h"
#include "store_test.h"

namespace postern::test {

class House {
 public:
  House() {
    char name[] = "/tmp/postern-fuzz-XXXXXX";
    dir_ = ::mkdtemp(name);
    for (const char* sub : {"/run", "/var/spool", "/var/store/blobs"}) std::filesystem::create_directories(dir_ + sub);
    base::check(base::write_file(dir_ + "/postern.conf",
                                 "quickstart = yes\nhostname = fuzz.example\ndefault_domain = example.org\nsandbox = no\n"
                                 "auth.clear_text = always\nlog_level = error\nlog = " + dir_ + "/log\nrun_dir = " + dir_ +
                                     "/run\nvar_dir = " + dir_ + "/var\n")
                    .has_value(),
                "a configuration");
    thread_ = std::thread([this] { work(); });
    while (!ready_) std::this_thread::yield();
  }
  ~House() {
    loop_->post([this] { loop_->stop(); });
    thread_.join();
    std::fprintf(stderr, "%zu calls of stored, %zu of authd\n", stored_calls_, authd_calls_);
    std::filesystem::remove_all(dir_);
  }
  const std::string& dir() const { return dir_; }
  void empty() { fresh_ = true; }

 private:
  void work() {
    io::Loop loop;
    loop_ = &loop;
    ipc::Server stored(loop, "stored/1", [this](ipc::Call c) { return serve_stored(std::move(c)); });
    ipc::Server authd(loop, "authd/1", [this](ipc::Call c) { return serve_authd(std::move(c)); });
    ipc::Server sieved(loop, "sieve/1", [](ipc::Call c) { return serve_sieved(std::move(c)); });
    for (auto [server, name] : {std::pair{&stored, "stored"}, std::pair{&stored, "stored-deliver"}, std::pair{&authd, "authd"},
                                 std::pair{&authd, "authd-deliver"}, std::pair{&sieved, "sieved"}}) {
      auto fd = io::listen_unix(dir_ + "/run/" + name + ".sock", 0600);
      base::check(fd.has_value(), "a socket");
      server->add_listener(std::move(*fd), name);
    }
    ready_ = true;
    loop.run();
  }

  void furnish() {
    world_ = std::make_unique<store::World>();
    auto inbox = world_->mailbox_named("INBOX");
    for (const char* subject : {"one", "Re: one"}) world_->add(store::World::message("body", subject, subject), inbox);
    world_->items.clear();
  }

  static io::Task<void> serve_sieved(ipc::Call c) {
    sieved::Request request;
    sieved::Reply reply;
    if (!request.ParseFromString(c.payload)) {
      c.peer().close();
      co_return;
    }
    if (request.has_describe()) {
      reply.mutable_described()->set_extensions("fileinto");
      reply.mutable_described()->set_max_script(1u << 20);
    } else if (request.has_check()) {
      auto& checked = *reply.mutable_checked();
      if (request.check().text().find(';') == std::string::npos) checked.add_errors("1:1: a command does not end");
    } else {
      reply.mutable_error()->set_code("INVALID");
    }
    c.reply(reply.SerializeAsString());
  }

  io::Task<void> serve_stored(ipc::Call c) {
    if (fresh_.exchange(false) || !world_) furnish();
    ++stored_calls_;
    store::Call call;
    if (!call.request.ParseFromString(c.payload)) {
      c.peer().close();
      co_return;
    }
    call.who = c.info().listener == "stored" ? store::World::user(1) : store::World::deliver(1);
    if (call.request.has_add_emails())
      for (int i = 0; i < call.request.add_emails().targets_size(); ++i) call.targets.emplace_back(call.who);
    if (!c.fds.empty()) call.body = std::move(c.fds[0]);
    auto reply = world_->run(call);
    auto items = std::move(world_->items);
    for (auto& item : items) {
      auto sent = co_await c.item(item.SerializeAsString());
      if (!sent) co_return;
    }
    c.reply(reply.SerializeAsString(), std::move(call.fds));
  }

  static void welcome(authd::Reply& reply) {
    auto& ok = *reply.mutable_ok();
    ok.set_ticket("ticket");
    ok.set_account(1);
    ok.set_name("alice@example.org");
    ok.set_expires(4'000'000'000);
    ok.set_generation(1);
  }

  io::Task<void> serve_authd(ipc::Call c) {
    ++authd_calls_;
    authd::Request request;
    authd::Reply reply;
    if (!request.ParseFromString(c.payload)) {
      c.peer().close();
      co_return;
    }
    bool good = request.has_renew() ||
                (request.has_login() && request.login().name() == "alice@example.org" && request.login().password() == "secret") ||
                (request.has_sasl_start() && request.sasl_start().initial() == std::string("\0alice@example.org\0secret", 25));
    if (request.has_mechanisms()) {
      reply.mutable_mechanisms()->add_names("PLAIN");
      reply.mutable_mechanisms()->set_plain_allowed(true);
    } else if (request.has_resolve()) {
      for (const auto& address : request.resolve().addresses()) {
        auto& r = *reply.mutable_resolved()->add_results();
        if (address != "alice@example.org") {
          r.mutable_error()->set_code("NOT_FOUND");
          continue;
        }
        auto& d = *r.add_deliveries();
        d.set_account(1);
        d.set_name(address);
        d.set_ticket("ticket");
      }
    } else if (good) {
      welcome(reply);
    } else {
      reply.mutable_error()->set_code("AUTHENTICATIONFAILED");
    }
    c.reply(reply.SerializeAsString());
  }

  std::string dir_;
  std::thread thread_;
  io::Loop* loop_ = nullptr;
  std::atomic<bool> ready_{false}, fresh_{true};
  std::unique_ptr<store::World> world_;
  std::size_t stored_calls_ = 0, authd_calls_ = 0;
};

}  // namespace postern::test
