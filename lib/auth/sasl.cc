#include "auth/sasl.h"

#include <algorithm>
#include <array>
#include <utility>

#include "auth/limits.h"
#include "base/text.h"

namespace postern::auth {
namespace {

using base::Fault;

struct Mechanism {
  std::string_view name;
  enum class Kind { plain, login, scram } kind;
  ScramHash hash;
  bool plus;
};

using Kind = Mechanism::Kind;
constexpr std::array kMechanisms = {
    Mechanism{"SCRAM-SHA-256-PLUS", Kind::scram, ScramHash::sha256, true},
    Mechanism{"SCRAM-SHA-256", Kind::scram, ScramHash::sha256, false},
    Mechanism{"SCRAM-SHA-1-PLUS", Kind::scram, ScramHash::sha1, true},
    Mechanism{"SCRAM-SHA-1", Kind::scram, ScramHash::sha1, false},
    Mechanism{"PLAIN", Kind::plain, {}, false},
    Mechanism{"LOGIN", Kind::login, {}, false},
};

}  // namespace

std::vector<std::string> sasl_mechanisms(bool plaintext_allowed, bool channel_binding) {
  std::vector<std::string> names;
  for (const Mechanism& m : kMechanisms)
    if (m.kind == Kind::scram ? !m.plus || channel_binding : plaintext_allowed) names.emplace_back(m.name);
  return names;
}

base::Result<SaslServer> SaslServer::start(std::string_view mechanism, const SaslContext& context,
                                           ScramKeySource keys) {
  auto it = std::find_if(kMechanisms.begin(), kMechanisms.end(),
                         [&](const Mechanism& m) { return base::iequals(m.name, mechanism); });
  if (it == kMechanisms.end() || (it->plus && !context.bindings.any()))
    return base::fail(Fault::permanent, "authentication mechanism not available", "INVALID");
  if (it->kind != Kind::scram && !context.plaintext_allowed)
    return base::fail(Fault::permanent, "passwords in the clear need TLS", "PRIVACYREQUIRED");
  if (it->kind == Kind::plain) return SaslServer(Plain{});
  if (it->kind == Kind::login) return SaslServer(Login{});
  ScramOptions o{it->hash, it->plus, context.bindings.any(), context.bindings, {}};
  return SaslServer(Scram{ScramServer(std::move(o), std::move(keys))});
}

SaslStep SaslServer::fail(std::string what) {
  machine_ = Over{};
  SaslStep s;
  s.what = std::move(what);
  return s;
}

SaslStep SaslServer::step(std::optional<std::string_view> client) {
  if (client && client->size() > kMaxSaslMessage) return fail("message too long");
  if (std::holds_alternative<Over>(machine_)) return fail("the exchange is over");
  if (!client) {
    if (asked_) return fail("a response is missing");
    asked_ = true;
    SaslStep s;
    s.kind = SaslStep::Kind::challenge;
    if (std::holds_alternative<Login>(machine_)) s.data = "Username:";
    return s;
  }
  asked_ = true;
  if (std::holds_alternative<Plain>(machine_)) return step_plain(*client);
  if (Login* m = std::get_if<Login>(&machine_)) return step_login(*m, *client);
  return step_scram(std::get<Scram>(machine_), *client);
}

// [authzid] NUL authcid NUL passwd
SaslStep SaslServer::step_plain(std::string_view message) {
  auto p = base::split(message, '\0');
  if (p.size() != 3 || p[1].empty() || p[2].empty())
    return fail("PLAIN: not authzid NUL authcid NUL password");
  if (p[2].size() > kMaxSecret) return fail("PLAIN: password too long");
  if (!base::is_valid_utf8(p[0]) || !base::is_valid_utf8(p[1])) return fail("PLAIN: bad UTF-8 in a name");
  SaslStep s;
  s.kind = SaslStep::Kind::check_password;
  s.authzid = std::string(p[0]);
  s.authcid = std::string(p[1]);
  s.password = Secret(p[2]);
  machine_ = Over{};
  return s;
}

SaslStep SaslServer::step_login(Login& m, std::string_view message) {
  if (message.empty() || message.find('\0') != std::string_view::npos)
    return fail("LOGIN: empty or with NUL");
  SaslStep s;
  if (!m.have_name) {
    if (!base::is_valid_utf8(message)) return fail("LOGIN: bad UTF-8 in a name");
    m.name = std::string(message);
    m.have_name = true;
    s.kind = SaslStep::Kind::challenge;
    s.data = "Password:";
    return s;
  }
  if (message.size() > kMaxSecret) return fail("LOGIN: password too long");
  s.kind = SaslStep::Kind::check_password;
  s.authcid = std::move(m.name);
  s.password = Secret(message);
  machine_ = Over{};
  return s;
}

SaslStep SaslServer::step_scram(Scram& m, std::string_view message) {
  SaslStep s;
  if (m.wait == Scram::Wait::end) {
    // The server's signature went out as a challenge; RFC 4422 3.6 has the client answer it with nothing.
    if (!message.empty()) return fail("SCRAM: data after the end");
    s.kind = SaslStep::Kind::done;
    s.authcid = m.server.username();
    s.authzid = m.server.authzid();
    machine_ = Over{};
    return s;
  }
  bool first = m.wait == Scram::Wait::first;
  auto reply = first ? m.server.first(message) : m.server.final(message);
  // The name goes with a failure too, for the throttle and the log.
  std::string name = m.server.username();
  if (!reply) {
    s = fail(reply.error().what);
    s.authcid = std::move(name);
    return s;
  }
  m.wait = first ? Scram::Wait::final : Scram::Wait::end;
  s.kind = SaslStep::Kind::challenge;
  s.data = std::move(*reply);
  return s;
}

}  // namespace postern::auth
