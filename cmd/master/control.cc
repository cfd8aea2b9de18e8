#include "cmd/master/control.h"

#include <unistd.h>

#include <algorithm>

#include "base/log.h"
#include "cmd/master/limits.h"
#include "proto/control.pb.h"

namespace postern::master {
namespace {

control::Reply error(std::string code, std::string what) {
  control::Reply r;
  r.mutable_error()->set_code(std::move(code));
  r.mutable_error()->set_what(std::move(what));
  return r;
}

control::Reply done(std::size_t count) {
  control::Reply r;
  r.mutable_done()->set_count(static_cast<std::uint32_t>(count));
  return r;
}

bool matches(const control::Session& s, const std::string& what) {
  return what == "*" || s.id() == what || (!s.user().empty() && s.user() == what);
}

std::string bytes_of(const control::Reply& r) {
  auto out = r.SerializeAsString();
  return out.size() <= ipc::kMaxPayload ? out
                                        : error("TOO_LARGE", "the answer is over 1 MB").SerializeAsString();
}

}  // namespace

ControlServer::ControlServer(io::Loop& loop, base::Fd listening, Supervisor& supervisor, Reload reload,
                             std::function<void()> stop)
    : supervisor_(supervisor),
      reload_(std::move(reload)),
      stop_(std::move(stop)),
      loop_(loop),
      server_(
          loop, std::move(listening), kControlProtocol,
          [this](ipc::Call call) { return answer(std::move(call)); }, "master") {
  server_.on_peer([](ipc::Peer peer) {
    if (peer.info().uid == 0 || peer.info().uid == ::geteuid()) return;
    base::log(base::Level::warning, "control_refused", {{"uid", peer.info().uid}, {"pid", peer.info().pid}});
    peer.close();
  });
}

io::Task<void> ControlServer::answer(ipc::Call call) {
  control::Request request;
  if (!request.ParseFromString(call.payload)) {
    call.peer().close();
    co_return;
  }
  if (request.verb_case() == control::Request::kWho) {
    auto task = sessions(std::move(call));
    co_await std::move(task);
    co_return;
  }
  bool stop = request.verb_case() == control::Request::kStop;
  auto task = reply_to(std::move(request));
  auto reply = co_await std::move(task);
  call.reply(bytes_of(reply));
  // After the answer is on its way.
  if (stop) loop_.post(stop_);
}

io::Task<control::Reply> ControlServer::reply_to(control::Request request) {
  control::Reply r;
  switch (request.verb_case()) {
    case control::Request::kStatus:
      supervisor_.fill_status(*r.mutable_services());
      co_return r;
    case control::Request::kKick: {
      auto task = kick(request.kick().what(), request.kick().dry_run());
      r = co_await std::move(task);
      co_return r;
    }
    case control::Request::kReload:
      co_return reload();
    case control::Request::kStop:
      co_return done(0);
    default:
      co_return error("UNKNOWN", "no such verb");
  }
}

control::Reply ControlServer::reload() {
  auto changed = reload_();
  if (!changed)
    return error(changed.error().code.empty() ? "CONFIG" : changed.error().code, changed.error().what);
  return done(*changed);
}

io::Task<control::Reply> ControlServer::kick(std::string what, bool dry_run) {
  if (what.empty()) co_return error("BAD_REQUEST", "expected a user, the id of a session, or *");
  auto asked = supervisor_.who();
  auto sessions = co_await std::move(asked);
  auto n = std::ranges::count_if(sessions, [&](const auto& s) { return matches(s, what); });
  if (!dry_run && n > 0) {
    base::log(base::Level::info, "kick", {{"what", what}, {"sessions", n}});
    supervisor_.kick(what);
  }
  co_return done(static_cast<std::size_t>(n));
}

io::Task<void> ControlServer::sessions(ipc::Call call) {
  auto asked = supervisor_.who();
  auto all = co_await std::move(asked);
  control::Reply reply;
  reply.mutable_sessions();
  std::size_t size = 0;
  for (auto& s : all) {
    size += s.ByteSizeLong() + 8;
    *reply.mutable_sessions()->add_sessions() = std::move(s);
    if (size < kSessionsChunk) continue;
    auto chunk = bytes_of(reply);
    auto sent = co_await call.item(std::move(chunk));
    if (!sent) co_return;
    reply.mutable_sessions()->clear_sessions();
    size = 0;
  }
  call.reply(bytes_of(reply));
}

}  // namespace postern::master
