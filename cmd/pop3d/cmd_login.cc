// USER, PASS, APOP, AUTH, STLS.  RFC 1939 7, RFC 5034, RFC 2595 4; response codes of RFC 2449 8 and RFC 3206.
#include "base/text.h"
#include "cmd/pop3d/command_table.h"
#include "pop3/command.h"
#include "service/login.h"

namespace postern::pop3d {

namespace {

void refused(Session& s, const base::Error& e) {
  service::login_failed(s.connection, e.code);
  if (e.fault == base::Fault::temporary) return s.error("the login service is not available", "SYS/TEMP");
  if (++s.failures >= s.shared.settings.login_failures) s.ending = true;
  if (e.code == "PRIVACYREQUIRED") return s.error("use TLS first", "SYS/PERM");
  s.error("name or password is wrong", "AUTH");
}

authd::Origin origin_of(Session& s) {
  return client::origin_of("pop3", s.stream(), s.connection.session.id());
}

}  // namespace

Answer run_user(Session& s, std::string name) {
  if (name.empty() || !base::is_valid_utf8(name)) co_return s.error("expected USER name");
  authd::Mechanisms offer = co_await s.shared.offers.of(s.stream());
  // The password has not been sent yet: this saves it.
  if (!offer.plain_allowed()) co_return s.error("use TLS first", "SYS/PERM");
  s.user = std::move(name);
  s.ok("password?");
}

Answer run_pass(Session& s, std::string password) {
  if (s.user.empty()) co_return s.error("USER first");
  authd::Login request;
  *request.mutable_origin() = origin_of(s);
  request.set_name(std::exchange(s.user, {}));
  request.set_password(std::move(password));
  if (!base::is_valid_utf8(request.password())) co_return s.error("name or password is wrong", "AUTH");
  auto login = co_await s.shared.auth.login(std::move(request));
  if (!login) co_return refused(s, login.error());
  co_await s.logged_in(std::move(*login));
}

// Name and digest of what the greeting gave, which serves once.
Answer run_apop(Session& s, std::string argument) {
  std::size_t blank = argument.rfind(' ');
  if (s.timestamp.empty()) co_return s.error("APOP is not offered");
  if (blank == std::string::npos || blank == 0) co_return s.error("expected APOP name digest");
  authd::SaslStart start;
  *start.mutable_origin() = origin_of(s);
  start.set_mechanism("APOP");
  start.set_has_initial(true);
  std::string initial = argument.substr(0, blank) + '\0';
  initial += std::exchange(s.timestamp, {}) + '\0' + argument.substr(blank + 1);
  start.set_initial(std::move(initial));
  auto login = co_await client::sasl_login(s.shared.auth, s.stream(), std::move(start));
  if (login) co_return co_await s.logged_in(std::move(*login));
  refused(s, login.error());
}

Answer run_auth(Session& s, std::string argument) {
  if (argument.empty()) {  // an old way to ask for the mechanisms (RFC 5034 3 has CAPA for it)
    authd::Mechanisms offer = co_await s.shared.offers.of(s.stream());
    std::string out = "+OK\r\n";
    for (const std::string& m : offer.names()) out += m + "\r\n";
    co_return s.write(out + ".\r\n");
  }
  auto a = pop3::parse_auth(argument);
  if (!a) co_return s.error("expected AUTH mechanism [base64]");
  if (a->mechanism == "APOP") co_return s.error("unknown mechanism");  // its timestamp is ours alone to choose
  authd::SaslStart start;
  *start.mutable_origin() = origin_of(s);
  start.set_mechanism(a->mechanism);
  start.set_has_initial(a->initial.has_value());
  start.set_initial(a->initial.value_or(""));
  auto login = co_await client::sasl_login(s.shared.auth, s.stream(), std::move(start));
  if (login) co_return co_await s.logged_in(std::move(*login));
  const std::string& code = login.error().code;
  s.ending = s.ending || code == "TOO_LONG";
  if (code == "TOO_LONG") co_return s.error("line too long");
  if (code == "CANCELLED") co_return s.error("cancelled");
  if (code == "INVALID") co_return s.error("unknown mechanism");
  refused(s, login.error());
}

Answer run_stls(Session& s, std::string) {
  if (s.stream().tls()) co_return s.error("TLS is on already");
  if (s.utf8) co_return s.error("not after UTF8");  // RFC 6856 2.1
  if (!s.shared.daemon.tls()) co_return s.error("TLS is not configured");
  s.user.clear();
  bool started = co_await service::start_tls(s.connection, s.shared.daemon, "+OK begin TLS now\r\n");
  s.ending = !started;
}

}  // namespace postern::pop3d
