// lmtpd: final delivery over LMTP (RFC 2033).  It may talk to stored and authd and spool large messages; no more.
#include "cmd/lmtpd/session.h"
#include "service/daemon.h"

using namespace postern;

namespace {

base::Result<> start(service::Daemon& d) {
  auto shared = std::make_shared<lmtpd::Shared>(d);
  d.serve([shared](service::Connection& c) -> io::Task<void> { return lmtpd::serve(*shared, c); });
  return {};
}

service::Privileges privileges(const service::Config& c) {
  return {.read = {c.dir(), c.text("run_dir")}, .write = {c.var_path("spool")}};
}

}  // namespace

int main(int argc, char** argv) {
  return service::run(argc, argv, {.program = "lmtpd",
                                   .summary = "delivers mail over LMTP into the store",
                                   .inetd_listener = "lmtp",
                                   .tls = true,
                                   .start = start,
                                   .privileges = privileges});
}
