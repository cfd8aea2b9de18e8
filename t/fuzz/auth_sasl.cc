// Any sequence of client messages to any mechanism: no crash, a failed exchange stays failed, and nobody is
// proven who has no keys.  Input: mechanism, then messages, each of a length byte pair and its bytes.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "auth/sasl.h"
#include "base/codec.h"

using namespace postern;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr const char* kMechanisms[] = {
      "PLAIN", "LOGIN", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"};
  base::Reader in({reinterpret_cast<const char*>(data), size});
  auth::SaslContext context{true, {}};
  std::uint8_t which = in.u8();
  if ((which & 0x80) != 0 || which % 6 > 3) context.bindings = {"unique", "end-point", "exporter"};
  auto server = auth::SaslServer::start(
      kMechanisms[which % 6], context,
      [](std::string_view n, auth::ScramHash h) { return auth::fake_scram_keys(h, n, "pepper"); });
  if (!server) abort();
  bool over = false;
  for (int i = 0; i < 8 && in.ok(); ++i) {
    std::uint16_t n = in.u16();
    auth::SaslStep s;
    if (n == 0xffff) {
      s = server->step(std::nullopt);
    } else {
      std::string message(in.rest().substr(0, n));
      (void)in.take(message.size());
      s = server->step(message);
    }
    if (over && s.kind != auth::SaslStep::Kind::failed) abort();
    if (s.kind == auth::SaslStep::Kind::done) abort();
    if (s.kind == auth::SaslStep::Kind::check_password && (s.authcid.empty() || s.password.empty())) abort();
    over = over || s.kind != auth::SaslStep::Kind::challenge;
  }
  return 0;
}
