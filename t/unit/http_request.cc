// Request heads and bodies: what is accepted, what is refused and with which status (J02, J14), at any split.
#include <gtest/gtest.h>

#include <string>

#include "http/request.h"

namespace postern::http {
namespace {

constexpr std::string_view kGet = "GET /jmap/api HTTP/1.1\r\nHost: a.example\r\n\r\n";

int status_of(std::string_view raw) {
  HeadParser p;
  auto step = p.parse(raw);
  if (step == HeadParser::Step::more) return 0;
  return step == HeadParser::Step::done ? 200 : p.refusal().status;
}

int with_field(std::string field) {
  return status_of("POST / HTTP/1.1\r\nHost: a\r\n" + field + "\r\n\r\n");
}

struct Body {
  int status = 0;  // 0 more, 200 whole
  std::string bytes, rest;
};
Body read_body(std::string fields, std::string_view bytes, std::uint64_t max = 1000,
               std::size_t step_size = 0) {
  std::string raw = "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n\r\n";
  HeadParser p;
  if (p.parse(raw) != HeadParser::Step::done) return {p.refusal().status, {}, {}};
  BodyReader r(p.head(), max);
  Body b;
  while (true) {
    auto in = step_size ? bytes.substr(0, step_size) : bytes;
    auto before = in.size();
    auto step = r.feed(in);
    if (step == BodyReader::Step::data) b.bytes += r.data();
    bytes.remove_prefix(before - in.size());
    if (step == BodyReader::Step::refused) b.status = r.refusal().status;
    if (step == BodyReader::Step::end) b.status = 200;
    if (b.status || (step == BodyReader::Step::more && bytes.empty())) break;
  }
  b.rest = bytes;
  return b;
}

TEST(HttpRequest, ReadsAHead) {
  std::string raw =
      "POST /jmap/api?x=1 HTTP/1.1\r\nHost: mail.example:8080\r\ncontent-TYPE:  application/json \t\r\n"
      "Content-Length: 5\r\nExpect: 100-continue\r\n\r\nhello";
  HeadParser p;
  ASSERT_EQ(p.parse(raw), HeadParser::Step::done);
  EXPECT_EQ(p.head().method, "POST");
  EXPECT_EQ(p.head().target, "/jmap/api?x=1");
  EXPECT_EQ(p.head().host, "mail.example:8080");
  EXPECT_EQ(p.head().field("Content-Type"), "application/json");
  EXPECT_EQ(p.head().content_length, 5u);
  EXPECT_TRUE(p.head().expect_continue);
  EXPECT_TRUE(p.head().keep_alive);
  EXPECT_EQ(raw.substr(p.consumed()), "hello");
}

TEST(HttpRequest, SameAtAnySplit) {
  for (std::size_t cut = 0; cut < kGet.size(); ++cut) {
    HeadParser p;
    ASSERT_EQ(p.parse(kGet.substr(0, cut)), HeadParser::Step::more) << cut;
    ASSERT_EQ(p.parse(kGet), HeadParser::Step::done);
    EXPECT_EQ(p.head().target, "/jmap/api");
  }
}

TEST(HttpRequest, ParserIsReusable) {
  HeadParser p;
  ASSERT_EQ(p.parse(kGet), HeadParser::Step::done);
  p.reset();
  ASSERT_EQ(p.parse("\r\nGET /2 HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"), HeadParser::Step::done);
  EXPECT_EQ(p.head().target, "/2");
  EXPECT_TRUE(p.head().keep_alive);
}

TEST(HttpRequest, KeepAlive) {
  HeadParser p;
  ASSERT_EQ(p.parse("GET / HTTP/1.1\r\nHost: a\r\nConnection: te, Close\r\n\r\n"), HeadParser::Step::done);
  EXPECT_FALSE(p.head().keep_alive);
  p.reset();
  ASSERT_EQ(p.parse("GET / HTTP/1.0\r\n\r\n"), HeadParser::Step::done);
  EXPECT_FALSE(p.head().keep_alive);
}

TEST(HttpRequest, J14RefusesBadHeads) {
  EXPECT_EQ(status_of("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), 505);
  EXPECT_EQ(status_of("GET /\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET  / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\nHost: a\n\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\n\r\n"), 400);  // no Host
  EXPECT_EQ(with_field("Host: b"), 400);
  EXPECT_EQ(with_field("A : b"), 400);
  EXPECT_EQ(with_field("A: b\r\n folded"), 400);
  EXPECT_EQ(with_field("no colon"), 400);
  EXPECT_EQ(with_field(std::string("A: \0", 4)), 400);
  EXPECT_EQ(with_field("A: b\rc"), 400);
  EXPECT_EQ(with_field("Content-Encoding: gzip"), 415);
  EXPECT_EQ(with_field("Expect: miracles"), 417);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a\"b\r\n\r\n"), 400);
  EXPECT_EQ(status_of("\x16\x03\x01"), 400);  // a TLS hello
  EXPECT_EQ(status_of("G\x80T / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET /\x80 HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
}

TEST(HttpRequest, J02RefusesDoubtfulFraming) {
  EXPECT_EQ(with_field("Content-Length: 5\r\nContent-Length: 5"), 400);
  EXPECT_EQ(with_field("Content-Length: +5"), 400);
  EXPECT_EQ(with_field("Content-Length: -1"), 400);
  EXPECT_EQ(with_field("Content-Length: 5, 5"), 400);
  EXPECT_EQ(with_field("Content-Length: 0x5"), 400);
  EXPECT_EQ(with_field("Content-Length:"), 400);
  EXPECT_EQ(with_field("Content-Length: 18446744073709551616"), 400);
  EXPECT_EQ(with_field("Content-Length: 5\r\nTransfer-Encoding: chunked"), 400);
  EXPECT_EQ(with_field("Transfer-Encoding : chunked"), 400);
  EXPECT_EQ(with_field("Transfer-Encoding: gzip, chunked"), 400);
  EXPECT_EQ(with_field("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), 400);
  EXPECT_EQ(status_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
}

TEST(HttpRequest, LimitsAtAndPast) {
  auto line = [](std::size_t target) {
    return "GET /" + std::string(target, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  };
  std::size_t fits = kMaxRequestLine - std::string("GET / HTTP/1.1\r").size();
  EXPECT_EQ(status_of(line(fits)), 200);
  EXPECT_EQ(status_of(line(fits + 1)), 414);
  auto fields = [](std::size_t n) {
    std::string s = "Host: a";
    for (std::size_t i = 1; i < n; ++i) s += "\r\nX-" + std::to_string(i) + ": 1";
    return "GET / HTTP/1.1\r\n" + s + "\r\n\r\n";
  };
  EXPECT_EQ(status_of(fields(kMaxHeaders)), 200);
  EXPECT_EQ(status_of(fields(kMaxHeaders + 1)), 431);
  EXPECT_EQ(with_field(std::string(kMaxHeaderName, 'n') + ": 1"), 200);
  EXPECT_EQ(with_field(std::string(kMaxHeaderName + 1, 'n') + ": 1"), 431);
  auto head = [](std::size_t total) {
    std::string s = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    return s + std::string(total - s.size() - 3, 'x') + "\r\n\r\n";  // up to the LF of the empty line
  };
  EXPECT_EQ(status_of(head(kMaxHead)), 200);
  EXPECT_EQ(status_of(head(kMaxHead + 1)), 431);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(1 << 20, 'x')),
            431);  // before its end
  EXPECT_EQ(status_of(std::string(1 << 20, 'G')), 414);
}

TEST(HttpRequest, BodyByLength) {
  auto b = read_body("Content-Length: 5", "helloGET");
  EXPECT_EQ(b.status, 200);
  EXPECT_EQ(b.bytes, "hello");
  EXPECT_EQ(b.rest, "GET");
  EXPECT_EQ(read_body("Content-Length: 6", "hello").status, 0);  // J02 long: more is awaited
  EXPECT_EQ(read_body("Content-Length: 1000", std::string(1000, 'x')).status, 200);
  EXPECT_EQ(read_body("Content-Length: 1001", "").status, 413);
  EXPECT_EQ(read_body("X: 1", "rest").rest, "rest");
}

TEST(HttpRequest, BodyByChunksAtAnySplit) {
  std::string_view raw = "5;a=b\r\nhello\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nNEXT";
  for (std::size_t n : {0, 1, 2, 3, 7}) {
    auto b = read_body("Transfer-Encoding: chunked", raw, 1000, n);
    EXPECT_EQ(b.status, 200) << n;
    EXPECT_EQ(b.bytes, "hello0123456789");
    EXPECT_EQ(b.rest, "NEXT");
  }
}

TEST(HttpRequest, J02RefusesBadChunks) {
  auto chunks = [](std::string_view raw) { return read_body("Transfer-Encoding: chunked", raw).status; };
  EXPECT_EQ(chunks("10000000000000001\r\n"), 400);  // 2^64 + 1
  EXPECT_EQ(chunks("-5\r\n"), 400);
  EXPECT_EQ(chunks("+5\r\n"), 400);
  EXPECT_EQ(chunks("0x5\r\n"), 400);
  EXPECT_EQ(chunks("5 \r\n"), 400);
  EXPECT_EQ(chunks("\r\n"), 400);
  EXPECT_EQ(chunks("5\nhello"), 400);
  EXPECT_EQ(chunks("5\r\nhelloX\r\n"), 400);
  EXPECT_EQ(chunks("5\r\nhello\n"), 400);
  EXPECT_EQ(chunks("3e8\r\n"), 0);
  EXPECT_EQ(chunks("3e9\r\n"), 413);
  EXPECT_EQ(chunks("1;" + std::string(1 << 20, 'e')), 400);
  EXPECT_EQ(chunks("0\r\nno colon\r\n"), 400);
  std::string trailers = "0\r\n";
  for (int i = 0; i < 10000; ++i) trailers += "T: 1\r\n";
  EXPECT_EQ(chunks(trailers), 400);
}

TEST(HttpRequest, ChunkLineAtAndPastTheLimit) {
  auto line = [](std::size_t n) { return "5;" + std::string(n - 3, 'e') + "\r\n"; };  // n bytes before the LF
  EXPECT_EQ(read_body("Transfer-Encoding: chunked", line(kMaxChunkLine)).status, 0);
  EXPECT_EQ(read_body("Transfer-Encoding: chunked", line(kMaxChunkLine + 1)).status, 400);
}

}  // namespace
}  // namespace postern::http
