// SCRAM and the other SASL mechanisms: the RFCs' own dialogues, then everything a hostile client may send.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "auth/foreign.h"
#include "auth/limits.h"
#include "auth/sasl.h"
#include "auth/scram.h"
#include "base/codec.h"

namespace postern::auth {
namespace {

struct Dialogue {
  const char* name;
  ScramHash hash;
  bool plus;
  ChannelBindings bindings;
  const char *user, *authzid;
  std::string salt;
  const char *server_nonce, *client_first, *server_first, *client_final, *server_final;
};

const std::string kSalt = "0123456789abcdef";

// The first is of RFC 5802 5, the second of RFC 7677 3; the others were computed with Python's hashlib and
// hmac.
const std::vector<Dialogue> kDialogues = {
    {"rfc5802",
     ScramHash::sha1,
     false,
     {},
     "user",
     "",
     base::unbase64("QSXCR+Q6sek8bf92").value(),
     "3rfcNHYJY1ZVvWVs7j",
     "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
     "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
     "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
     "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="},
    {"rfc7677",
     ScramHash::sha256,
     false,
     {},
     "user",
     "",
     base::unbase64("W22ZaJ0SNY7soEsUEjb6gQ==").value(),
     "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
     "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
     "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
     "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+"
     "Ute9ytag9zjfMHgsqmmiz7AndVQ=",
     "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="},
    {"tls-exporter",
     ScramHash::sha256,
     true,
     {"", "", "EXPORTER-DATA-32-bytes-long-...."},
     "user",
     "",
     kSalt,
     "servernonce",
     "p=tls-exporter,,n=user,r=clientnonce",
     "r=clientnonceservernonce,s=MDEyMzQ1Njc4OWFiY2RlZg==,i=4096",
     "c=cD10bHMtZXhwb3J0ZXIsLEVYUE9SVEVSLURBVEEtMzItYnl0ZXMtbG9uZy0uLi4u,r=clientnonceservernonce,"
     "p=NmI8d8M44F1bbCDm2RDonX41kP5LLYcQioe64BApfZE=",
     "v=TQtxA7gLnxx+1i7xYtmmIHyNYmW6XyqBhmPkZULploY="},
    {"tls-server-end-point",
     ScramHash::sha1,
     true,
     {"", "END-POINT-HASH", "x"},
     "us=er,",
     "other,name",
     kSalt,
     "servernonce",
     "p=tls-server-end-point,a=other=2Cname,n=us=3Der=2C,r=clientnonce",
     "r=clientnonceservernonce,s=MDEyMzQ1Njc4OWFiY2RlZg==,i=4096",
     "c=cD10bHMtc2VydmVyLWVuZC1wb2ludCxhPW90aGVyPTJDbmFtZSxFTkQtUE9JTlQtSEFTSA==,r=clientnonceservernonce,"
     "p=ijitJPOIUKgVw8yfhpX0YAOV018=",
     "v=TgOy7SlRKxH72XBipxb8GZXWgn0="},
};

ScramServer server_for(const Dialogue& d) {
  ScramKeys keys = scram_keys(d.hash, "pencil", d.salt, 4096).value();
  return ScramServer({d.hash, d.plus, d.bindings.any(), d.bindings, d.server_nonce},
                     [keys](std::string_view, ScramHash) { return keys; });
}

TEST(Scram, PublishedAndComputedDialogues) {
  for (const Dialogue& d : kDialogues) {
    SCOPED_TRACE(d.name);
    ScramServer s = server_for(d);
    auto first = s.first(d.client_first);
    ASSERT_TRUE(first) << first.error().what;
    EXPECT_EQ(*first, d.server_first);
    EXPECT_EQ(s.username(), d.user);
    EXPECT_EQ(s.authzid(), d.authzid);
    auto final = s.final(d.client_final);
    ASSERT_TRUE(final) << final.error().what;
    EXPECT_EQ(*final, d.server_final);
    EXPECT_FALSE(s.final(d.client_final)) << "a replay in the same exchange";
    EXPECT_FALSE(s.first(d.client_first)) << "starting again";
  }
}

TEST(Scram, AnyChangedByteOfTheFinalMessageFails) {
  for (const Dialogue& d : kDialogues) {
    std::string good = d.client_final;
    for (std::size_t i = 0; i < good.size(); ++i) {
      ScramServer s = server_for(d);
      ASSERT_TRUE(s.first(d.client_first));
      std::string bad = good;
      bad[i] = bad[i] == 'A' ? 'B' : 'A';
      EXPECT_FALSE(s.final(bad)) << d.name << " byte " << i;
      ScramServer cut = server_for(d);
      ASSERT_TRUE(cut.first(d.client_first));
      EXPECT_FALSE(cut.final(good.substr(0, i))) << d.name << " cut at " << i;
    }
  }
}

TEST(Scram, RefusesHostileFirstMessages) {
  const std::string kBad[] = {
      "",
      ",",
      ",,,",
      "n,,n=user",
      "n,,r=abc,n=user",
      "n,,n=,r=abc",
      "n,,n=user,r=",
      "n,,n=us=er,r=abc",
      "n,,n=user=,r=abc",
      "n,,n=user=2,r=abc",
      "n,,n=user=2c,r=abc",
      "n,,m=ext,n=user,r=abc",
      "n,,n=user,r=abc,x=1",
      "n,,n=user,r=abc,i=2147483648",
      "n,,n=user,r=a b",
      "n,,n=user,r=a\x80",
      std::string("n,,n=us\0er,r=abc", 16),
      "n,,n=us\xff"
      "er,r=abc",
      "n,a=,n=user,r=abc",
      "n,b=x,n=user,r=abc",
      "x,,n=user,r=abc",
      "p=,,n=user,r=abc",
      "p=tls-unique,,n=user,r=abc",
      "p=tls-nothing,,n=user,r=abc",
      "n,,n=user,r=" + std::string(kMaxNonce + 1, 'a'),
      "n,,n=" + std::string(kMaxSaslMessage, 'a') + ",r=abc",
  };
  for (const std::string& m : kBad) {
    for (bool plus : {false, true}) {
      ScramServer s({ScramHash::sha256, plus, plus, {"", "cb", ""}, ""},
                    [](std::string_view n, ScramHash h) { return fake_scram_keys(h, n, "pepper"); });
      auto r = s.first(m);
      EXPECT_FALSE(r) << m.substr(0, 60);
      if (!r) EXPECT_EQ(r.error().code, "AUTHENTICATIONFAILED");
      EXPECT_FALSE(s.first("n,,n=user,r=abc")) << "a failed exchange stays failed";
    }
  }
  ScramServer longest({}, [](std::string_view n, ScramHash h) { return fake_scram_keys(h, n, "pepper"); });
  EXPECT_TRUE(longest.first("n,,n=user,r=" + std::string(kMaxNonce, 'a')));
}

TEST(Scram, ChannelBindingIsHeldTo) {
  auto keys = [](std::string_view n, ScramHash h) { return fake_scram_keys(h, n, "pepper"); };
  ChannelBindings cb{"", "cb", ""};
  // A client that can bind and was told that we can't: somebody in between took -PLUS away.
  EXPECT_FALSE(ScramServer({ScramHash::sha256, false, true, cb, ""}, keys).first("y,,n=user,r=abc"));
  EXPECT_TRUE(ScramServer({ScramHash::sha256, false, false, {}, ""}, keys).first("y,,n=user,r=abc"));
  EXPECT_TRUE(ScramServer({ScramHash::sha256, false, true, cb, ""}, keys).first("n,,n=user,r=abc"));
  // -PLUS without a binding, and a binding without -PLUS.
  EXPECT_FALSE(ScramServer({ScramHash::sha256, true, true, cb, ""}, keys).first("n,,n=user,r=abc"));
  EXPECT_FALSE(ScramServer({ScramHash::sha256, false, true, cb, ""}, keys)
                   .first("p=tls-server-end-point,,n=user,r=abc"));
  EXPECT_FALSE(
      ScramServer({ScramHash::sha256, true, true, cb, ""}, keys).first("p=tls-exporter,,n=user,r=abc"));
  // The right proof over another connection's binding.
  Dialogue d = kDialogues[2];
  d.bindings.tls_exporter = "another connection";
  ScramServer s = server_for(d);
  ASSERT_TRUE(s.first(d.client_first));
  EXPECT_FALSE(s.final(d.client_final));
}

TEST(Scram, NoncesAreNewSoAReplayFails) {
  ScramKeys keys = scram_keys(ScramHash::sha256, "pencil", kSalt, 4096).value();
  auto source = [keys](std::string_view, ScramHash) { return keys; };
  ScramServer a({}, source), b({}, source);
  auto first = a.first("n,,n=user,r=abc"), second = b.first("n,,n=user,r=abc");
  ASSERT_TRUE(first && second);
  EXPECT_NE(*first, *second);
}

TEST(Scram, UnknownUsersLookLikeKnownOnes) {
  ScramKeys a = fake_scram_keys(ScramHash::sha256, "nobody", "pepper");
  ScramKeys again = fake_scram_keys(ScramHash::sha256, "nobody", "pepper");
  ScramKeys other = fake_scram_keys(ScramHash::sha256, "somebody", "pepper");
  ScramKeys real = new_scram_keys(ScramHash::sha256, "pencil").value();
  EXPECT_EQ(a.salt, again.salt);
  EXPECT_NE(a.salt, other.salt);
  EXPECT_NE(a.salt, fake_scram_keys(ScramHash::sha256, "nobody", "another").salt);
  EXPECT_EQ(a.salt.size(), real.salt.size());
  EXPECT_EQ(a.iterations, real.iterations);
  EXPECT_EQ(a.stored_key.size(), real.stored_key.size());
  EXPECT_NE(a.stored_key, a.server_key);
}

TEST(Scram, PasswordsArePrepared) {
  auto a = scram_keys(ScramHash::sha1, "I\xc2\xadX", kSalt, 4096),
       b = scram_keys(ScramHash::sha1, "IX", kSalt, 4096);
  ASSERT_TRUE(a && b);
  EXPECT_EQ(a->stored_key, b->stored_key);
  EXPECT_FALSE(scram_keys(ScramHash::sha1, "\a", kSalt, 4096));
  EXPECT_FALSE(scram_keys(ScramHash::sha1, "\xc2\xad", kSalt, 4096)) << "nothing is left of it";
}

// --- SaslServer

ScramKeySource no_keys() {
  return [](std::string_view n, ScramHash h) { return fake_scram_keys(h, n, "pepper"); };
}
SaslServer start(const char* mechanism, bool plain = true) {
  auto s = SaslServer::start(mechanism, {plain, {}}, no_keys());
  EXPECT_TRUE(s) << mechanism;
  return std::move(*s);
}
std::string_view bytes(const char* s, std::size_t n) {
  return {s, n};
}

TEST(Sasl, OffersWhatFits) {
  using V = std::vector<std::string>;
  EXPECT_EQ(sasl_mechanisms(true, false), (V{"SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN"}));
  EXPECT_EQ(sasl_mechanisms(false, false), (V{"SCRAM-SHA-256", "SCRAM-SHA-1"}));
  EXPECT_EQ(sasl_mechanisms(false, true).front(), "SCRAM-SHA-256-PLUS");
  EXPECT_FALSE(SaslServer::start("NTLM", {true, {}}, no_keys()));
  EXPECT_FALSE(SaslServer::start("", {true, {}}, no_keys()));
  EXPECT_FALSE(SaslServer::start("SCRAM-SHA-256-PLUS", {true, {}}, no_keys()));
  auto clear = SaslServer::start("plain", {false, {}}, no_keys());
  ASSERT_FALSE(clear);
  EXPECT_EQ(clear.error().code, "PRIVACYREQUIRED");
}

TEST(Sasl, Plain) {
  SaslServer s = start("plain");
  SaslStep empty = s.step(std::nullopt);
  EXPECT_EQ(empty.kind, SaslStep::Kind::challenge);
  EXPECT_EQ(empty.data, "");
  SaslStep r = s.step(bytes("admin\0user\0pass word", 20));
  ASSERT_EQ(r.kind, SaslStep::Kind::check_password) << r.what;
  EXPECT_EQ(r.authzid, "admin");
  EXPECT_EQ(r.authcid, "user");
  EXPECT_EQ(r.password.view(), "pass word");
  EXPECT_EQ(s.step("again").kind, SaslStep::Kind::failed);
}

TEST(Sasl, PlainRefusesOtherCountsOfNul) {
  const std::string kBad[] = {"",
                              "user",
                              std::string("user\0pass", 9),
                              std::string("\0user\0pa\0ss", 11),
                              std::string("\0\0pass", 6),
                              std::string("\0user\0", 6),
                              std::string("\0\0", 2),
                              std::string("\0us\xff\0p", 6),
                              std::string("\0u\0", 3) + std::string(kMaxSecret + 1, 'p'),
                              std::string(kMaxSaslMessage + 1, 'x')};
  for (const std::string& m : kBad) {
    SaslServer s = start("PLAIN");
    EXPECT_EQ(s.step(m).kind, SaslStep::Kind::failed) << m.size();
    EXPECT_EQ(s.step(bytes("\0user\0pass", 10)).kind, SaslStep::Kind::failed)
        << "a failed exchange stays failed";
  }
  SaslServer longest = start("PLAIN");
  EXPECT_EQ(longest.step(std::string("\0u\0", 3) + std::string(kMaxSecret, 'p')).kind,
            SaslStep::Kind::check_password);
}

TEST(Sasl, Login) {
  SaslServer s = start("LOGIN");
  SaslStep name = s.step(std::nullopt);
  EXPECT_EQ(name.kind, SaslStep::Kind::challenge);
  EXPECT_EQ(name.data, "Username:");
  SaslStep password = s.step("user@example.org");
  EXPECT_EQ(password.kind, SaslStep::Kind::challenge);
  EXPECT_EQ(password.data, "Password:");
  SaslStep r = s.step("secret");
  ASSERT_EQ(r.kind, SaslStep::Kind::check_password);
  EXPECT_EQ(r.authcid, "user@example.org");
  EXPECT_EQ(r.password.view(), "secret");

  SaslServer initial = start("LOGIN");
  EXPECT_EQ(initial.step("user").data, "Password:") << "an initial response is the name";
  EXPECT_EQ(initial.step(std::nullopt).kind, SaslStep::Kind::failed);
  SaslServer nul = start("LOGIN");
  EXPECT_EQ(nul.step(bytes("us\0er", 5)).kind, SaslStep::Kind::failed);
}

TEST(Sasl, ScramEndsWithAnEmptyResponse) {
  const Dialogue& d = kDialogues[1];
  // The server's nonce can't be set through SaslServer: the client's proof is computed here from the
  // messages.
  ScramKeys keys = scram_keys(ScramHash::sha256, "pencil", d.salt, 4096).value();
  auto s = SaslServer::start("scram-sha-256", {}, [keys](std::string_view, ScramHash) { return keys; });
  ASSERT_TRUE(s);
  EXPECT_EQ(s->step(std::nullopt).data, "");
  SaslStep first = s->step("n,,n=user,r=abc");
  ASSERT_EQ(first.kind, SaslStep::Kind::challenge) << first.what;
  std::string nonce = first.data.substr(0, first.data.find(','));
  std::string without = "c=biws," + nonce;
  std::string message = "n=user,r=abc," + first.data + "," + without;
  std::string salted = derive_key(Digest::sha256, "pencil", d.salt, 4096, 32);
  std::string proof = hmac_of(Digest::sha256, salted, "Client Key");
  std::string mask = hmac_of(Digest::sha256, keys.stored_key, message);
  for (std::size_t i = 0; i < proof.size(); ++i) proof[i] = static_cast<char>(proof[i] ^ mask[i]);
  SaslStep last = s->step(without + ",p=" + base::base64(proof));
  ASSERT_EQ(last.kind, SaslStep::Kind::challenge) << last.what;
  EXPECT_EQ(last.data, "v=" + base::base64(hmac_of(Digest::sha256, keys.server_key, message)));
  SaslStep done = s->step("");
  EXPECT_EQ(done.kind, SaslStep::Kind::done);
  EXPECT_EQ(done.authcid, "user");
  EXPECT_EQ(s->step("").kind, SaslStep::Kind::failed);
}

TEST(Sasl, AFailedScramNamesTheUserForTheThrottle) {
  SaslServer s = start("SCRAM-SHA-256");
  ASSERT_EQ(s.step("n,,n=user,r=abc").kind, SaslStep::Kind::challenge);
  SaslStep r = s.step("c=biws,r=abc,p=AAAA");
  EXPECT_EQ(r.kind, SaslStep::Kind::failed);
  EXPECT_EQ(r.authcid, "user");
}

}  // namespace
}  // namespace postern::auth
