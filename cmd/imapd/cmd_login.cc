// STARTTLS, LOGIN, AUTHENTICATE.  RFC 9051 6.2, RFC 4959 (SASL-IR).  authd alone knows what a right password
// is.
#include "base/codec.h"
#include "base/log.h"
#include "cmd/imapd/command_table.h"
#include "cmd/imapd/commands.h"

namespace postern::imapd {

namespace {

constexpr std::size_t kMaxSaslLine = 16 * 1024;

authd::Origin origin_of(Session& s) {
  authd::Origin o;
  o.set_service("imap");
  o.set_address(s.stream().peer().ip);
  o.set_secure(s.stream().tls().has_value() || s.stream().peer().is_unix);
  o.set_session(s.connection.session.id());
  if (s.stream().tls()) {
    o.set_tls_server_end_point(
        s.stream().channel_binding(io::ChannelBinding::tls_server_end_point).value_or(""));
    o.set_tls_exporter(s.stream().channel_binding(io::ChannelBinding::tls_exporter).value_or(""));
    o.set_tls_unique(s.stream().channel_binding(io::ChannelBinding::tls_unique).value_or(""));
  }
  return o;
}

// A failed login, counted.
Reply refused(Session& s, const base::Error& e) {
  base::log(
      base::Level::info, "login failed",
      {{"session", s.connection.session.id()}, {"address", s.connection.session.address()}, {"why", e.code}});
  if (e.fault == base::Fault::temporary) return no("The login service is not available", "UNAVAILABLE");
  if (++s.failures >= s.shared.settings.login_failures) s.bye("Too many failed logins");
  if (e.code == "PRIVACYREQUIRED") return no("Use TLS first", "PRIVACYREQUIRED");
  return no("Name or password is wrong", "AUTHENTICATIONFAILED");
}

Answer welcome(Session& s, std::shared_ptr<client::Login> login) {
  auto account = s.shared.account(login->account());
  if (account->sessions >= s.shared.settings.per_account) {
    s.bye("Too many connections of this account");
    co_return no("Too many connections of this account", "LIMIT");
  }
  s.logged_in(std::move(login));
  std::string code = "CAPABILITY ";
  code += co_await capability_text(s);
  co_return ok("Logged in", std::move(code));
}

// "+ BASE64"; then the client's line, decoded.  Nothing: it cancelled or the line is wrong, or the connection
// ended.
io::Task<std::optional<std::string>> ask(Session& s, std::string_view challenge) {
  std::string out = "+ ";
  out += base::base64(challenge);
  out += "\r\n";
  s.write(std::move(out));
  auto sent = co_await s.stream().flush();
  if (!sent) co_return std::nullopt;
  auto line = co_await s.stream().read_line(kMaxSaslLine);
  if (!line) {
    if (line.error().code == "TOO_LONG") s.bye("[TOOBIG] Line too long");
    co_return std::nullopt;
  }
  if (line->text == "*") co_return std::nullopt;
  co_return base::unbase64(line->text);
}

}  // namespace

Answer run_starttls(Session& s, imap::NoArgs) {
  if (s.stream().tls() || s.stream().deflating()) co_return bad("TLS is on already");
  auto context = s.shared.daemon.tls();
  if (!context) co_return bad("TLS is not configured");
  std::string out = s.tag;
  out += " OK Begin TLS now\r\n";
  s.write(std::move(out));
  auto sent = co_await s.stream().flush();
  if (!sent) co_return Reply{Reply::Kind::none, {}, {}};
  auto started = co_await s.stream().start_tls(std::move(context));
  bool injected = started && started->dropped_input;
  if (!started || injected) {
    base::log(base::Level::info, "starttls failed",
              {{"session", s.connection.session.id()},
               {"why", injected ? "injected input" : started.error().what}});
    s.ending = true;
    s.stream().close();
  }
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
  authd::Request request;
  authd::SaslStart& start = *request.mutable_sasl_start();
  *start.mutable_origin() = origin_of(s);
  start.set_mechanism(args.mechanism);
  start.set_has_initial(args.has_initial);
  start.set_initial(args.initial);
  for (;;) {
    auto reply = co_await s.shared.auth.call(std::move(request));
    if (!reply) {
      if (reply.error().code == "INVALID") co_return no("Unknown mechanism", "CANNOT");
      co_return refused(s, reply.error());
    }
    if (reply->has_ok()) {
      // What SCRAM says at the end goes as a challenge, which the client answers with an empty line.
      if (!reply->ok().final_data().empty()) {
        auto empty = co_await ask(s, reply->ok().final_data());
        if (!empty) co_return bad("Cancelled");
      }
      auto login = std::make_shared<client::Login>(s.shared.auth, std::move(*reply->mutable_ok()));
      co_return co_await welcome(s, std::move(login));
    }
    std::uint64_t id = reply->challenge().id();
    auto answer = co_await ask(s, reply->challenge().data());
    if (!answer) co_return bad("Cancelled");
    request = {};
    request.mutable_sasl_step()->set_id(id);
    request.mutable_sasl_step()->set_data(std::move(*answer));
  }
}

}  // namespace postern::imapd
