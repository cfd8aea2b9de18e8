// managesieved: ManageSieve (RFC 5804) over the script store that stored keeps.  It may talk to stored, authd and sieved;
// no more.
#include "cmd/managesieved/session.h"
#include "service/daemon.h"

using namespace postern;

namespace {

io::Task<void> serve(std::shared_ptr<managesieved::Shared> shared, service::Connection& c) {
  managesieved::Session session(*shared, c);
  co_await session.run();
}

base::Result<> start(service::Daemon& d) {
  auto shared = std::make_shared<managesieved::Shared>(d);
  d.on_reload([shared] { shared->read_settings(); });
  d.serve([shared](service::Connection& c) { return serve(shared, c); });
  return {};
}

service::Privileges privileges(const service::Config& c) { return {.read = {c.dir(), c.text("run_dir")}}; }

}  // namespace

int main(int argc, char** argv) {
  return service::run(argc, argv,
                      {.program = "managesieved",
                       .summary = "lets users manage their Sieve scripts over ManageSieve",
                       .inetd_listener = "sieve",
                       .tls = true,
                       .alpn = {"managesieve"},
                       .per_address_key = "managesieve.connections_per_address",
                       .start = start,
                       .privileges = privileges});
}
