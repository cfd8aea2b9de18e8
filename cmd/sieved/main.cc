// sieved: compiles and runs Sieve scripts.  After its start it opens no file, has no network and connects to nobody: all
// that a run may know comes with the call, what it asks goes back over the same socket, and what it decided is the answer.
#include <malloc.h>

#include "cmd/sieved/server.h"
#include "service/daemon.h"

using namespace postern;

namespace {

base::Result<> start(service::Daemon& d) {
  auto server = std::make_shared<sieved_daemon::Server>(d);
  server->begin();
  d.on_stop([server] { return server->stop(); });
  return {};
}

service::Privileges privileges(const service::Config&) { return {.isolated = true}; }

}  // namespace

int main(int argc, char** argv) {
  // Each run lets go of something large, the message's text, and each time all small pieces would be joined whose joining
  // had been put off: so it is not put off.
  ::mallopt(M_MXFAST, 0);
  return service::run(argc, argv, {.program = "sieved",
                                   .summary = "compiles and runs Sieve scripts, and holds nothing",
                                   .workers = 4,
                                   .start = start,
                                   .privileges = privileges});
}
