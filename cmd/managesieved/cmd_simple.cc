// CAPABILITY, LOGOUT, NOOP.  RFC 5804 2.3, 2.4, 2.13.
#include "base/text.h"
#include "cmd/managesieved/command_table.h"
#include "service/command_line.h"

namespace postern::managesieved {

io::Task<void> Session::capabilities(std::string_view text) {
  std::string done(text);
  auto described = co_await shared.sieve.describe();
  // Who is not told of the extensions would take none to be there; RFC 5804 1.3 has a word for "come back later".
  if (!described) co_return bye("Sieve is not available now", "TRYLATER");
  authd::Mechanisms offer = co_await shared.offers.of(stream());
  std::string out = "\"IMPLEMENTATION\" \"Postern " + std::string(service::kVersion) + "\"\r\n";
  std::string sasl;
  for (const std::string& m : offer.names()) sasl += (sasl.empty() ? "" : " ") + m;
  out += "\"SASL\" " + managesieve::to_string(sasl) + "\r\n";
  out += "\"SIEVE\" " + managesieve::to_string(described->extensions()) + "\r\n";
  if (!described->notify().empty()) out += "\"NOTIFY\" " + managesieve::to_string(described->notify()) + "\r\n";
  if (state == State::before_login && !stream().tls() && shared.daemon.tls()) out += "\"STARTTLS\"\r\n";
  out += "\"MAXREDIRECTS\" \"" + std::to_string(described->max_redirects()) + "\"\r\n";
  if (login) out += "\"OWNER\" " + managesieve::to_string(login->name()) + "\r\n";
  out += "\"UNAUTHENTICATE\"\r\n\"LANGUAGE\" \"en\"\r\n\"VERSION\" \"1.0\"\r\n";
  write(std::move(out));
  ok(done);
}

Answer run_capability(Session& s, managesieve::Words) { co_await s.capabilities({}); }

Answer run_logout(Session& s, managesieve::Words) {
  s.ok("bye");
  s.ending = s.connection.client_done = true;
  co_return;
}

Answer run_noop(Session& s, managesieve::Words w) {
  if (w.empty())
    s.ok("done");
  else
    s.ok("done", "TAG " + managesieve::to_string(w[0].text));
  co_return;
}

}  // namespace postern::managesieved
