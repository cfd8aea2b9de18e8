// AUTHENTICATE, STARTTLS, UNAUTHENTICATE.  RFC 5804 2.1, 2.2, 2.14.1.
#include "base/codec.h"
#include "base/text.h"
#include "cmd/managesieved/command_table.h"
#include "service/login.h"

namespace postern::managesieved {

namespace {

using base::fail;
using base::Fault;

// Challenges and answers are strings of base64, each on its line; what comes with success stands in the OK.
class StringPeer : public client::SaslPeer {
 public:
  explicit StringPeer(Session& s) : s_(s) {}

  io::Task<base::Result<std::string>> ask(std::string challenge) override {
    s_.write(managesieve::to_string(base::base64(challenge)) + "\r\n");
    auto words = co_await s_.more_words();
    if (!words) co_return fail(Fault::limit, "no answer to a challenge", "TOO_LONG");
    bool one = words->size() == 1 && words->front().kind == managesieve::Word::Kind::string;
    auto answer = one && words->front().text != "*" ? base::unbase64(words->front().text) : std::nullopt;
    if (!answer) co_return fail(Fault::permanent, "the client cancelled", "CANCELLED");
    co_return std::move(*answer);
  }
  io::Task<base::Result<>> last_word(std::string data) override {
    success_ = "SASL " + managesieve::to_string(base::base64(data));
    co_return base::Result<>();
  }
  const std::string& success() const { return success_; }

 private:
  Session& s_;
  std::string success_;
};

void login_failed(Session& s, const base::Error& e) {
  service::login_failed(s.connection, e.code);
  if (e.code == "CANCELLED") return s.no("cancelled");
  if (e.code == "TOO_LONG") return s.bye("no answer that could be read");
  if (e.code == "INVALID") return s.no("unknown mechanism");
  if (e.fault == Fault::temporary) return s.no("the login service is not available", "TRYLATER");
  if (e.code == "PRIVACYREQUIRED") return s.no("use STARTTLS first", "ENCRYPT-NEEDED");
  if (++s.failures >= s.shared.settings.login_failures) return s.bye("name or password is wrong");
  s.no("name or password is wrong");
}

}  // namespace

Answer run_authenticate(Session& s, managesieve::Words w) {
  // "" and "=" are an initial response of no bytes.
  auto initial = w.size() < 2 ? std::nullopt
                 : w[1].text == "=" ? std::optional<std::string>("")
                                    : base::unbase64(w[1].text);
  if (w.size() == 2 && !initial) co_return s.no("the initial response is no base64");
  authd::SaslStart start;
  *start.mutable_origin() = client::origin_of("managesieve", s.stream(), s.connection.session.id());
  start.set_mechanism(base::to_upper(w[0].text));
  start.set_has_initial(initial.has_value());
  start.set_initial(initial.value_or(""));
  StringPeer peer(s);
  auto login = co_await client::sasl_login(s.shared.auth, peer, std::move(start));
  if (!login) co_return login_failed(s, login.error());
  s.logged_in(std::move(*login));
  s.ok("logged in", peer.success());
}

Answer run_starttls(Session& s, managesieve::Words) {
  if (s.stream().tls()) co_return s.no("TLS is on already");
  if (!s.shared.daemon.tls()) co_return s.no("TLS is not configured");
  bool started = co_await service::start_tls(s.connection, s.shared.daemon, "OK \"begin TLS now\"\r\n");
  if (started) co_return co_await s.capabilities("TLS is on");
  s.ending = true;
}

Answer run_unauthenticate(Session& s, managesieve::Words) {
  s.logged_out();
  s.ok("logged out");
  co_return;
}

}  // namespace postern::managesieved
