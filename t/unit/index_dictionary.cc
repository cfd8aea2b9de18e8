#include "index/dictionary.h"

#include <gtest/gtest.h>

#include "index/limits.h"

namespace {

using namespace postern::index;

TEST(IndexDictionary, RoundTrip) {
  std::vector<std::string> words = {"a", "aa", "ab", "b", std::string(kMaxTerm, 'b'), "ünder"};
  std::string bytes = encode_words(words), lines;
  ASSERT_TRUE(decode_words(bytes, lines));
  std::string expected;
  for (const auto& w : words) expected += w + "\n";
  EXPECT_EQ(lines, expected);
  lines.clear();
  EXPECT_TRUE(decode_words("", lines));
  EXPECT_EQ(lines, "");
}

TEST(IndexDictionary, WhatIsMalformed) {
  std::vector<std::string> words = {"abc", "abd"};
  std::string good = encode_words(words), lines;
  for (std::size_t n = 1; n < good.size(); ++n)
    if (n != 5) EXPECT_FALSE(decode_words(good.substr(0, n), lines)) << n;
  EXPECT_FALSE(decode_words(std::string("\x01\x01x", 3), lines));   // shares with nothing
  EXPECT_FALSE(decode_words(std::string("\x00\x01\n", 3), lines));  // a line end
  EXPECT_FALSE(decode_words(std::string("\x00\x41", 2) + std::string(kMaxTerm + 1, 'x'), lines));
}

TEST(IndexDictionary, Fits) {
  std::string_view lines = "\nmeet\nmeeting\nzoo\n";
  auto found = [&](Fit fit, std::string_view token) {
    std::string out;
    each_fit(lines, fit, token, [&](std::string_view w) {
      out.append(w).append(" ");
      return true;
    });
    return out;
  };
  EXPECT_EQ(found(Fit::infix, "ee"), "meet meeting ");
  EXPECT_EQ(found(Fit::prefix, "meet"), "meet meeting ");
  EXPECT_EQ(found(Fit::suffix, "eet"), "meet ");
  EXPECT_EQ(found(Fit::infix, "o"), "zoo ");
  EXPECT_EQ(found(Fit::prefix, "o"), "");
  EXPECT_EQ(found(Fit::suffix, "meeting"), "meeting ");
  EXPECT_EQ(found(Fit::infix, "tm"), "");
}

TEST(IndexDictionary, WordSet) {
  WordSet set;
  for (int i = 0; i < 5000; ++i) EXPECT_TRUE(set.insert("w" + std::to_string(i)));
  for (int i = 0; i < 5000; ++i) EXPECT_FALSE(set.insert("w" + std::to_string(i)));
  EXPECT_EQ(set.size(), 5000u);
}

}  // namespace
