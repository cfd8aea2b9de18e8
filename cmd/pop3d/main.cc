// pop3d: POP3 (RFC 1939) over the INBOX that stored keeps.  It may talk to stored and authd, read message bodies from
// segment files and lock maildrops in one file of the spool; no more.
#include <malloc.h>

#include "cmd/pop3d/session.h"
#include "service/daemon.h"

using namespace postern;

namespace {

io::Task<void> serve(std::shared_ptr<pop3d::Shared> shared, service::Connection& c) {
  pop3d::Session session(*shared, c);
  co_await session.run();
}

base::Result<> start(service::Daemon& d) {
  auto shared = std::make_shared<pop3d::Shared>(d);
  if (auto ok = shared->locks.open(d.config().var_path("spool") + "/pop3.lock"); !ok) return ok;
  d.on_reload([shared] { shared->read_settings(); });
  d.serve([shared](service::Connection& c) { return serve(shared, c); });
  return {};
}

service::Privileges privileges(const service::Config& c) {
  return {.read = {c.dir(), c.text("run_dir"), c.var_path("store")}, .write = {c.var_path("spool")}};
}

}  // namespace

int main(int argc, char** argv) {
  // Pieces of messages come and go: kept in the heap they are not mapped, cleared and unmapped each time.
  ::mallopt(M_MMAP_THRESHOLD, 1 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 1 << 20);
  return service::run(argc, argv,
                      {.program = "pop3d",
                       .summary = "serves INBOX over POP3",
                       .inetd_listener = "pop3",
                       .tls = true,
                       .alpn = {"pop3"},
                       .per_address_key = "pop3.connections_per_address",
                       .start = start,
                       .privileges = privileges});
}
