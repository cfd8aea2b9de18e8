#include "ipc/server.h"

#include <sys/socket.h>

#include "base/log.h"
#include "ipc/server_state.h"

namespace postern::ipc {

// --- PeerState

PeerState::PeerState(ServerState& s, base::Fd f, std::string listener)
    : server(&s),
      fd(std::move(f)),
      turn_end([](void* self) { static_cast<PeerState*>(self)->flush(); }, this) {
  base::set_nonblock(fd.get());
  ucred c{};
  socklen_t n = sizeof c;
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &c, &n) == 0) {
    info.uid = c.uid;
    info.gid = c.gid;
    info.pid = c.pid;
  }
  info.id = ++s.last_id;
  info.listener = std::move(listener);
  read_watch.emplace(
      s.loop, fd.get(), io::FdWatch::Direction::read,
      [](void* self) { static_cast<PeerState*>(self)->readable(); }, this);
  write_watch.emplace(
      s.loop, fd.get(), io::FdWatch::Direction::write,
      [](void* self) { static_cast<PeerState*>(self)->flush(); }, this);
}

void PeerState::start() {
  send(FrameType::hello, 0, server->protocol, {});
  read_watch->arm();
}

void PeerState::readable() {
  auto self = shared_from_this();  // a handler may close this peer
  auto got = reader.receive(fd.get());
  if (!got) return reject(got.error());
  if (*got && **got == 0) return close();
  process();
}

void PeerState::process() {
  if (dispatching) return;
  auto self = shared_from_this();
  dispatching = true;
  held_back = false;
  while (server) {
    if (server->draining || writer.queued() > kMaxQueuedBytes || (held && at_call_limit())) {
      held_back = true;
      break;
    }
    base::Result<std::optional<Frame>> f = std::exchange(held, std::nullopt);
    if (!*f) f = reader.next();
    auto ok = !f ? base::Result<>(base::pass(f)) : *f ? take(**f) : reader.check_fds();
    if (!ok) {
      reject(ok.error());
      break;
    }
    if (!*f) break;
  }
  dispatching = false;
  if (server && !held_back) read_watch->arm();
}

base::Result<> PeerState::take(Frame& f) {
  FrameType type = f.header.type;
  if (!greeted) {
    if (type != FrameType::hello || f.payload != server->protocol || !f.fds.empty())
      return base::fail(base::Fault::corrupt, "peer does not speak " + server->protocol);
    greeted = true;
    if (server->peer_came) server->peer_came(Peer(shared_from_this()));
    return {};
  }
  if (type == FrameType::credit) return take_credit(f);
  if (type != FrameType::request)
    return base::fail(base::Fault::corrupt, "frame of a type that only servers send");
  if (calls.contains(f.header.id)) return base::fail(base::Fault::corrupt, "call id in use");
  if (at_call_limit())
    held = std::move(f);
  else
    begin_call(f);
  return {};
}

base::Result<> PeerState::take_credit(const Frame& f) {
  auto items = decode_credit(f.payload);
  if (!items) return base::pass(items);
  auto slot = calls.find(f.header.id);
  if (slot == calls.end()) return {};  // answered meanwhile
  if (*items == 0) slot->second.unwanted = true;
  if (*items > kStreamCredit || slot->second.credit + *items > kStreamCredit)
    return base::fail(base::Fault::corrupt, "more credit than a stream may have");
  slot->second.credit += *items;
  slot->second.changed.notify_all();
  return {};
}

void PeerState::begin_call(Frame& f) {
  calls.try_emplace(f.header.id);
  ++server->calls;
  Call call(shared_from_this(), f.header.id, std::move(f.payload), std::move(f.fds));
  server->handlers.spawn(server->handler(std::move(call)));
}

void PeerState::send(FrameType type, std::uint64_t id, std::string payload, std::vector<base::Fd> fds) {
  writer.push(type, id, std::move(payload), std::move(fds));
  server->loop.put_off(turn_end);
  if (writer.queued() > kMaxQueuedHard || writer.queued_fds() > kMaxQueuedFds)
    reject({base::Fault::limit, "peer does not read its answers", ""});
}

void PeerState::flush() {
  if (!server || write_watch->armed()) return;
  auto self = shared_from_this();
  auto sent = writer.send(fd.get());
  if (!sent) return close();
  if (!*sent) write_watch->arm();
  if (writer.queued() <= kMaxQueuedBytes) {
    space.notify_all();
    if (held_back) process();
  }
  if (server && *sent) server->idle_changed.notify_all();
}

void PeerState::end_call(std::uint64_t id) {
  if (calls.erase(id) == 0 || !server) return;
  --server->calls;
  server->idle_changed.notify_all();
  if (held_back) server->loop.put_off(turn_end);
}

void PeerState::reject(const base::Error& e) {
  base::log(base::Level::warning, "ipc_peer_closed",
            {{"protocol", server ? server->protocol : ""},
             {"peer", info.id},
             {"pid", info.pid},
             {"uid", info.uid},
             {"why", e.what}});
  close();
}

void PeerState::close() {
  if (!server) return;
  auto self = shared_from_this();
  ServerState& s = *std::exchange(server, nullptr);
  auto keep = s.shared_from_this();
  turn_end.unlink();
  read_watch->remove();
  write_watch->remove();
  fd.reset();
  writer.clear();
  held.reset();
  s.calls -= calls.size();
  for (auto& [id, slot] : calls) slot.changed.notify_all();
  space.notify_all();
  s.peers.erase(info.id);
  s.idle_changed.notify_all();
  if (greeted && s.peer_gone && !s.stopping) s.peer_gone(Peer(self));
}

// --- Peer

Peer::Peer(std::shared_ptr<PeerState> s) : state_(std::move(s)) {}

const PeerInfo& Peer::info() const {
  static const PeerInfo none;
  return state_ ? state_->info : none;
}
bool Peer::gone() const {
  return !state_ || !state_->server;
}
bool Peer::hint(std::string payload, std::vector<base::Fd> fds) {
  if (gone()) return false;
  state_->send(FrameType::hint, 0, std::move(payload), std::move(fds));
  return !gone();
}
std::size_t Peer::queued() const {
  return gone() ? 0 : state_->writer.queued();
}
void Peer::close() {
  if (state_) state_->close();
}

// --- Call

Call::Call(std::shared_ptr<PeerState> peer, std::uint64_t id, std::string p, std::vector<base::Fd> f)
    : payload(std::move(p)), fds(std::move(f)), peer_(std::move(peer)), id_(id) {}
Call::Call(Call&&) noexcept = default;
Call& Call::operator=(Call&& o) noexcept {
  if (this == &o) return *this;
  drop();
  payload = std::move(o.payload);
  fds = std::move(o.fds);
  peer_ = std::move(o.peer_);
  id_ = o.id_;
  return *this;
}
Call::~Call() {
  drop();
}

void Call::drop() {
  auto peer = std::exchange(peer_, nullptr);
  if (!peer) return;
  auto slot = peer->calls.find(id_);
  if (slot == peer->calls.end()) return;
  if (peer->server && !peer->server->stopping && !slot->second.unwanted)
    base::log(base::Level::warning, "ipc_call_unanswered",
              {{"protocol", peer->server->protocol}, {"peer", peer->info.id}, {"call", id_}});
  peer->end_call(id_);
}

Peer Call::peer() const {
  return Peer(peer_);
}
const PeerInfo& Call::info() const {
  return peer_->info;
}

void Call::reply(std::string bytes, std::vector<base::Fd> out_fds) {
  if (bytes.size() > kMaxPayload || out_fds.size() > kMaxFrameFds) {
    base::log(base::Level::error, "ipc_reply_too_large", {{"bytes", bytes.size()}, {"fds", out_fds.size()}});
    return;
  }
  if (!peer_->calls.contains(id_)) return;
  peer_->end_call(id_);
  if (peer_->server) peer_->send(FrameType::reply, id_, std::move(bytes), std::move(out_fds));
}

io::Task<base::Result<>> Call::item(std::string bytes, std::vector<base::Fd> out_fds) {
  auto peer = peer_;
  auto id = id_;
  if (bytes.size() > kMaxPayload || out_fds.size() > kMaxFrameFds)
    co_return base::fail(base::Fault::limit, "item too large", "TOO_LARGE");
  for (;;) {
    auto slot = peer->calls.find(id);
    if (!peer->server || slot == peer->calls.end() || slot->second.unwanted)
      co_return base::fail(base::Fault::permanent, "the caller has gone", "GONE");
    if (peer->writer.queued() > kMaxQueuedBytes) {
      co_await peer->space.wait();
    } else if (slot->second.credit == 0) {
      co_await slot->second.changed.wait();
    } else {
      --slot->second.credit;
      break;
    }
  }
  peer->send(FrameType::item, id, std::move(bytes), std::move(out_fds));
  co_return base::Result<>();
}

// --- Server

void ServerState::add(base::Fd fd, std::string listener) {
  auto peer = std::make_shared<PeerState>(*this, std::move(fd), std::move(listener));
  peers.emplace(peer->info.id, peer);
  peer->start();
}

io::Task<void> ServerState::accept_all(base::Fd listening, std::string name) {
  io::Listener listener(loop, std::move(listening));
  for (;;) {
    auto fd = co_await listener.accept();
    if (!fd) {
      base::log(base::Level::error, "ipc_accept", {{"listener", name}, {"error", fd.error().what}});
      co_return;
    }
    add(std::move(*fd), name);
  }
}

void ServerState::stop() {
  stopping = true;
  accepting.cancel();
  handlers.cancel();
  while (!peers.empty()) peers.begin()->second->close();
}

bool ServerState::idle() const {
  if (calls > 0) return false;
  for (const auto& [id, p] : peers)
    if (!p->writer.empty()) return false;
  return true;
}

Server::Server(io::Loop& loop, std::string protocol, Handler handler)
    : state_(std::make_shared<ServerState>(loop, std::move(protocol), std::move(handler))) {}
Server::Server(io::Loop& loop, base::Fd listening, std::string protocol, Handler handler, std::string name)
    : Server(loop, std::move(protocol), std::move(handler)) {
  add_listener(std::move(listening), std::move(name));
}
Server::~Server() {
  state_->stop();
}

void Server::add_listener(base::Fd listening, std::string name) {
  state_->accepting.spawn(state_->accept_all(std::move(listening), std::move(name)));
}
void Server::add_connection(base::Fd connected, std::string name) {
  state_->add(std::move(connected), std::move(name));
}
void Server::on_peer(std::function<void(Peer)> f) {
  state_->peer_came = std::move(f);
}
void Server::on_peer_gone(std::function<void(Peer)> f) {
  state_->peer_gone = std::move(f);
}
std::size_t Server::peer_count() const {
  return state_->peers.size();
}
std::size_t Server::calls_in_flight() const {
  return state_->calls;
}

std::vector<Peer> Server::peers() const {
  std::vector<Peer> out;
  for (const auto& [id, p] : state_->peers) out.emplace_back(p);
  return out;
}

void Server::drain() {
  state_->draining = true;
  state_->accepting.cancel();
}

io::Task<void> Server::drained() {
  auto s = state_;
  while (!s->idle()) co_await s->idle_changed.wait();
}

}  // namespace postern::ipc
