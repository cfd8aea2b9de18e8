#include "cmd/jmapd/login_cache.h"

#include "base/codec.h"
#include "base/system.h"

namespace postern::jmapd {
namespace {
constexpr std::size_t kMaxEntries = 10'000;
constexpr std::uint64_t kMaxAge = 3600 * 1000;  // milliseconds
}  // namespace

LoginCache::LoginCache(client::AuthClient& auth) : auth_(auth), secret_(base::random_token(32)) {}

std::string LoginCache::key(const http::Basic& c, const LoginOrigin& o) const {
  std::string text;
  base::put_bytes(text, c.name);
  base::put_bytes(text, c.password);
  base::put_u8(text, static_cast<std::uint8_t>((o.secure ? 1 : 0) | (o.loopback ? 2 : 0)));
  return std::string(base::view(base::hmac_sha256(secret_, text)));
}

void LoginCache::erase(const std::string& key) {
  auto it = entries_.find(key);
  if (it == entries_.end()) return;
  recent_.erase(it->second.place);
  entries_.erase(it);
}

void LoginCache::forget(const std::shared_ptr<client::Login>& login) {
  for (auto it = entries_.begin(); it != entries_.end(); ++it)
    if (it->second.login == login) return erase(std::string(it->first));
}

io::Task<base::Result<std::shared_ptr<client::Login>>> LoginCache::login(http::Basic credentials,
                                                                         LoginOrigin origin) {
  auto k = key(credentials, origin);
  auto it = entries_.find(k);
  if (it != entries_.end() && !it->second.revoked && base::monotonic_ms() - it->second.since < kMaxAge) {
    auto login = it->second.login;
    recent_.splice(recent_.begin(), recent_, it->second.place);
    if (login->fresh()) co_return login;
    auto ticket = co_await login->ticket();
    if (ticket) co_return login;
    if (ticket.error().fault == base::Fault::temporary) co_return base::pass(ticket);
  }
  erase(k);
  authd::Login request;
  auto* from = request.mutable_origin();
  from->set_service("jmap");
  from->set_address(origin.address);
  from->set_secure(origin.secure);
  from->set_session(origin.session);
  request.set_name(std::move(credentials.name));
  request.set_password(std::move(credentials.password));
  auto login = co_await auth_.login(std::move(request));
  if (!login) co_return base::pass(login);
  erase(k);  // another request may have come in between
  recent_.push_front(k);
  entries_[k] = {*login, base::monotonic_ms(), false, recent_.begin()};
  // Only marked: the entry may be the last to hold the login that is calling.
  (*login)->on_revoked([this, k] {
    if (auto e = entries_.find(k); e != entries_.end()) e->second.revoked = true;
  });
  if (entries_.size() > kMaxEntries) erase(std::string(recent_.back()));
  co_return std::move(*login);
}

}  // namespace postern::jmapd
