// imapd: IMAP4rev1 and IMAP4rev2 (RFC 3501, RFC 9051) over the accounts that stored keeps.  It may talk to
// stored and authd, read message bodies from segment files and spool large messages; no more.
#include <malloc.h>

#include "base/log.h"
#include "cmd/imapd/session.h"
#include "service/daemon.h"

using namespace postern;

namespace {

io::Task<void> serve(std::shared_ptr<imapd::Shared> shared, service::Connection& c) {
  imapd::Session session(*shared, c);
  co_await session.run();
}

base::Result<> start(service::Daemon& d) {
  auto shared = std::make_shared<imapd::Shared>(d);
  if (auto ok = shared->read_scripts(); !ok) return ok;
  d.on_reload([shared] {
    shared->read_settings();
    if (auto ok = shared->read_scripts(); !ok)
      base::log(base::Level::error, "sieve_scripts", {{"error", ok.error().what}, {"next", "the old ones stay"}});
  });
  d.serve([shared](service::Connection& c) { return serve(shared, c); });
  return {};
}

service::Privileges privileges(const service::Config& c) {
  service::Privileges p{.read = {c.dir(), c.text("run_dir"), c.var_path("store/blobs")}, .write = {c.var_path("spool")}};
  // Scripts and lists outside of the configuration's folder.
  for (const char* key : {"sieve.global_dir", "sieve.list_dir"})
    if (std::string dir = c.text(key); dir.starts_with('/')) p.read.push_back(dir);
  if (auto rules = service::parse_sieve_events(c.text("imap.sieve_event")))
    for (const auto& rule : *rules)
      if (rule.script.starts_with('/')) p.read.push_back(rule.script);
  return p;
}

}  // namespace

int main(int argc, char** argv) {
  // Buffers of a message come and go: kept in the heap they are not mapped, cleared and unmapped each time.
  ::mallopt(M_MMAP_THRESHOLD, 1 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 1 << 20);
  return service::run(argc, argv,
                      {.program = "imapd",
                       .summary = "serves mail over IMAP4rev1 and IMAP4rev2",
                       .inetd_listener = "imap",
                       .tls = true,
                       .alpn = {"imap"},
                       .per_address_key = "imap.connections_per_address",
                       .start = start,
                       .privileges = privileges});
}
