// lmtpd: final delivery over LMTP (RFC 2033).  It may talk to stored, authd, sieved and runner, read the administrator's
// scripts and spool large messages; no more.
#include "base/log.h"
#include "cmd/lmtpd/session.h"
#include "service/daemon.h"

using namespace postern;

namespace {

base::Result<> start(service::Daemon& d) {
  auto shared = std::make_shared<lmtpd::Shared>(d);
  if (auto ok = shared->read_scripts(); !ok) return ok;
  d.on_reload([shared] {
    if (auto ok = shared->read_scripts(); !ok)
      base::log(base::Level::error, "sieve_scripts", {{"error", ok.error().what}, {"next", "the old ones stay"}});
  });
  d.serve([shared](service::Connection& c) -> io::Task<void> { return lmtpd::serve(*shared, c); });
  return {};
}

service::Privileges privileges(const service::Config& c) {
  service::Privileges p{.read = {c.dir(), c.text("run_dir")}, .write = {c.var_path("spool")}};
  // Scripts and lists outside of the configuration's folder.
  for (const char* key : {"sieve.before", "sieve.default", "sieve.after"})
    for (const std::string& path : c.list(key))
      if (path.starts_with('/')) p.read.push_back(path);
  for (const char* key : {"sieve.global_dir", "sieve.list_dir"})
    if (std::string dir = c.text(key); dir.starts_with('/')) p.read.push_back(dir);
  return p;
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
