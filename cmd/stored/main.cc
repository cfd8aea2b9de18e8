// stored: the mail store.  The only program that opens the store's environment and writes bodies; it may
// write its own folder, read authd's public key and answer on its Unix sockets; no more.
#include <malloc.h>

#include "cmd/stored/server.h"
#include "service/daemon.h"

using namespace postern;

namespace {

base::Result<> start(service::Daemon& d) {
  auto server = stored_daemon::Server::open(d);
  if (!server) return base::pass(server);
  (*server)->begin();
  d.on_stop([s = *server] { return s->stop(); });
  return {};
}

service::Privileges privileges(const service::Config& c) {
  return {.read = {c.dir(), c.text("run_dir"), c.var_path("directory")}, .write = {c.var_path("store")}};
}

}  // namespace

int main(int argc, char** argv) {
  // Buffers of a message come and go: kept in the heap they are not mapped, cleared and unmapped each time.
  ::mallopt(M_MMAP_THRESHOLD, 2 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 8 << 20);
  return service::run(argc, argv, {.program = "stored",
                                   .summary = "keeps the mail: mailboxes, messages, flags, changes",
                                   .workers = 4,
                                   .start = start,
                                   .privileges = privileges});
}
