#include "cmd/stored/server.h"

#include <sys/stat.h>

#include <algorithm>

#include "base/log.h"
#include "base/system.h"
#include "store/limits.h"

namespace postern::stored_daemon {

using base::fail;
using base::Fault;
using State = store::Call::State;

namespace {

constexpr std::uint64_t kRepeatPauseMs = 5;

stored::Reply unavailable() {
  stored::Reply r;
  store::set_error(r, {Fault::temporary, "the store can't be written now", "UNAVAILABLE"});
  return r;
}

// A descriptor is read with pread by us: it must be a file whose size means something.
base::Result<> check_body(const base::Fd& fd) {
  struct stat st {};
  if (::fstat(fd.get(), &st) != 0 || !S_ISREG(st.st_mode))
    return fail(Fault::permanent, "the body's descriptor is no regular file", "INVALID");
  return {};
}

}  // namespace

// Who asks, and with what.  What is wrong here is answered with an error before the store sees the call.
base::Result<> Server::admit(ipc::Call& c, store::Call& call) {
  auto verb = call.request.verb_case();
  auto who = tickets_->check(call.request.ticket(), c.info().listener, verb);
  bool by_target = verb == stored::Request::kAddEmails || verb == stored::Request::kWatch;
  if (who)
    call.who = std::move(*who);
  else if (!by_target || !call.request.ticket().empty())
    return pass(who);
  if (by_target)
    if (auto ok = admit_targets(c.info().listener, call); !ok) return ok;
  if (c.fds.size() > 1) return fail(Fault::permanent, "more than one descriptor", "INVALID");
  if (!c.fds.empty()) {
    if (auto ok = check_body(c.fds[0]); !ok) return ok;
    call.body = std::move(c.fds[0]);
  }
  return {};
}

// AddEmails and Watch carry a ticket an entry; an empty one is the request's.
base::Result<> Server::admit_targets(const std::string& listener, store::Call& call) {
  auto verb = call.request.verb_case();
  auto add = [&](const std::string& ticket) {
    call.targets.push_back(tickets_->check(ticket.empty() ? call.request.ticket() : ticket, listener, verb));
  };
  if (verb == stored::Request::kAddEmails) {
    if (static_cast<std::size_t>(call.request.add_emails().targets_size()) > store::kMaxTargets)
      return fail(Fault::limit, "too many targets", "LIMIT");
    for (const auto& t : call.request.add_emails().targets()) add(t.ticket());
  } else {
    if (static_cast<std::size_t>(call.request.watch().accounts_size()) > store::kMaxWatches)
      return fail(Fault::limit, "too many accounts in one watch", "LIMIT");
    for (const auto& t : call.request.watch().accounts()) add(t.ticket());
  }
  // A request without a ticket of its own goes by its first entry's.
  if (call.request.ticket().empty()) {
    if (call.targets.empty()) return fail(Fault::permanent, "no ticket", "TICKET");
    if (call.targets[0])
      call.who = *call.targets[0];
    else
      call.who.kind = store::Kind::deliver;  // each entry is answered with its own error
  }
  return {};
}

io::Task<void> Server::serve(ipc::Call c) {
  auto call = std::make_shared<store::Call>();
  if (!call->request.ParseFromString(c.payload)) {
    base::log(base::Level::warning, "malformed-call",
              {{"pid", c.info().pid}, {"listener", c.info().listener}});
    c.peer().close();
    co_return;
  }
  c.payload.clear();
  base::Result<> ok = admit(c, *call);
  if (!ok) {
    store::set_error(call->reply, ok.error());
    c.reply(call->reply.SerializeAsString());
    co_return;
  }
  const store::Verb* verb = store::find_verb(call->request.verb_case());
  if (verb && verb->is_write && call->request.client() && call->request.sequence())
    co_await run_once(std::move(c), std::move(call));
  else
    co_await run(std::move(c), std::move(call));
}

io::Task<void> Server::run_once(ipc::Call c, std::shared_ptr<store::Call> call) {
  auto key = std::make_pair(call->request.client(), call->request.sequence());
  while (running_.contains(key)) co_await loop_.sleep(kRepeatPauseMs);
  struct Entry {
    Server& server;
    std::pair<std::uint64_t, std::uint64_t> key;
    ~Entry() { server.running_.erase(key); }
  };
  running_.insert(key);
  Entry entry{*this, key};
  co_await run(std::move(c), std::move(call));
}

io::Task<void> Server::run(ipc::Call c, std::shared_ptr<store::Call> call) {
  if (store::Store::has_body(*call)) {
    if (store::Store::body_size(*call) > store::kMaxInlineWork)
      co_await loop_.blocking([call, s = store_.get()] { s->prepare(*call); });
    else
      store_->prepare(*call);
    // The promise of rows: from their commit on the log may reach the disk, so their bodies are there before.
    bool durable = co_await bodies_->durable(call->put);
    if (!durable) {
      c.reply(unavailable().SerializeAsString());
      co_return;
    }
  }
  std::vector<store::Changed> changed;
  bool noted = false;
  for (;;) {
    store_->step(*call);
    changed.insert(changed.end(), call->changed.begin(), call->changed.end());
    if (store_->stopped()) give_up({Fault::temporary, "a write failed", {}});
    if (call->offload) co_await loop_.blocking([call] { std::exchange(call->offload, {})(); });
    if (call->state == State::again) {
      if (auto pause = std::exchange(call->pause_ms, 0))
        co_await loop_.sleep(pause);
      else
        co_await loop_.yield();
      continue;
    }
    if (!noted) {   // before the first answer leaves
      noted = true;
      auto told = audit_->note(*call, c.info());
      if (told && audit_->pending()) {
        auto settling = audit_->settle(loop_);
        auto settled = co_await std::move(settling);
        if (settled)
          call->receipt = std::max(call->receipt, *settled);
        else
          told = pass(settled);
      }
      if (!told) {
        base::log(base::Level::error, "audit-log", {{"what", told.error().what}});
        c.reply(unavailable().SerializeAsString());
        co_return;
      }
    }
    apply_watches(c, *call);
    if (call->checkpoint) co_await checkpoint();
    // The promise of replies: what was changed, and what was read, is in the log on the disk before a client hears of it.
    bool durable = co_await log_->durable(call->receipt.lsn);
    if (!durable) {
      c.reply(unavailable().SerializeAsString());
      co_return;
    }
    tell_watchers(c, *call, changed);
    changed.clear();
    if (call->state == State::done) break;
    auto sent = co_await c.item(call->reply.SerializeAsString(), std::move(call->fds));
    if (!sent) co_return;
  }
  base::kill_point("stored.reply");
  c.reply(call->reply.SerializeAsString(), std::move(call->fds));
}

// Before the wait for the flush, so that no commit falls between the version that is looked at and the watch.
void Server::apply_watches(const ipc::Call& c, const store::Call& call) {
  bool index = call.who.kind == store::Kind::index;
  if (index && call.request.has_list_accounts()) watches_.set_index(c.peer());  // it may have none to watch yet
  if (!call.request.has_watch() || call.reply.has_error()) return;
  for (const auto& w : call.request.watch().accounts())
    if (w.stop()) watches_.remove(c.peer(), w.account());
  for (const auto& w : call.watched) watches_.add(c.peer(), w, index);
}

void Server::tell_watchers(const ipc::Call& c, const store::Call& call,
                           const std::vector<store::Changed>& changed) {
  watches_.changed(changed);
  if (call.request.has_watch())
    for (const auto& now : call.watched)
      for (const auto& w : call.request.watch().accounts())
        if (w.account() == now.account && !w.stop() && w.modseq() != now.modseq) watches_.tell(c.peer(), now);
  for (const auto& r : call.revoked) watches_.revoked(server_->peers(), r);
}

void Server::give_up(const base::Error& why) {
  if (stopping_) return;
  stopping_ = true;
  store_->stop_writing(why.what);
  bodies_->give_up();
  log_->give_up();
  base::log(base::Level::error, "store-stopped", {{"what", why.what}, {"next", "restart and recovery"}});
  // Time for the answers to leave; then the process ends without touching the disk again.
  end_timer_ = loop_.after(200, [] { std::_Exit(75); });
}

}  // namespace postern::stored_daemon
