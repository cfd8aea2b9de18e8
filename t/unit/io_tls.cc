// Stream with TLS: handshake, STARTTLS injection, the end of a session, SNI, ALPN, resumption, reload,
// bindings.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "io/stream.h"
#include "io/tls.h"

namespace postern::io {
namespace {

using Log = std::vector<std::string>;

std::string shown(const base::Error& e) {
  return "!" + e.code;
}

struct Folder {
  Folder() {
    char name[] = "/tmp/postern-tls-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  TlsIdentity identity(const std::string& host) {
    auto made = make_self_signed({host, "127.0.0.1"}, 30);
    EXPECT_TRUE(made) << made.error().what;
    TlsIdentity id{path + "/" + host + ".pem", path + "/" + host + ".key", ""};
    EXPECT_TRUE(base::write_file(id.cert_file, made->cert_pem));
    EXPECT_TRUE(base::write_file(id.key_file, made->key_pem, 0600));
    return id;
  }
  std::string path;
};

std::shared_ptr<TlsContext> server(TlsServerOptions o) {
  auto c = TlsContext::server(std::move(o));
  EXPECT_TRUE(c) << c.error().what;
  return *c;
}
std::shared_ptr<TlsContext> client(TlsClientOptions o) {
  auto c = TlsContext::client(std::move(o));
  EXPECT_TRUE(c) << c.error().what;
  return *c;
}
std::shared_ptr<TlsContext> trusting() {
  TlsClientOptions o;
  o.verify = false;
  return client(o);
}

struct Ends {
  explicit Ends(Loop& loop) {
    int fds[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    raw.reset(::dup(fds[1]));
    server = Stream(loop, base::Fd(fds[0]));
    client = Stream(loop, base::Fd(fds[1]));
  }
  Stream server, client;
  base::Fd raw;  // under the client: what a man in the middle could write
};

Task<> start(Stream& s, std::shared_ptr<TlsContext> c, std::string name, std::string& out) {
  auto r = co_await s.start_tls(std::move(c), std::move(name));
  out = !r ? shown(r.error()) : r->dropped_input ? "dropped" : "up";
}
Task<> until_drained(TaskGroup& g) {
  co_await g.drained();
}

void turn(Loop& loop, int n = 10) {
  for (int i = 0; i < n; ++i) loop.run_once(false);
}

struct Handshake {
  Handshake(Loop& loop, std::shared_ptr<TlsContext> s, std::shared_ptr<TlsContext> c, std::string name = {})
      : ends(loop) {
    TaskGroup g;
    g.spawn(start(ends.server, std::move(s), "", at_server));
    g.spawn(start(ends.client, std::move(c), std::move(name), at_client));
    loop.run(until_drained(g));
  }
  Ends ends;
  std::string at_server, at_client;
};

Task<> lines(Stream& s, Log& log) {
  for (;;) {
    auto line = co_await s.read_line(100000);
    if (!line) {
      log.push_back(shown(line.error()));
      co_return;
    }
    log.push_back(std::string(line->text));
  }
}
Task<> send(Stream& s, std::string bytes) {
  s.write(std::move(bytes));
  auto r = co_await s.flush();
  EXPECT_TRUE(r);
}

TEST(Tls, CarriesLinesBothWaysAndCloses) {
  for (const char* priority : {kDefaultTlsPriority, "NORMAL:-VERS-ALL:+VERS-TLS1.2"}) {
    Loop loop;
    Folder f;
    TlsServerOptions o{.identities = {f.identity("mail.example")}, .priority = priority};
    Handshake h(loop, server(o), trusting(), "mail.example");
    ASSERT_EQ(h.at_server + h.at_client, "upup");
    Log at_server, at_client;
    TaskGroup g;
    g.spawn(lines(h.ends.server, at_server));
    g.spawn(lines(h.ends.client, at_client));
    std::string big(90000, 'b');
    g.spawn(send(h.ends.client, "a NOOP\r\nb " + big + "\r\n"));
    g.spawn(send(h.ends.server, "a OK\r\n"));
    turn(loop, 40);
    EXPECT_EQ(at_server, (Log{"a NOOP", "b " + big}));
    EXPECT_EQ(at_client, (Log{"a OK"}));
    EXPECT_EQ(h.ends.server.tls()->sni, "mail.example");
    EXPECT_FALSE(h.ends.server.tls()->version.empty());
    h.ends.client.close();
    turn(loop);
    EXPECT_EQ(at_server.back(), "!EOF");
  }
}

TEST(Tls, BytesSentBeforeTheHandshakeAreNeverRead) {
  Loop loop;
  Folder f;
  Ends e(loop);
  Log log;
  TaskGroup g;
  ASSERT_TRUE(base::write_all(e.raw.get(), "a STARTTLS\r\nb LOGIN evil evil\r\n"));
  struct Server {
    static Task<> run(Stream& s, std::shared_ptr<TlsContext> c, Log& log) {
      auto line = co_await s.read_line(100);
      log.push_back(std::string(line->text));
      s.write("a OK\r\n");
      auto sent = co_await s.flush();
      EXPECT_TRUE(sent);
      auto r = co_await s.start_tls(std::move(c));
      log.push_back(r && r->dropped_input ? "dropped" : "switched");
      auto more = co_await s.read_line(100);
      log.push_back(more ? "READ " + std::string(more->text) : shown(more.error()));
      s.write("no answer in the clear");
      auto out = co_await s.flush();
      log.push_back(out ? "SENT" : shown(out.error()));
    }
  };
  g.spawn(Server::run(e.server, server({.identities = {f.identity("mail.example")}}), log));
  turn(loop);
  EXPECT_EQ(log, (Log{"a STARTTLS", "dropped", "!TLS", "!TLS"}));
}

TEST(Tls, PlainTextInsteadOfAHandshakeFails) {
  Loop loop;
  Folder f;
  Ends e(loop);
  std::string out;
  Log log;
  TaskGroup g;
  g.spawn(start(e.server, server({.identities = {f.identity("mail.example")}}), "", out));
  ASSERT_TRUE(base::write_all(e.raw.get(), "b LOGIN evil evil\r\nc SELECT INBOX\r\n"));
  turn(loop);
  EXPECT_EQ(out, "!TLS");
  g.spawn(lines(e.server, log));
  EXPECT_EQ(log, (Log{"!TLS"}));
}

// The case of Exim's CVE-2026-45185: a plain byte after close_notify.
TEST(Tls, NothingIsReadAfterCloseNotify) {
  Loop loop;
  Folder f;
  Handshake h(loop, server({.identities = {f.identity("mail.example")}}), trusting());
  ASSERT_EQ(h.at_server, "up");
  Log log;
  TaskGroup g;
  g.spawn(send(h.ends.client, "a BDAT 1000\r\n0123456789"));
  turn(loop);
  h.ends.client.shutdown_write();  // close_notify, then FIN under it
  {
    // A socket that the far side's kernel has not shut may still bring bytes: write them before the FIN is
    // seen by using a fresh pair whose server end is switched in the same way.
    Handshake open(loop, server({.identities = {f.identity("mail.example")}}), trusting());
    ASSERT_EQ(open.at_server, "up");
    struct Peer {
      static Task<> end_tls_only(Stream& s) {
        s.write("x\r\n");
        auto r = co_await s.flush();
        EXPECT_TRUE(r);
        s.close();  // the dup under it stays open: close_notify without FIN
      }
    };
    g.spawn(Peer::end_tls_only(open.ends.client));
    ASSERT_TRUE(base::write_all(open.ends.raw.get(), "\nplain LOGIN\r\n"));
    Log got;
    TaskGroup inner;
    inner.spawn(lines(open.ends.server, got));
    turn(loop);
    inner.spawn(lines(open.ends.server, got));
    ASSERT_TRUE(base::write_all(open.ends.raw.get(), "again\r\n"));
    turn(loop);
    inner.spawn(lines(open.ends.server, got));
    turn(loop);
    EXPECT_EQ(got, (Log{"x", "!EOF", "!EOF", "!EOF"}));
  }
  g.spawn(lines(h.ends.server, log));
  turn(loop);
  g.spawn(lines(h.ends.server, log));
  turn(loop);
  EXPECT_EQ(log, (Log{"a BDAT 1000", "!EOF", "!EOF"}));
}

TEST(Tls, ABrokenRecordEndsReadingForGood) {
  Loop loop;
  Folder f;
  Handshake h(loop, server({.identities = {f.identity("mail.example")}}), trusting());
  ASSERT_EQ(h.at_server, "up");
  ASSERT_TRUE(base::write_all(h.ends.raw.get(), "plain\r\nplain\r\n"));
  Log log;
  TaskGroup g;
  g.spawn(lines(h.ends.server, log));
  turn(loop);
  ASSERT_TRUE(base::write_all(h.ends.raw.get(), "plain\r\n"));
  g.spawn(lines(h.ends.server, log));
  turn(loop);
  EXPECT_EQ(log, (Log{"!TLS", "!TLS"}));
}

TEST(Tls, SniChoosesTheCertificateAndNamesAreVerified) {
  Loop loop;
  Folder f;
  auto a = f.identity("a.example"), b = f.identity("b.example");
  auto s = server({.identities = {a, b}});
  auto trust = [&](const TlsIdentity& id) { return client({.ca_file = id.cert_file}); };
  EXPECT_EQ(Handshake(loop, s, trust(a), "a.example").at_client, "up");
  EXPECT_EQ(Handshake(loop, s, trust(b), "b.example").at_client, "up");
  EXPECT_EQ(Handshake(loop, s, trust(b), "a.example").at_client, "!TLS");
  EXPECT_EQ(Handshake(loop, s, trust(a), "other.example").at_client, "!TLS");
  EXPECT_EQ(Handshake(loop, s, trust(a), "127.0.0.1").at_client, "up");
}

TEST(Tls, AlpnAgreesOrEnds) {
  Loop loop;
  Folder f;
  auto s = server({.identities = {f.identity("a.example")}, .alpn = {"imap"}});
  auto offers = [](std::vector<std::string> names) {
    TlsClientOptions o;
    o.verify = false;
    o.alpn = std::move(names);
    return client(o);
  };
  Handshake good(loop, s, offers({"http/1.1", "imap"}));
  EXPECT_EQ(good.at_server, "up");
  EXPECT_EQ(good.ends.server.tls()->alpn, "imap");
  Handshake none(loop, s, offers({}));
  EXPECT_EQ(none.at_server, "up");
  Handshake bad(loop, s, offers({"http/1.1"}));
  EXPECT_EQ(bad.at_server, "!TLS");
  EXPECT_EQ(bad.at_client, "!TLS");
}

TEST(Tls, SessionsResumeAlsoAcrossContextsWithOneSeed) {
  for (const char* priority : {kDefaultTlsPriority, "NORMAL:-VERS-ALL:+VERS-TLS1.2"}) {
    Loop loop;
    Folder f;
    TlsServerOptions o{.identities = {f.identity("a.example")}, .priority = priority};
    o.ticket_seed = std::string(64, 's');
    auto one = server(o), two = server(o);
    TlsClientOptions co;
    co.verify = false;
    co.resume = true;
    auto c = client(co);
    auto visit = [&](std::shared_ptr<TlsContext> s) {
      Handshake h(loop, std::move(s), c, "a.example");
      EXPECT_EQ(h.at_server + h.at_client, "upup");
      Log log;
      TaskGroup g;
      g.spawn(lines(h.ends.client, log));  // TLS 1.3 sends its ticket behind the handshake
      g.spawn(send(h.ends.server, "hello\r\n"));
      turn(loop);
      EXPECT_EQ(log, (Log{"hello"}));
      return h.ends.server.tls()->resumed;
    };
    EXPECT_FALSE(visit(one));
    EXPECT_TRUE(visit(one)) << priority;
    EXPECT_TRUE(visit(two)) << priority;
    auto stranger = o;
    stranger.ticket_seed.clear();
    EXPECT_FALSE(visit(server(stranger)));
  }
}

TEST(Tls, ReloadKeepsLiveSessionsAndServesTheNewCertificate) {
  Loop loop;
  Folder f;
  auto id = f.identity("a.example");
  auto s = server({.identities = {id}});
  auto old_trust = client({.ca_file = id.cert_file});
  Handshake live(loop, s, old_trust, "a.example");
  ASSERT_EQ(live.at_client, "up");
  f.identity("a.example");  // writes new files in the same place
  ASSERT_TRUE(s->reload());
  EXPECT_EQ(Handshake(loop, s, old_trust, "a.example").at_client, "!TLS");
  EXPECT_EQ(Handshake(loop, s, client({.ca_file = id.cert_file}), "a.example").at_client, "up");
  ASSERT_TRUE(base::write_file(id.cert_file, "garbage"));
  EXPECT_FALSE(s->reload());
  EXPECT_EQ(Handshake(loop, s, trusting(), "a.example").at_client, "up");
  Log log;
  TaskGroup g;
  g.spawn(lines(live.ends.server, log));
  g.spawn(send(live.ends.client, "still here\r\n"));
  turn(loop);
  EXPECT_EQ(log, (Log{"still here"}));
}

TEST(Tls, ChannelBindingsAgree) {
  Loop loop;
  Folder f;
  auto id = f.identity("a.example");
  for (bool old : {false, true}) {
    TlsServerOptions o{.identities = {id}};
    if (old) o.priority = "NORMAL:-VERS-ALL:+VERS-TLS1.2";
    Handshake h(loop, server(o), trusting());
    ASSERT_EQ(h.at_server, "up");
    for (auto kind :
         {ChannelBinding::tls_unique, ChannelBinding::tls_server_end_point, ChannelBinding::tls_exporter}) {
      auto a = h.ends.server.channel_binding(kind), b = h.ends.client.channel_binding(kind);
      bool expected = kind != ChannelBinding::tls_unique || old;
      EXPECT_EQ(a.has_value(), expected);
      EXPECT_EQ(a, b);
    }
  }
}

TEST(Tls, BadOptionsAreErrors) {
  Folder f;
  auto id = f.identity("a.example");
  EXPECT_FALSE(TlsContext::server({}));
  EXPECT_FALSE(TlsContext::server({.identities = {{"/nonexistent", "", ""}}}));
  EXPECT_FALSE(TlsContext::server({.identities = {id}, .priority = "NORMAL:+NONSENSE"}));
  EXPECT_FALSE(TlsContext::server({.identities = {{id.cert_file, f.identity("b.example").key_file, ""}}}));
  TlsServerOptions seed{.identities = {id}};
  seed.ticket_seed = "short";
  EXPECT_FALSE(TlsContext::server(seed));
  EXPECT_FALSE(make_self_signed({}, 1));
}

TEST(Tls, AHandshakeThatNeverEndsIsCancelledCleanly) {
  Loop loop;
  Folder f;
  Ends e(loop);
  std::string out;
  {
    TaskGroup g;
    g.spawn(start(e.server, server({.identities = {f.identity("a.example")}}), "", out));
    ASSERT_TRUE(
        base::write_all(e.raw.get(), std::string("\x16\x03\x01\x40\x00\x01\x00\x3f\xfc\x03\x03", 11)));
    turn(loop);
    EXPECT_EQ(out, "");
  }
  e.server.close();
  turn(loop);
}

TEST(Tls, AHandshakeThatTricklesIsEnded) {
  Loop loop;
  Folder f;
  Ends e(loop);
  std::string out;
  TaskGroup g;
  TlsServerOptions o{.identities = {f.identity("a.example")}};
  o.handshake_ms = 50;
  e.server.set_timeout(1'000'000);
  g.spawn(start(e.server, server(o), "", out));
  ASSERT_TRUE(base::write_all(e.raw.get(), std::string("\x16\x03\x01\x40\x00\x01\x00\x3f\xfc\x03\x03", 11)));
  Timer trickle = loop.every(5, [&] { ASSERT_TRUE(base::write_all(e.raw.get(), "x")); });
  loop.run(until_drained(g));
  EXPECT_EQ(out, "!TIMEOUT");
}

TEST(Tls, HandshakeBytesAreBounded) {
  Loop loop;
  Folder f;
  Ends e(loop);
  std::string out;
  TaskGroup g;
  g.spawn(start(e.server, server({.identities = {f.identity("a.example")}}), "", out));
  // A ClientHello that claims 16 MB, sent in full records.
  std::string record("\x16\x03\x01\x40\x00", 5);
  std::size_t sent = 0;
  for (int i = 0; i < 64 && out.empty(); ++i) {
    std::string body(16384, '\0');
    if (i == 0) body.replace(0, 4, std::string("\x01\xff\xff\xff", 4));
    base::set_nonblock(e.raw.get());
    auto n = ::send(e.raw.get(), (record + body).data(), record.size() + body.size(), MSG_NOSIGNAL);
    if (n > 0) sent += static_cast<std::size_t>(n);
    turn(loop);
  }
  EXPECT_EQ(out, "!TLS");
  EXPECT_LE(sent, 4 * kMaxHandshakeBytes);
}

}  // namespace
}  // namespace postern::io
