// Comparators and match types, hostile patterns too (V02).
#include <gtest/gtest.h>

#include "sieve/check.h"
#include "sieve/match.h"

namespace postern::sieve {
namespace {

struct Fixture {
  Limits limits;
  Budget budget{limits};
  Matcher matcher{budget, limits};
  std::vector<std::string> captures;

  bool matches(std::string_view value, std::string_view key, Comparator c = Comparator::casemap) {
    auto r = matcher.match(Match::matches, c, value, key, &captures);
    return r && *r;
  }
};

TEST(SieveMatch, Wildcards) {
  Fixture f;
  EXPECT_TRUE(f.matches("", ""));
  EXPECT_TRUE(f.matches("", "*"));
  EXPECT_FALSE(f.matches("", "?"));
  EXPECT_TRUE(f.matches("abcabc", "*abc"));
  EXPECT_TRUE(f.matches("aXbXc", "a*X*c"));
  EXPECT_EQ(f.captures, (std::vector<std::string>{"aXbXc", "", "bX"}));
  EXPECT_TRUE(f.matches("a*b", "a\\*b"));
  EXPECT_FALSE(f.matches("axb", "a\\*b"));
  EXPECT_TRUE(f.matches("a\\", "a\\"));      // a backslash at the end is itself
  EXPECT_TRUE(f.matches("zzx", "*?x"));
  EXPECT_EQ(f.captures[1], "z");
  EXPECT_EQ(f.captures[2], "z");
  EXPECT_TRUE(f.matches("ü", "?"));           // a character,
  EXPECT_FALSE(f.matches("ü", "?", Comparator::octet));  // or an octet
  EXPECT_TRUE(f.matches("ü", "??", Comparator::octet));
  EXPECT_TRUE(f.matches("aab", "*ab"));
  EXPECT_FALSE(f.matches("abc", "abcd"));
  EXPECT_TRUE(f.matches("\xff\xfe", "*\xfe"));  // no UTF-8, no matter
}

TEST(SieveMatch, HostileWildcardsCostTheirBudgetOnly) {
  Fixture f;
  std::string a(1 << 20, 'a');
  EXPECT_FALSE(f.matches(a, "*a*a*a*a*b"));
  std::string pattern = "*";
  while (pattern.size() < kMaxPattern - 2) pattern += "a";
  pattern += "b";
  auto r = f.matcher.match(Match::matches, Comparator::casemap, a, pattern, nullptr);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, "BUDGET");
}

TEST(SieveMatch, PatternsHaveALimit) {
  Fixture f;
  std::string at(kMaxPattern, 'a'), past(kMaxPattern + 1, 'a');
  EXPECT_TRUE(f.matches(at, at));
  EXPECT_FALSE(f.matcher.match(Match::matches, Comparator::casemap, past, past, nullptr));
  EXPECT_TRUE(f.matcher.match(Match::regex, Comparator::casemap, at, at, nullptr));
  EXPECT_FALSE(f.matcher.match(Match::regex, Comparator::casemap, past, past, nullptr));
}

TEST(SieveMatch, Regex) {
  Fixture f;
  auto regex = [&](std::string_view v, std::string_view k, Comparator c = Comparator::casemap) {
    auto r = f.matcher.match(Match::regex, c, v, k, &f.captures);
    return r && *r;
  };
  EXPECT_TRUE(regex("Hello", "^h(.)llo$"));
  EXPECT_EQ(f.captures[1], "e");
  EXPECT_FALSE(regex("Hello", "^h", Comparator::octet));
  EXPECT_TRUE(regex("aaaa", "(a*)(b?)"));
  EXPECT_EQ(f.captures[2], "");
  EXPECT_NE(regex_error("((a{1,100}){1,100}){1,100}"), "");
  EXPECT_NE(regex_error("a\\"), "");
  EXPECT_NE(regex_error("(a)\\1"), "");  // back references would cost exponential time
  // kRegexMemory: a pattern that needs more than it may take is refused.
  EXPECT_NE(regex_error("(([a-z]{1,100}[0-9]{1,100}){1,9}){1,1000}"), "");
  EXPECT_EQ(regex_error("[a-z]{1,100}"), "");
  EXPECT_NE(regex_error("\xff"), "");
  EXPECT_EQ(regex_error("\xff", true), "");
  static_assert(kRegexMemory == 1u << 20);
}

TEST(SieveMatch, Relations) {
  EXPECT_TRUE(Matcher::related(Match::value_gt, Comparator::numeric, "10", "9"));
  EXPECT_FALSE(Matcher::related(Match::value_gt, Comparator::casemap, "10", "9"));
  EXPECT_TRUE(Matcher::related(Match::value_eq, Comparator::numeric, "", "x"));
  EXPECT_TRUE(Matcher::related(Match::value_ne, Comparator::octet, "a", "A"));
}

}  // namespace
}  // namespace postern::sieve
