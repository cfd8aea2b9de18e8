// jmapd: JMAP (RFC 8620, RFC 8621) over HTTP/1.1.  It may talk to stored and authd, read segment files, and
// spool what is uploaded; no more.
#include "cmd/jmapd/http_session.h"
#include "cmd/jmapd/shared.h"
#include "service/daemon.h"

using namespace postern;

namespace {

base::Result<> start(service::Daemon& d) {
  auto shared = std::make_shared<jmapd::Shared>(d);
  d.on_drain([shared] { shared->draining = true; });
  d.serve([shared](service::Connection& c) -> io::Task<void> { return jmapd::serve(*shared, c); });
  return {};
}

service::Privileges privileges(const service::Config& c) {
  return {.read = {c.dir(), c.text("run_dir"), jmapd::segment_folder(c)}, .write = {c.var_path("spool")}};
}

}  // namespace

int main(int argc, char** argv) {
  return service::run(argc, argv,
                      {.program = "jmapd",
                       .summary = "serves mail over JMAP",
                       .inetd_listener = "http",
                       .tls = true,
                       .alpn = {"http/1.1"},
                       .per_address_key = "http.connections_per_address",
                       .start = start,
                       .privileges = privileges});
}
