// APOP (RFC 1939 7), which pop3d brings as a mechanism of that name with "NAME NUL TIMESTAMP NUL DIGEST".
#include "auth/credential.h"
#include "base/codec.h"
#include "base/system.h"
#include "base/text.h"
#include "cmd/authd/authd.h"

namespace postern::authd {

io::Task<Reply> check_apop(Authd& a, SaslStart& start, std::uint32_t peer) {
  auto parts = base::split(start.initial(), '\0');
  if (!a.keeping.clear || start.origin().service() != "pop3" || parts.size() != 3 || !base::is_valid_utf8(parts[0]))
    co_return error_reply("INVALID", "APOP is not available");
  std::string timestamp(parts[1]), digest(parts[2]);
  Attempt t{start.origin(), std::string(parts[0]), {}, peer};
  std::string key = throttle_name(a, t.name);
  if (!co_await admitted(a, t, key)) {
    log_failure(t, "apop", "throttled");
    co_return login_failed();
  }
  auto entry = a.directory->login(t.name);
  bool known = entry && !entry->account.disabled && !entry->credential.clear.empty();
  // Nobody's digest is made too: the time tells nothing.
  std::string want = auth::apop_digest(timestamp, known ? std::string_view(entry->credential.clear) : std::string_view(a.pepper));
  if (!base::constant_time_equal(want, digest) || !known) {
    ++a.counters.failures;
    log_failure(t, "apop", known ? "password" : "unknown");
    co_return login_failed();
  }
  a.throttle.success(t.origin.address(), key, base::monotonic_ms());
  co_return grant(a, entry->account, entry->groups, t.origin.service(), t.origin.session());
}

}  // namespace postern::authd
