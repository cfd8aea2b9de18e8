// authd: the directory, all checks of passwords, and tickets.  It may write the directory's folder and talk
// over Unix sockets; it has no network.
#include <sys/stat.h>

#include "auth/secret.h"
#include "base/codec.h"
#include "base/file.h"
#include "base/log.h"
#include "cmd/authd/authd.h"
#include "cmd/authd/limits.h"
#include "kv/berkeley.h"

using namespace postern;

namespace {

// A value that only this server knows and that stays the same, made from the ticket key.
base::Result<std::string> scram_pepper(const std::string& key_path) {
  auto pem = base::read_file(key_path, 64u << 10);
  if (!pem) return base::pass(pem);
  std::string pepper(base::view(base::hmac_sha256(*pem, "postern scram pepper")));
  auth::wipe(*pem);
  return pepper;
}

base::Result<std::shared_ptr<authd::Authd>> open(service::Daemon& d) {
  std::string home = d.config().var_path("directory");
  std::string key = home + "/ticket.key", pub = home + "/ticket.pub";
  // Others may pass through to the public key; the rest of what is in there is closed to them file by file.
  if (auto ok = base::make_dirs(home, 0711); !ok) return base::pass(ok);
  kv::BerkeleyOptions options;
  options.home = home;
  options.cache_bytes = authd::kDirectoryCache;
  // First the environment, with its lock: two authd at once must not both make a key.
  auto engine = kv::open_berkeley(options);
  if (!engine) return base::pass(engine);
  if (auto ok = auth::ensure_ticket_keys(key, pub); !ok) return base::pass(ok);
  auto directory = auth::Directory::open(std::move(*engine), {});
  if (!directory) return base::pass(directory);
  auto signer = auth::Signer::from_file(key);
  if (!signer) return base::pass(signer);
  auto verifier = auth::Verifier::from_file(pub);
  if (!verifier) return base::pass(verifier);
  auto pepper = scram_pepper(key);
  if (!pepper) return base::pass(pepper);
  auto known = (*directory)->audit_head();
  if (!known) return base::pass(known);
  auto log = audit::Log::open(home + "/audit", audit::decode_head(*known).value_or(audit::Head{}));
  if (!log) return base::pass(log);
  auto a = std::make_shared<authd::Authd>(d, std::move(*directory), std::move(*signer), std::move(*verifier),
                                          std::move(*log), std::move(*pepper));
  if (auto ok = a->configure(); !ok) return base::pass(ok);
  return a;
}

io::Task<void> stop(std::shared_ptr<authd::Authd> a) {
  a->server->drain();
  co_await a->server->drained();
  auto done = co_await a->loop.blocking([dir = a->directory] { return dir->sync(); });
  if (!done) base::log(base::Level::error, "directory_sync", {{"error", done.error().what}});
}

base::Result<> start(service::Daemon& d) {
  auto opened = open(d);
  if (!opened) return base::pass(opened);
  std::shared_ptr<authd::Authd> a = std::move(*opened);
  authd::begin(*a);
  d.on_reload([a] {
    if (auto ok = a->configure(); !ok)
      base::log(base::Level::error, "reload_failed", {{"error", ok.error().what}});
  });
  d.on_stop([a] { return stop(a); });
  return {};
}

service::Privileges privileges(const service::Config& c) {
  return {.read = {c.dir(), c.text("run_dir")}, .write = {c.var_path("directory")}};
}

}  // namespace

int main(int argc, char** argv) {
  return service::run(argc, argv,
                      {.program = "authd",
                       .summary = "checks passwords, keeps the directory and signs tickets",
                       .workers = authd::kMaxHashThreads + 1,
                       .start = start,
                       .privileges = privileges});
}
