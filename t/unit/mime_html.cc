#include <gtest/gtest.h>

#include "base/text.h"
#include "mime/html.h"

namespace {

using postern::mime::html_to_searchable;
using postern::mime::html_to_text;

std::string text(std::string_view html) {
  return html_to_text(html, 1 << 20);
}

TEST(MimeHtml, Table) {
  struct Case {
    const char *html, *text;
  };
  const Case cases[] = {
      {"plain", "plain"},
      {"<p>Hi&nbsp;&amp; <b>bye</b></p><div>two</div>", "Hi & bye\n\ntwo"},
      {"a<br>b<BR/>c", "a\nb\nc"},
      {"<head><title>T</title><style>p{}</style></head>x<script>if (a</b>c) </script>y", "xy"},
      {"a<!-- <b> comment -->b<!DOCTYPE x>c<?xml y?>d", "abcd"},
      {"<a title=\"x > y\" href='>'>link</a>", "link"},
      {"&#65;&#x42;&#8364;&euro;&bogus;&lt;tag&gt;&#0;&#x110000;&#128;",
       "AB\xe2\x82\xac\xe2\x82\xac&bogus;<tag>\xef\xbf\xbd\xef\xbf\xbd\xe2\x82\xac"},
      {"&amp;lt;", "&lt;"},
      {"&copy 2020 &eacute", "\xc2\xa9 2020 \xc3\xa9"},
      {"a < b & c", "a < b & c"},
      {"<td>a</td><td>b</td>", "a b"},
      {"  many \n\t blanks  ", "many blanks"},
      {"unclosed <b", "unclosed"},
      {"<script>unclosed", ""},
      {"x<!-- unclosed", "x"},
      {"caf\xe9", "caf\xef\xbf\xbd"},
      {"pre&zwnj;&shy;&#8203;&#847;header", "preheader"},
      {"<p>a</p><p></p><p></p><p>b</p>", "a\n\nb"},
      {"</>x</ y>z", "xz"},
  };
  for (const auto& c : cases) EXPECT_EQ(text(c.html), c.text) << c.html;
}

TEST(MimeHtml, OutputIsBounded) {
  EXPECT_EQ(html_to_text("abcdef", 3), "abc");
  EXPECT_EQ(html_to_text("abc", 3), "abc");
  EXPECT_EQ(html_to_text("ab\xe2\x82\xac", 3), "ab");
  EXPECT_EQ(html_to_text("abc", 0), "");
}

TEST(MimeHtml, M12DeepAndUnclosed) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<div>";
  EXPECT_EQ(text(deep + "bottom"), "bottom");
  for (std::string_view piece :
       {"<a \"", "<a '", "<", "&", "<!--", "<!", "</", "<script>", "</script", "&#", "<a \"><a '>"}) {
    std::string s;
    while (s.size() < (2u << 20)) s += piece;
    html_to_text(s, 1000);
  }
}

TEST(MimeHtml, M12FiftyMegabytesUnclosed) {
  std::string s;
  s.reserve(50 << 20);
  while (s.size() < (50u << 20) - 64) s += "<p>some text that never closes <b>";
  auto t = html_to_text(s, 1 << 20);
  EXPECT_LE(t.size(), 1u << 20);
  EXPECT_TRUE(postern::base::is_valid_utf8(t));
}

TEST(Html, WhatIsShownOfAttributesIsSearchable) {
  auto text = [](std::string_view html) { return html_to_searchable(html, 1000); };
  EXPECT_EQ(text("a<img src='x.png' alt=\"red &amp; blue\">b"), "a red & blue b");
  EXPECT_EQ(text("<abbr TITLE = 'World Wide'>WWW</abbr title='no'>"), "World Wide WWW");
  EXPECT_EQ(text("<img alt=one title=two/>three"), "one two/ three");
  EXPECT_EQ(text("<img data-alt=\"x\" alt>y<p title=\"\">z"), "y\n\nz");
  EXPECT_EQ(text("<img alt='never closed>x"), "never closed x");
  EXPECT_EQ(text("<style title=a>b{}</style>c"), "a c");
  EXPECT_EQ(text("<a alt=\"<b title=x>y</b>\">"), "y");
  EXPECT_EQ(html_to_text("<img alt=x>y", 1000), "y");
  EXPECT_LE(html_to_searchable("<img alt=\"" + std::string(5000, 'x') + "\">", 100).size(), 100u);
}

}  // namespace
