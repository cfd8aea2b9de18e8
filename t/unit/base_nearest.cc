#include "base/nearest.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace postern::base {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"fileinto", "keep", ":contains", ":copy", "imap4flags"};

TEST(BaseNearest, OneLetterLessMoreOtherOrExchanged) {
  EXPECT_EQ(nearest("fileino", kNames), "fileinto");
  EXPECT_EQ(nearest("fileintoo", kNames), "fileinto");
  EXPECT_EQ(nearest("filento", kNames), "fileinto");
  EXPECT_EQ(nearest("fielinto", kNames), "fileinto");
  EXPECT_EQ(nearest("kep", kNames), "keep");
  EXPECT_EQ(nearest("FileInto", kNames), "fileinto");
}

TEST(BaseNearest, AThirdOfTheLettersAtMost) {
  EXPECT_EQ(nearest("imapflag", kNames), "imap4flags");   // 2 of 8
  EXPECT_EQ(nearest("mapflag", kNames), "");              // 3 of 7
  EXPECT_EQ(nearest("ke", kNames), "");
  EXPECT_EQ(nearest("", kNames), "");
}

TEST(BaseNearest, TheFirstOfSeveral) {
  constexpr std::array<std::string_view, 2> kTwo = {"list", "lost"};
  EXPECT_EQ(nearest("lust", kTwo), "list");
}

TEST(BaseNearest, LongOnesAreNotCompared) {
  std::string at(64, 'x'), past(65, 'x');
  std::array<std::string_view, 1> names = {at}, long_names = {past};
  EXPECT_EQ(nearest(at, names), at);
  EXPECT_EQ(nearest(past, names), "");
  EXPECT_EQ(nearest(at, long_names), "");
}

}  // namespace
}  // namespace postern::base
