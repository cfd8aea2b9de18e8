#include "client/auth_client.h"

#include <vector>

#include "base/system.h"
#include "ipc/typed.h"

namespace postern::client {

inline constexpr std::int64_t kRenewBefore = 60;   // seconds
inline constexpr const char* kProtocol = "authd/1";

Login::Login(AuthClient& auth, authd::LoginOk ok) : auth_(auth), ok_(std::move(ok)) { auth_.logins_.insert(this); }
Login::Login(AuthClient& auth, authd::LoginOk ok, authd::Request again) : Login(auth, std::move(ok)) {
  again_ = std::move(again);
}
Login::Login(std::shared_ptr<Login> self, std::uint64_t account) : auth_(self->auth_), self_(std::move(self)) {
  ok_.set_account(account);
}
Login::~Login() { auth_.logins_.erase(this); }

bool Login::fresh() const {
  return base::unix_now() + kRenewBefore < static_cast<std::int64_t>(who().ok_.expires());
}

io::Task<base::Result<std::string>> Login::ticket() {
  if (self_) co_return co_await self_->ticket();
  if (fresh()) co_return ok_.ticket();
  authd::Request request;
  if (again_)
    request = *again_;
  else
    request.mutable_renew()->set_ticket(ok_.ticket());
  auto reply = co_await auth_.call(std::move(request));
  if (!reply) co_return base::pass(reply);
  if (!reply->has_ok()) co_return base::fail(base::Fault::temporary, "authd: unexpected answer", "UNAVAILABLE");
  ok_.set_ticket(reply->ok().ticket());
  ok_.set_expires(reply->ok().expires());
  ok_.set_generation(reply->ok().generation());
  ok_.set_quota_bytes(reply->ok().quota_bytes());
  co_return ok_.ticket();
}

AuthClient::AuthClient(io::Loop& loop, std::string path) : channel_(loop, std::move(path), kProtocol) {}

io::Task<base::Result<authd::Reply>> AuthClient::call(authd::Request request) {
  auto answer = co_await ipc::call_typed<authd::Reply>(channel_, request);
  if (!answer) co_return base::pass(answer);
  authd::Reply& reply = answer->message;
  if (reply.has_error()) {
    const auto& e = reply.error();
    co_return base::fail(e.temporary() ? base::Fault::temporary : base::Fault::permanent, e.what(), e.code());
  }
  co_return std::move(reply);
}

io::Task<base::Result<std::shared_ptr<Login>>> AuthClient::login(authd::Login wanted) {
  authd::Request request;
  *request.mutable_login() = std::move(wanted);
  auto reply = co_await call(std::move(request));
  if (!reply) co_return base::pass(reply);
  if (!reply->has_ok()) co_return base::fail(base::Fault::temporary, "authd: unexpected answer", "UNAVAILABLE");
  co_return std::make_shared<Login>(*this, std::move(*reply->mutable_ok()));
}

io::Task<base::Result<std::shared_ptr<Login>>> AuthClient::index_login() {
  authd::Request request;
  request.mutable_index_ticket();
  auto reply = co_await call(request);
  if (!reply) co_return base::pass(reply);
  if (!reply->has_ok()) co_return base::fail(base::Fault::temporary, "authd: unexpected answer", "UNAVAILABLE");
  co_return std::make_shared<Login>(*this, std::move(*reply->mutable_ok()), std::move(request));
}

void AuthClient::on_directory_change(std::function<void()> f) {
  channel_.on_reconnect(f);
  channel_.on_hint([f = std::move(f)](std::string, std::vector<base::Fd>) { f(); });
}

io::Task<base::Result<std::vector<authd::Entry>>> AuthClient::look_up(Login& login, std::vector<std::string> names,
                                                                      std::vector<std::uint64_t> ids) {
  auto ticket = co_await login.ticket();
  if (!ticket) co_return base::pass(ticket);
  authd::Request request;
  authd::LookUp& ask = *request.mutable_look_up();
  ask.set_ticket(std::move(*ticket));
  for (std::string& n : names) ask.add_names(std::move(n));
  for (std::uint64_t id : ids) ask.add_ids(id);
  auto wanted = static_cast<std::size_t>(ask.names_size() + ask.ids_size());
  auto reply = co_await call(std::move(request));
  if (!reply) co_return base::pass(reply);
  const auto& entries = reply->entries().entries();
  std::vector<authd::Entry> out(entries.begin(), entries.end());
  if (out.size() != wanted) co_return base::fail(base::Fault::temporary, "authd: unexpected answer", "UNAVAILABLE");
  co_return out;
}

void AuthClient::revoke(std::uint64_t principal, std::uint64_t generation) {
  std::vector<Login*> void_now;
  for (Login* l : logins_)
    if (l->account() == principal && l->generation() < generation) void_now.push_back(l);
  for (Login* l : void_now)
    if (logins_.contains(l)) l->revoke();
}

}  // namespace postern::client
