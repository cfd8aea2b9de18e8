#include "imap/url.h"

#include <gtest/gtest.h>

#include "imap/lexer.h"
#include "imap/limits.h"
#include "imap/url_args.h"

namespace {

using namespace postern::imap;
using Access = ImapUrl::Access;

ImapUrl url(std::string_view text) {
  auto u = parse_url(text);
  EXPECT_TRUE(u) << text << (u ? "" : u.error().what);
  return u ? *u : ImapUrl{};
}

TEST(Url, OfTheRfcs) {
  auto u = url("/Drafts;UIDVALIDITY=385759045/;UID=20/;section=HEADER");
  EXPECT_FALSE(u.absolute);
  EXPECT_TRUE(u.from_root);
  EXPECT_EQ(u.mailbox, "Drafts");
  EXPECT_EQ(u.uidvalidity, 385759045u);
  EXPECT_EQ(u.uid, 20u);
  EXPECT_EQ(u.section, "HEADER");
  EXPECT_EQ(url("/Drafts/;UID=3002").mailbox, "Drafts");
  u = url("imap://joe@example.com/INBOX/;uid=20/;section=1.2;expire=2006-12-31T23:59:59Z;"
          "urlauth=submit+fred:internal:91354a473744909de610943775f92038");
  EXPECT_TRUE(u.absolute);
  EXPECT_EQ(u.user, "joe");
  EXPECT_EQ(u.host, "example.com");
  EXPECT_EQ(u.section, "1.2");
  EXPECT_EQ(u.expire, 1167609599);
  EXPECT_EQ(u.access, Access::submit);
  EXPECT_EQ(u.access_user, "fred");
  EXPECT_EQ(u.mechanism, "internal");
  EXPECT_EQ(u.token.size(), 16u);
  std::string_view rump = "imap://joe@example.com/INBOX/;uid=20;urlauth=anonymous";
  EXPECT_EQ(url(std::string(rump) + ":internal:91354a473744909de610943775f92038").rump_size, rump.size());
  EXPECT_EQ(url(rump).rump_size, rump.size());
  EXPECT_TRUE(url(rump).token.empty());
}

TEST(Url, Names) {
  auto u = url("imap://minbari.example.org:1430/~peter/%E6%97%A5%E6%9C%AC%E8%AA%9E/%E5%8F%B0%E5%8C%97/;UID=11916");
  EXPECT_EQ(u.port, 1430);
  EXPECT_EQ(u.mailbox, "~peter/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e/\xe5\x8f\xb0\xe5\x8c\x97");
  EXPECT_EQ(url("imap://michael%40example.com;AUTH=GSSAPI@[2001:db8::1]/a/;UID=1").user, "michael@example.com");
  EXPECT_EQ(url("imap://;AUTH=*@h/a/;UID=1").auth, "*");
  EXPECT_TRUE(url(";UID=20/;PARTIAL=5").mailbox.empty());
  EXPECT_EQ(url(";UID=20/;PARTIAL=5").length, UINT64_MAX);
  EXPECT_EQ(url(";UID=20/;section=1/;PARTIAL=0.1024").length, 1024u);
  EXPECT_EQ(url(";UID=20/;section=HEADER.FIELDS%20(From%20To)").section, "HEADER.FIELDS (From To)");
}

TEST(Url, Refused) {
  for (std::string_view bad :
       {"", "/", "/;UID=1", "imap://h", "imap://h/", "imap://h/a", "imap:///a/;UID=1", "http://h/a/;UID=1", "//h/a/;UID=1", "a:b/;UID=1", "/a", "/a/",
        "/a/;UID=0", "/a/;UID=4294967296", "/a/;UID=", "/a/;UID=1x", "/a;UIDVALIDITY=0/;UID=1", "/a;UIDVALIDITY=1;UID=1",
        "/a%/;UID=1", "/a%0/;UID=1", "/a%00/;UID=1", "/a%FF/;UID=1", "/a b/;UID=1", "/a/;UID=1/;SECTION=", "/a/;UID=1/",
        "/a/;UID=1/;PARTIAL=", "/a/;UID=1/;PARTIAL=1.0", "/a/;UID=1/;PARTIAL=1.", "/a?SUBJECT%20x", "imap://h:0/a/;UID=1",
        "imap://h:65536/a/;UID=1", "imap://u@v@h/a/;UID=1", "/a/;UID=1;EXPIRE=2006-12-31T23:59:59Z",
        "/a/;UID=1;EXPIRE=yesterday;URLAUTH=anonymous", "/a/;UID=1;URLAUTH=nobody", "/a/;UID=1;URLAUTH=user+",
        "/a/;UID=1;URLAUTH=user", "/a/;UID=1;URLAUTH=anonymousx", "/a/;UID=1;URLAUTH=anonymous:", "/a/;UID=1;URLAUTH=anonymous:internal",
        "/a/;UID=1;URLAUTH=anonymous:internal:", "/a/;UID=1;URLAUTH=anonymous:internal:abc",
        "/a/;UID=1;URLAUTH=anonymous:internal:91354a473744909de610943775f9203",
        "/a/;UID=1;URLAUTH=anonymous:internal:91354a473744909de610943775f92038/"})
    EXPECT_FALSE(parse_url(bad)) << bad;
  std::string name(kMaxUrl - 8, 'a');
  EXPECT_TRUE(parse_url("/" + name + "/;UID=1"));
  EXPECT_FALSE(parse_url("/" + name + "/;UID=10"));
}

TEST(UrlArgs, ResetKey) {
  auto parse = [](std::string_view text) {
    Lexer in(text);
    auto args = parse_resetkey(in);
    EXPECT_TRUE(in.ok() && in.at_end()) << text;
    return args;
  };
  EXPECT_FALSE(parse("").mailbox_given);
  EXPECT_EQ(parse(" INBOX").mailbox, "INBOX");
  EXPECT_EQ(parse(" \"a b\" INTERNAL X-Other.1").mechanisms, (std::vector<std::string>{"internal", "x-other.1"}));
  for (auto bad : {" ", "INBOX", " INBOX ", " INBOX a/b"}) {
    Lexer in(bad);
    parse_resetkey(in);
    EXPECT_FALSE(in.ok() && in.at_end()) << bad;
  }
}

template <class F>
bool good(F parse, std::string_view text) {
  Lexer in(text);
  parse(in);
  return in.ok() && in.at_end();
}

TEST(UrlArgs, GenUrlAuthAndUrlFetch) {
  Lexer in("imap://a@b/c/;uid=1;urlauth=anonymous INTERNAL \"x\" internal");
  auto g = parse_genurlauth(in);
  ASSERT_EQ(g.urls.size(), 2u);
  EXPECT_EQ(g.urls[0].mechanism, "internal");
  EXPECT_EQ(g.urls[1].url, "x");
  for (auto bad : {"", "x", "x INTERNAL y", "x INTERNAL ", "x \"INTERNAL\""}) EXPECT_FALSE(good(parse_genurlauth, bad)) << bad;
  Lexer fetch("x (y BINARY bodypartstructure) (z) (w BODY X-NEW)");
  auto f = parse_urlfetch(fetch);
  EXPECT_TRUE(fetch.ok()) << fetch.error();
  ASSERT_EQ(f.urls.size(), 4u);
  EXPECT_FALSE(f.urls[0].extended());
  EXPECT_TRUE(f.urls[1].binary && f.urls[1].structure && !f.urls[1].body);
  EXPECT_FALSE(f.urls[2].extended());
  EXPECT_TRUE(f.urls[3].body);
  for (auto bad : {"", "(x", "(x BODY BINARY)", "(x BODY BODY)", "()", "x  y", "(x BODY"}) EXPECT_FALSE(good(parse_urlfetch, bad)) << bad;
  std::string many, pairs;
  for (std::size_t i = 0; i < kMaxUrls; ++i) {
    many += i ? " u" : "u";
    pairs += i ? " u INTERNAL" : "u INTERNAL";
  }
  EXPECT_TRUE(good(parse_urlfetch, many));
  EXPECT_FALSE(good(parse_urlfetch, many + " u"));
  EXPECT_TRUE(good(parse_genurlauth, pairs));
  EXPECT_FALSE(good(parse_genurlauth, pairs + " u INTERNAL"));
}

}  // namespace
