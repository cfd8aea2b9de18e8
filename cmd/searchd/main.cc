// searchd: answers text conditions from the full-text indexes, for their owners.  It may read the indexes and authd's public
// key; it writes nothing and calls nobody.
#include <unistd.h>

#include <unordered_set>

#include "auth/ticket.h"
#include "base/log.h"
#include "base/system.h"
#include "cmd/searchd/answer.h"
#include "cmd/searchd/limits.h"
#include "cmd/searchd/readers.h"
#include "io/turns.h"
#include "ipc/server.h"
#include "ipc/typed.h"
#include "service/daemon.h"

using namespace postern;

namespace {

constexpr std::uint64_t kWaitForKeyMs = 10'000;

struct Shared {
  Shared(service::Daemon& d, std::unique_ptr<auth::Verifier> v)
      : daemon(d), loop(d.loop()), verifier(std::move(v)), readers(d.config().number("search.memory")), turns(searchd::kThreads, searchd::kMaxWaiting) {}
  service::Daemon& daemon;
  io::Loop& loop;
  std::unique_ptr<auth::Verifier> verifier;
  searchd::Readers readers;
  io::Turns turns;
  std::unordered_set<std::uint64_t> troubled;  // accounts whose index can't be used, as the log has been told
  std::unique_ptr<ipc::Server> server;
};

void answer_error(ipc::Call& call, const base::Error& e) {
  search::Reply reply;
  reply.mutable_error()->set_code(e.code.empty() ? "UNAVAILABLE" : e.code);
  reply.mutable_error()->set_what(e.what);
  reply.mutable_error()->set_temporary(e.fault == base::Fault::temporary);
  call.reply(reply.SerializeAsString());
}

// Only the owner: what others may see of an account, stored knows and an index does not.
base::Result<> admit(Shared& shared, const search::Ask& ask) {
  auto ticket = shared.verifier->verify(ask.ticket(), base::unix_now());
  if (!ticket) return base::fail(base::Fault::permanent, ticket.error().what, "TICKET");
  const auth::Ticket& t = **ticket;
  if (t.kind != auth::TicketKind::user || t.principal == 0 || t.principal != ask.account())
    return base::fail(base::Fault::permanent, "an index is for the owner of its account", "DENIED");
  return searchd::checked(ask);
}

io::Task<void> answer(Shared& shared, ipc::Call call) {
  auto request = ipc::parse<search::Request>(call.payload);
  if (!request || !request->has_ask() || !call.fds.empty()) {
    answer_error(call, {base::Fault::permanent, "malformed request", "INVALID"});
    co_return;
  }
  auto ask = std::make_shared<search::Ask>(std::move(*request->mutable_ask()));
  if (auto ok = admit(shared, *ask); !ok) {
    ++shared.daemon.counter("refused");
    co_return answer_error(call, ok.error());
  }
  auto turn = co_await shared.turns.take();
  if (!turn) co_return answer_error(call, {base::Fault::temporary, "too many searches at once", "BUSY"});
  if (call.peer().gone()) co_return call.reply({});
  ++shared.daemon.counter("searches");
  std::string folder = index::folder_of(shared.daemon.config().var_path("fts"), ask->account());
  auto job = [folder, ask, reader = shared.readers.take(ask->account())]() mutable {
    return searchd::answer(folder, std::move(reader), *ask);
  };
  auto done = co_await shared.loop.blocking(std::move(job));
  if (!done.trouble.empty() && shared.troubled.insert(ask->account()).second)
    base::log(base::Level::warning, "index_unusable", {{"account", ask->account()}, {"error", done.trouble}});
  if (done.reader) {
    shared.troubled.erase(ask->account());
    shared.readers.put(ask->account(), std::move(done.reader));
  }
  shared.daemon.counter("open_indexes") = shared.readers.size();
  search::Reply reply;
  *reply.mutable_answer() = std::move(done.answer);
  call.reply(reply.SerializeAsString());
}

base::Result<> start(service::Daemon& d) {
  std::string key = d.config().var_path("directory/ticket.pub");
  std::uint64_t end = base::monotonic_ms() + kWaitForKeyMs;
  while (::access(key.c_str(), R_OK) != 0 && base::monotonic_ms() < end) ::usleep(20'000);
  auto verifier = auth::Verifier::from_file(key);
  if (!verifier) return base::pass(verifier);
  auto shared = std::make_shared<Shared>(d, std::move(*verifier));
  shared->server = std::make_unique<ipc::Server>(d.loop(), "searchd/1", [s = shared.get()](ipc::Call c) { return answer(*s, std::move(c)); });
  for (auto& [name, fd] : d.take_listeners()) shared->server->add_listener(std::move(fd), name);
  d.on_stop([shared] {
    shared->server->drain();
    return shared->server->drained();
  });
  return {};
}

service::Privileges privileges(const service::Config& c) {
  return {.read = {c.dir(), c.var_path("directory"), c.var_path("fts")}};
}

}  // namespace

int main(int argc, char** argv) {
  return service::run(argc, argv,
                      {.program = "searchd",
                       .summary = "answers text searches from the full-text indexes",
                       .workers = searchd::kThreads,
                       .start = start,
                       .privileges = privileges});
}
