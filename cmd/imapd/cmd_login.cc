// STARTTLS, LOGIN, AUTHENTICATE.  RFC 9051 6.2, RFC 4959 (SASL-IR).  authd alone knows what a right password
// is.
#include "client/sign_in.h"
#include "cmd/imapd/command_table.h"
#include "cmd/imapd/commands.h"
#include "service/login.h"

namespace postern::imapd {

namespace {

authd::Origin origin_of(Session& s) {
  return client::origin_of("imap", s.stream(), s.connection.session.id());
}

// A failed login, counted.
Reply refused(Session& s, const base::Error& e) {
  service::login_failed(s.connection, e.code);
  if (e.fault == base::Fault::temporary) return no("The login service is not available", "UNAVAILABLE");
  if (++s.failures >= s.shared.settings.login_failures) s.bye("Too many failed logins");
  if (e.code == "PRIVACYREQUIRED") return no("Use TLS first", "PRIVACYREQUIRED");
  return no("Name or password is wrong", "AUTHENTICATIONFAILED");
}

Answer welcome(Session& s, std::shared_ptr<client::Login> login) {
  if (s.shared.daemon.tally().count(kByAccount, std::to_string(login->account())) >= s.shared.settings.per_account) {
    s.bye("Too many connections of this account");
    co_return no("Too many connections of this account", "LIMIT");
  }
  s.logged_in(std::move(login));
  std::string code = "CAPABILITY ";
  code += co_await capability_text(s);
  co_return ok("Logged in", std::move(code));
}

}  // namespace

Answer run_starttls(Session& s, imap::NoArgs) {
  if (s.stream().tls() || s.stream().deflating()) co_return bad("TLS is on already");
  if (!s.shared.daemon.tls()) co_return bad("TLS is not configured");
  std::string answer = s.tag;
  answer += " OK Begin TLS now\r\n";
  bool started = co_await service::start_tls(s.connection, s.shared.daemon, std::move(answer));
  s.ending = s.ending || !started;
  co_return Reply{Reply::Kind::none, {}, {}};
}

Answer run_login(Session& s, imap::LoginArgs args) {
  authd::Login request;
  *request.mutable_origin() = origin_of(s);
  request.set_name(std::move(args.user));
  request.set_password(std::move(args.password));
  auto login = co_await s.shared.auth.login(std::move(request));
  if (!login) co_return refused(s, login.error());
  co_return co_await welcome(s, std::move(*login));
}

Answer run_authenticate(Session& s, imap::AuthenticateArgs args) {
  authd::SaslStart start;
  *start.mutable_origin() = origin_of(s);
  start.set_mechanism(args.mechanism);
  start.set_has_initial(args.has_initial);
  start.set_initial(args.initial);
  auto login = co_await client::sasl_login(s.shared.auth, s.stream(), std::move(start));
  if (login) co_return co_await welcome(s, std::move(*login));
  const std::string& code = login.error().code;
  if (code == "TOO_LONG") s.bye("[TOOBIG] Line too long");
  if (code == "CANCELLED" || code == "TOO_LONG") co_return bad("Cancelled");
  if (code == "INVALID") co_return no("Unknown mechanism", "CANNOT");
  co_return refused(s, login.error());
}

}  // namespace postern::imapd
