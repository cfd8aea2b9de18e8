#include "imap/filter_args.h"

#include <gtest/gtest.h>

namespace {

using namespace postern::imap;
using Which = FilterArgs::Which;

FilterArgs good(std::string_view text) {
  Lexer in(text);
  auto a = parse_filter(in);
  EXPECT_TRUE(in.ok()) << text << ": " << in.error();
  return a;
}

TEST(FilterArgs, OfTheDraft) {
  EXPECT_EQ(good("SIEVE DELIVERY SINCE 1-Mar-2017 TO \"hendrik@example.com\"").which, Which::delivery);
  auto personal = good("SIEVE PERSONAL \"new\" NEW");
  EXPECT_EQ(personal.which, Which::personal);
  EXPECT_EQ(personal.text, "new");
  EXPECT_EQ(good("sieve global common CHARSET UTF-8 ALL").text, "common");
  auto script = good("SIEVE SCRIPT {16}\r\nkeep; \r\n discard ALL");
  EXPECT_EQ(script.which, Which::script);
  EXPECT_EQ(script.text, "keep; \r\n discard");
  EXPECT_EQ(good("SIEVE SCRIPT \"keep;\" UID 1:5 NOT SEEN").text, "keep;");
}

TEST(FilterArgs, WhatIsNone) {
  for (const char* text : {"", "SIEVE", "SIEVE ", "PROCMAIL DELIVERY ALL", "SIEVE DELIVERY", "SIEVE DELIVERY ", "SIEVE PERSONAL ALL",
                           "SIEVE SCRIPT keep ALL", "SIEVE SCRIPT \"keep;\"", "SIEVE DELIVERY RETURN (COUNT) ALL", "SIEVE OTHER x ALL",
                           "SIEVE DELIVERY nonsense"}) {
    Lexer in{std::string_view(text)};
    parse_filter(in);
    EXPECT_FALSE(in.ok()) << text;
  }
}

}  // namespace
