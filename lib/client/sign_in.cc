#include "client/sign_in.h"

#include "base/codec.h"
#include "base/system.h"

namespace postern::client {

namespace {

using base::fail;
using base::Fault;
using base::pass;

constexpr std::uint64_t kOfferMs = 60'000;

bool is_secure(const io::Stream& s) {
  return s.tls().has_value() || s.peer().is_unix;
}

// IMAP and POP3: "+ BASE64" out, a line of BASE64 in; "*" gives up.
class LinePeer : public SaslPeer {
 public:
  explicit LinePeer(io::Stream& stream) : stream_(stream) {}

  io::Task<base::Result<std::string>> ask(std::string challenge) override {
    stream_.write("+ " + base::base64(challenge) + "\r\n");
    auto sent = co_await stream_.flush();
    if (!sent) co_return fail(Fault::permanent, sent.error().what, "CANCELLED");
    auto line = co_await stream_.read_line(kMaxSaslLine);
    if (!line && line.error().code == "TOO_LONG") co_return pass(line);
    auto answer = !line || line->text == "*" ? std::nullopt : base::unbase64(line->text);
    if (!answer) co_return fail(Fault::permanent, "the client cancelled", "CANCELLED");
    co_return std::move(*answer);
  }
  // As a challenge, which the client answers with an empty line.
  io::Task<base::Result<>> last_word(std::string data) override {
    auto empty = co_await ask(std::move(data));
    if (!empty) co_return pass(empty);
    co_return base::Result<>();
  }

 private:
  io::Stream& stream_;
};

}  // namespace

authd::Origin origin_of(std::string service, const io::Stream& stream, std::string session) {
  authd::Origin o;
  o.set_service(std::move(service));
  o.set_address(stream.peer().ip);
  o.set_secure(is_secure(stream));
  o.set_session(std::move(session));
  if (stream.tls()) {
    o.set_tls_server_end_point(stream.channel_binding(io::ChannelBinding::tls_server_end_point).value_or(""));
    o.set_tls_exporter(stream.channel_binding(io::ChannelBinding::tls_exporter).value_or(""));
    o.set_tls_unique(stream.channel_binding(io::ChannelBinding::tls_unique).value_or(""));
  }
  return o;
}

io::Task<base::Result<std::shared_ptr<Login>>> sasl_login(AuthClient& auth, SaslPeer& peer, authd::SaslStart start) {
  authd::Request request;
  *request.mutable_sasl_start() = std::move(start);
  for (;;) {
    auto reply = co_await auth.call(std::move(request));
    if (!reply) co_return pass(reply);
    if (reply->has_ok()) {
      if (!reply->ok().final_data().empty()) {
        std::string last = reply->ok().final_data();
        auto said = co_await peer.last_word(std::move(last));
        if (!said) co_return pass(said);
      }
      co_return std::make_shared<Login>(auth, std::move(*reply->mutable_ok()));
    }
    std::uint64_t id = reply->challenge().id();
    std::string challenge = reply->challenge().data();
    auto answer = co_await peer.ask(std::move(challenge));
    if (!answer) co_return pass(answer);
    request = {};
    request.mutable_sasl_step()->set_id(id);
    request.mutable_sasl_step()->set_data(std::move(*answer));
  }
}

io::Task<base::Result<std::shared_ptr<Login>>> sasl_login(AuthClient& auth, io::Stream& stream, authd::SaslStart start) {
  LinePeer peer(stream);
  co_return co_await sasl_login(auth, peer, std::move(start));
}

io::Task<authd::Mechanisms> Offers::of(const io::Stream& stream) {
  bool tls = stream.tls().has_value(), secure = is_secure(stream), loopback = stream.peer().is_loopback;
  Offer& offer = offers_[(tls ? 4 : 0) + (secure ? 2 : 0) + (loopback ? 1 : 0)];
  if (offer.until < base::monotonic_ms()) {
    authd::Request request;
    request.mutable_mechanisms()->set_secure(secure);
    request.mutable_mechanisms()->set_channel_binding(tls);
    request.mutable_mechanisms()->set_loopback(loopback);
    auto reply = co_await auth_.call(std::move(request));
    if (reply) {
      offer.mechanisms = reply->mechanisms();
      offer.until = base::monotonic_ms() + kOfferMs;
    }
  }
  co_return offer.mechanisms;
}

}  // namespace postern::client
