// searchd: answers text conditions from the full-text indexes, for their owners and for who may read a mailbox that is shared.
// It may read the indexes and authd's public key, ask stored for the sheet of a mailbox, and write into var/fts/damaged which
// indexes it can't read.
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <unordered_map>

#include "base/log.h"
#include "base/system.h"
#include "cmd/searchd/access.h"
#include "cmd/searchd/answer.h"
#include "cmd/searchd/limits.h"
#include "cmd/searchd/readers.h"
#include "index/damage.h"
#include "io/turns.h"
#include "ipc/server.h"
#include "ipc/typed.h"
#include "service/daemon.h"

using namespace postern;

namespace {

constexpr std::uint64_t kWaitForKeyMs = 10'000;

struct Shared {
  Shared(service::Daemon& d, std::unique_ptr<auth::Verifier> v, index::Damage found)
      : daemon(d), loop(d.loop()), access(loop, std::move(v), d.config().run_path("stored-search.sock")), damage(std::move(found)),
        readers(d.config().number("search.memory")), turns(searchd::kThreads, searchd::kMaxWaiting) {}
  std::string root() const { return daemon.config().var_path("fts"); }

  service::Daemon& daemon;
  io::Loop& loop;
  searchd::Access access;
  index::Damage damage;
  searchd::Readers readers;
  io::Turns turns;
  std::array<bool, searchd::kThreads> busy{};                // whose slot of `damage` is taken
  std::unordered_map<std::uint64_t, std::uint64_t> troubled;  // accounts whose index can't be used, since when (monotonic ms)
  std::unique_ptr<ipc::Server> server;
};

void answer_error(ipc::Call& call, const base::Error& e) {
  search::Reply reply;
  reply.mutable_error()->set_code(e.code.empty() ? "UNAVAILABLE" : e.code);
  reply.mutable_error()->set_what(e.what);
  reply.mutable_error()->set_temporary(e.fault == base::Fault::temporary);
  call.reply(reply.SerializeAsString());
}

// One line for each index that can't be used, and one more when it stays so: indexer makes it anew then.
void look_at_trouble(Shared& shared, std::uint64_t account, const searchd::Answered& done) {
  if (done.trouble.empty()) return void(shared.troubled.erase(account));
  std::uint64_t now = base::monotonic_ms();
  auto [it, fresh] = shared.troubled.try_emplace(account, now);
  if (fresh) base::log(base::Level::warning, "index_unusable", {{"account", account}, {"error", done.trouble}});
  if (!done.damaged || now - it->second < searchd::kDamagedForMs) return;
  if (shared.damage.report(account)) ++shared.daemon.counter("damaged");
}

// Whose turn it is has one of the files in which `damage` remembers what is being read.
class Slot {
 public:
  explicit Slot(Shared& s) : busy_(s.busy) {
    while (number_ + 1 < busy_.size() && busy_[number_]) ++number_;
    busy_[number_] = true;
  }
  ~Slot() { busy_[number_] = false; }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
  std::size_t number() const { return number_; }

 private:
  std::array<bool, searchd::kThreads>& busy_;
  std::size_t number_ = 0;
};

// REQUIRES: the caller has a turn.
io::Task<searchd::Answered> answer_on_worker(Shared& shared, std::shared_ptr<search::Ask> ask, searchd::Allowed only) {
  std::uint64_t account = ask->account();
  if (index::is_damaged(shared.root(), account)) {
    shared.readers.take(account);
    co_return searchd::Answered{};
  }
  Slot slot(shared);
  auto job = [folder = index::folder_of(shared.root(), account), ask, only, slot = slot.number(), account, &damage = shared.damage,
              reader = shared.readers.take(account)]() mutable {
    damage.begin(slot, account);
    base::kill_point("search.answer");
    auto done = searchd::answer(folder, std::move(reader), *ask, only.get());
    damage.end(slot, account);
    return done;
  };
  auto done = co_await shared.loop.blocking(std::move(job));
  look_at_trouble(shared, account, done);
  co_return done;
}

io::Task<void> answer(Shared& shared, ipc::Call call) {
  auto request = ipc::parse<search::Request>(call.payload);
  if (!request || !request->has_ask() || !call.fds.empty()) {
    answer_error(call, {base::Fault::permanent, "malformed request", "INVALID"});
    co_return;
  }
  auto ask = std::make_shared<search::Ask>(std::move(*request->mutable_ask()));
  auto only = co_await shared.access.check(*ask);
  base::Result<> ok = only ? searchd::checked(*ask) : base::pass(only);
  if (!ok) {
    ++shared.daemon.counter("refused");
    co_return answer_error(call, ok.error());
  }
  auto turn = co_await shared.turns.take();
  if (!turn) co_return answer_error(call, {base::Fault::temporary, "too many searches at once", "BUSY"});
  if (call.peer().gone()) co_return call.reply({});
  ++shared.daemon.counter("searches");
  auto answering = answer_on_worker(shared, ask, *only);
  auto done = co_await std::move(answering);
  if (done.reader) shared.readers.put(ask->account(), std::move(done.reader));
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
  ::umask(007);  // indexer takes away what is left in the folder
  auto damage = index::Damage::open(d.config().var_path("fts"), searchd::kThreads);
  if (!damage) return base::pass(damage);
  auto shared = std::make_shared<Shared>(d, std::move(*verifier), std::move(*damage));
  shared->server = std::make_unique<ipc::Server>(d.loop(), "searchd/1", [s = shared.get()](ipc::Call c) { return answer(*s, std::move(c)); });
  for (auto& [name, fd] : d.take_listeners()) shared->server->add_listener(std::move(fd), name);
  d.on_stop([shared] {
    shared->server->drain();
    return shared->server->drained();
  });
  return {};
}

service::Privileges privileges(const service::Config& c) {
  return {.read = {c.dir(), c.var_path("directory"), c.var_path("fts")},
          .write = {c.var_path("fts") + "/" + index::kDamageFolder}};
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
