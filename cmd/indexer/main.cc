// indexer: keeps a full-text index an account.  It may talk to stored, authd and runner, read message bodies from segment files,
// and change var/fts; no more.
#include <sys/stat.h>

#include "base/file.h"
#include "base/log.h"
#include "cmd/indexer/accounts.h"
#include "cmd/indexer/attached.h"
#include "cmd/indexer/serve.h"
#include "cmd/indexer/work.h"

using namespace postern;

namespace {

struct Running {
  Running(service::Daemon& d, indexer::Suspects suspects) : shared(d, std::move(suspects)) {}
  indexer::Shared shared;
  io::TaskGroup tasks, working;
  std::unique_ptr<ipc::Server> server;
};

io::Task<void> stop(std::shared_ptr<Running> r) {
  r->server->drain();
  r->tasks.cancel();
  r->shared.stopping = true;
  r->shared.changed.notify();
  co_await r->shared.stopped.wait();
}

base::Result<> start(service::Daemon& d) {
  ::umask(027);  // searchd reads through the group of the folder
  std::string root = d.config().var_path("fts");
  if (auto ok = base::make_dirs(root, 0750); !ok) return ok;
  auto suspects = indexer::Suspects::open(root);
  if (!suspects) return base::pass(suspects);
  auto r = std::make_shared<Running>(d, std::move(*suspects));
  r->server = std::make_unique<ipc::Server>(d.loop(), "indexer/1",
                                            [s = &r->shared](ipc::Call c) { return indexer::serve(*s, std::move(c)); });
  for (auto& [name, fd] : d.take_listeners()) r->server->add_listener(std::move(fd), name);
  r->tasks.spawn(indexer::keep_accounts(r->shared));
  r->tasks.spawn(indexer::watch_damage(r->shared));
  r->tasks.spawn(indexer::keep_document_types(r->shared));
  r->tasks.spawn(indexer::watch_progress(r->shared));
  r->working.spawn(indexer::work(r->shared));
  d.on_reload([r] { r->shared.read_settings(); });
  d.on_stop([r] { return stop(r); });
  return {};
}

service::Privileges privileges(const service::Config& c) {
  return {.read = {c.dir(), c.text("run_dir"), c.segment_dir()}, .write = {c.var_path("fts")}};
}

}  // namespace

int main(int argc, char** argv) {
  return service::run(argc, argv,
                      {.program = "indexer",
                       .summary = "keeps the full-text index of each account",
                       .start = start,
                       .privileges = privileges});
}
