// Targets, credentials, response heads, ranges and file names.
#include <gtest/gtest.h>

#include "base/codec.h"
#include "http/auth.h"
#include "http/limits.h"
#include "http/response.h"
#include "http/target.h"

namespace postern::http {
namespace {

TEST(HttpTarget, DecodesPathAndQuery) {
  auto t = parse_target("/jmap/download/a1/b%20c/x%2Fy?type=text%2Fplain&name=a+b&empty");
  ASSERT_TRUE(t);
  EXPECT_EQ(t->path, (std::vector<std::string>{"jmap", "download", "a1", "b c", "x/y"}));
  EXPECT_EQ(t->query_value("type"), "text/plain");
  EXPECT_EQ(t->query_value("name"), "a+b");
  EXPECT_EQ(t->query_value("absent"), "");
  EXPECT_EQ(parse_target("http://host:80/.well-known/jmap")->path[0], ".well-known");
  EXPECT_EQ(parse_target("https://host")->path, std::vector<std::string>{""});
  EXPECT_TRUE(parse_target("*")->path.empty());
}

TEST(HttpTarget, J14RefusesTraversalAndNul) {
  for (auto bad : {"/..", "/../etc", "/a/..%2fb", "/..%2f", "/a/%2e%2e/b", "/a/.", "/a%00", "/%zz", "/%2",
                   "/..%5cb", "/a?b=%00", "/a?%gg=1", "/%ff", "/a?b=%c3%28", "jmap", "ftp://a/b", "/a#b", ""})
    EXPECT_FALSE(parse_target(bad)) << bad;
  EXPECT_TRUE(parse_target("/..a/.b/c.."));
}

TEST(HttpTarget, LimitsAtAndPast) {
  auto path = [](std::size_t n) {
    std::string s;
    for (std::size_t i = 0; i < n; ++i) s += "/x";
    return s;
  };
  EXPECT_TRUE(parse_target(path(kMaxPathSegments)));
  EXPECT_FALSE(parse_target(path(kMaxPathSegments + 1)));
  auto query = [](std::size_t n) {
    std::string s = "/?";
    for (std::size_t i = 0; i < n; ++i) s += "a=1&";
    return s;
  };
  EXPECT_TRUE(parse_target(query(kMaxQueryItems)));
  EXPECT_FALSE(parse_target(query(kMaxQueryItems + 1)));
}

std::string basic(std::string_view plain) {
  return "Basic " + base::base64(plain);
}

TEST(HttpAuth, ReadsBasic) {
  auto b = parse_basic("bAsIc " + base::base64("a@example.org:p:w"));
  ASSERT_TRUE(b);
  EXPECT_EQ(b->name, "a@example.org");
  EXPECT_EQ(b->password, "p:w");
}

TEST(HttpAuth, RefusesOddCredentials) {
  EXPECT_FALSE(parse_basic(""));
  EXPECT_FALSE(parse_basic("Bearer abc"));
  EXPECT_FALSE(parse_basic("Basic !!!!"));
  EXPECT_FALSE(parse_basic(basic("nocolon")));
  EXPECT_FALSE(parse_basic(basic(":pw")));
  EXPECT_FALSE(parse_basic(basic("a\nb:pw")));
  EXPECT_FALSE(parse_basic(basic(std::string_view("a\0b:pw", 6))));
  EXPECT_FALSE(parse_basic(basic(std::string_view("a:p\0", 4))));
  EXPECT_FALSE(parse_basic(basic("a:\xff\xfe")));
  EXPECT_TRUE(parse_basic(basic("a:" + std::string(kMaxCredentials - 2, 'x'))));
  EXPECT_FALSE(parse_basic(basic("a:" + std::string(kMaxCredentials - 1, 'x'))));
}

TEST(HttpResponse, WritesAHead) {
  auto s = ResponseHead(200).field("X-A", "b\r\nInjected: 1").cors("*").finish(12, true);
  EXPECT_TRUE(s.starts_with("HTTP/1.1 200 OK\r\nDate: "));
  EXPECT_NE(s.find("\r\nX-A: bInjected: 1\r\n"), std::string::npos);
  EXPECT_NE(s.find("\r\nAccess-Control-Allow-Origin: *\r\n"), std::string::npos);
  EXPECT_NE(s.find("\r\nContent-Length: 12\r\n"), std::string::npos);
  EXPECT_TRUE(s.ends_with("Connection: keep-alive\r\n\r\n"));
  EXPECT_NE(ResponseHead(200).finish(std::nullopt, false).find("Transfer-Encoding: chunked"),
            std::string::npos);
  EXPECT_EQ(ResponseHead(204).finish(0, true).find("Content-Length"), std::string::npos);
  EXPECT_EQ(ResponseHead(200).cors("").finish(0, true).find("Access-Control"), std::string::npos);
  EXPECT_EQ(http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(HttpResponse, Chunks) {
  std::string out;
  append_chunk(out, "");
  append_chunk(out, std::string(31, 'x'));
  EXPECT_EQ(out, "1f\r\n" + std::string(31, 'x') + "\r\n");
}

TEST(HttpResponse, J09FileNames) {
  EXPECT_EQ(content_disposition("a.txt"), "attachment; filename=\"a.txt\"");
  EXPECT_EQ(content_disposition("../../etc/passwd"), "attachment; filename=\"passwd\"");
  EXPECT_EQ(content_disposition("a\r\nSet-Cookie: x"),
            "attachment; filename=\"aSet-Cookie: x\"; "
            "filename*=UTF-8''aSet-Cookie%3A%20x");
  EXPECT_EQ(content_disposition(".."), "attachment; filename=\"download\"");
  EXPECT_EQ(content_disposition("\xc3\xa4\"b"), "attachment; filename=\"___b\"; filename*=UTF-8''%C3%A4%22b");
}

TEST(HttpResponse, Ranges) {
  ByteRange r;
  EXPECT_EQ(parse_range("bytes=0-4", 10, r), RangeAnswer::part);
  EXPECT_EQ(r.last, 4u);
  EXPECT_EQ(parse_range("bytes=5-", 10, r), RangeAnswer::part);
  EXPECT_EQ(r.last, 9u);
  EXPECT_EQ(parse_range("bytes=-3", 10, r), RangeAnswer::part);
  EXPECT_EQ(r.first, 7u);
  EXPECT_EQ(parse_range("bytes=-30", 10, r), RangeAnswer::part);
  EXPECT_EQ(r.first, 0u);
  EXPECT_EQ(parse_range("bytes=10-", 10, r), RangeAnswer::unsatisfiable);
  EXPECT_EQ(parse_range("bytes=-0", 10, r), RangeAnswer::unsatisfiable);
  EXPECT_EQ(parse_range("bytes=4-2", 10, r), RangeAnswer::whole);
  EXPECT_EQ(parse_range("bytes=0-1,3-4", 10, r), RangeAnswer::whole);
  EXPECT_EQ(parse_range("lines=0-1", 10, r), RangeAnswer::whole);
  EXPECT_EQ(parse_range("bytes=-", 10, r), RangeAnswer::whole);
}

}  // namespace
}  // namespace postern::http
