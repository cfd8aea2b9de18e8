// Snippets: what is marked, what is escaped, what is cut (RFC 8621 5).
#include "jmap/snippet.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "jmap/email_filter.h"
#include "jmap/json.h"
#include "jmap/limits.h"

namespace postern::jmap {
namespace {

SnippetTerms terms(std::string_view filter) {
  auto v = parse_ijson(filter, {}).value;
  auto f = parse_email_filter(&v, [](std::string_view) { return 1u; });
  EXPECT_TRUE(f);
  return snippet_terms(*f);
}

std::string all(std::string_view words, std::string_view text) {
  return mark_all(terms(R"({"text":")" + std::string(words) + R"("})").subject, text).value_or("-");
}
std::string part(std::string_view words, std::string_view text) {
  return mark_part(terms(R"({"body":")" + std::string(words) + R"("})").body, text).value_or("-");
}

TEST(Snippet, MarksWords) {
  EXPECT_EQ(all("foo", "The Foo bar"), "The <mark>Foo</mark> bar");
  EXPECT_EQ(all("foo bar", "bar, then foo"), "<mark>bar</mark>, then <mark>foo</mark>");
  EXPECT_EQ(all("'foo bar'", "foo bar foo bars"), "<mark>foo bar</mark> <mark>foo bars</mark>");
  EXPECT_EQ(all("'foo bar'", "bar foo"), "-");
  EXPECT_EQ(all("fee", "coffee"), "<mark>coffee</mark>");
  EXPECT_EQ(all("caf\xc3\xa9", "CAFE\xcc\x81!"), "<mark>CAFE\xcc\x81</mark>!");
  EXPECT_EQ(all("\xe6\x97\xa5\xe6\x9c\xac", "x\xe6\x97\xa5\xe6\x9c\xac y"), "x<mark>\xe6\x97\xa5\xe6\x9c\xac</mark> y");
  EXPECT_EQ(all("nothing", "else"), "-");
  EXPECT_EQ(all("!", "a ! b"), "-");
}

TEST(Snippet, EscapesEverything) {
  EXPECT_EQ(all("b", "<b>&\"'</b>"), "&lt;<mark>b</mark>&gt;&amp;&quot;&#39;&lt;/<mark>b</mark>&gt;");
  EXPECT_EQ(all("mark", "<mark>x</mark>"), "&lt;<mark>mark</mark>&gt;x&lt;/<mark>mark</mark>&gt;");
  EXPECT_EQ(part("x", "<script>alert(1)</script> x"), "&lt;script&gt;alert(1)&lt;/script&gt; <mark>x</mark>");
}

TEST(Snippet, OnlyWhatTheFilterLooksForThere) {
  auto t = terms(R"({"operator":"AND","conditions":[{"subject":"a"},{"body":"b c"},{"from":"d"},{"text":"e"},
                    {"operator":"NOT","conditions":[{"body":"f"}]},{"operator":"OR","conditions":[{"body":"g"},{"hasKeyword":"h"}]}]})");
  using P = std::vector<SnippetTerms::Phrase>;
  EXPECT_EQ(t.subject, (P{{"a"}, {"e"}}));
  EXPECT_EQ(t.body, (P{{"b"}, {"c"}, {"e"}, {"g"}}));
  EXPECT_TRUE(terms("{}").subject.empty());
  EXPECT_TRUE(terms("null").body.empty());
}

TEST(Snippet, ThePartAroundTheFirstMarkFits) {
  std::string before, after;
  for (int i = 0; i < 200; ++i) before += "word" + std::to_string(i) + "\r\n ";
  for (int i = 0; i < 200; ++i) after += " after" + std::to_string(i);
  std::string s = part("needle", before + "needle" + after);
  EXPECT_LE(s.size(), kMaxSnippet);
  EXPECT_GT(s.size(), kMaxSnippet - 10);
  EXPECT_NE(s.find(" word199 <mark>needle</mark> after0 "), std::string::npos) << s;
  EXPECT_TRUE(s.starts_with("word1")) << s;
  EXPECT_EQ(part("a", "  a \n\n b  "), "<mark>a</mark> b ");
}

TEST(Snippet, NoMarkIsCutAndNothingIsLongerThanAllowed) {
  for (std::size_t n = 0; n < 300; ++n) {
    for (const char* filler : {"&", "x", "\xc3\xa9", "<"}) {
      std::string text;
      for (std::size_t i = 0; i < n; ++i) text += filler;
      text += " needle ";
      for (std::size_t i = 0; i < n; ++i) text += filler;
      text += " needle";
      std::string s = part("needle", text);
      ASSERT_LE(s.size(), kMaxSnippet);
      ASSERT_TRUE(base::is_valid_utf8(s)) << s;
      std::size_t open = 0, close = 0;
      for (std::size_t at = 0; (at = s.find("<mark>", at)) != s.npos; ++at) ++open;
      for (std::size_t at = 0; (at = s.find("</mark>", at)) != s.npos; ++at) ++close;
      ASSERT_EQ(open, close);
      ASSERT_GE(open, 1u) << s;
      ASSERT_EQ(s.find("&", s.rfind(';') == s.npos ? 0 : s.rfind(';')), s.npos);
    }
  }
  EXPECT_EQ(part(std::string(200, 'x'), std::string(200, 'x')), "-");  // a mark that can't fit
}

}  // namespace
}  // namespace postern::jmap
