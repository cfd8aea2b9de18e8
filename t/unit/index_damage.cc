// What searchd leaves for indexer: indexes that it could not read, and those whose reading brought it down.
#include "index/damage.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/system.h"

namespace {

using namespace postern::index;

struct Place {
  std::string root = std::filesystem::temp_directory_path() / ("postern-damage-" + postern::base::random_token(8));
  Place() { std::filesystem::create_directory(root); }
  ~Place() { std::filesystem::remove_all(root); }
  Damage open() {
    auto d = Damage::open(root, 2);
    EXPECT_TRUE(d) << d.error().what;
    return std::move(*d);
  }
};

TEST(Damage, ReportedOnceAndCleared) {
  Place p;
  EXPECT_TRUE(damaged_indexes(p.root).empty());
  Damage d = p.open();
  EXPECT_FALSE(is_damaged(p.root, 7));
  EXPECT_TRUE(d.report(7));
  EXPECT_FALSE(d.report(7));
  EXPECT_TRUE(is_damaged(p.root, 7));
  EXPECT_FALSE(is_damaged(p.root, 77));
  EXPECT_EQ(damaged_indexes(p.root), std::vector<std::uint64_t>{7});
  clear_damaged(p.root, 7);
  EXPECT_FALSE(is_damaged(p.root, 7));
  EXPECT_TRUE(d.report(7));
}

TEST(Damage, TwoCrashesOneAfterTheOther) {
  static_assert(kMaxReaderCrashes == 2);
  Place p;
  p.open().begin(1, 9);  // and it never ends
  {
    Damage second = p.open();
    EXPECT_FALSE(is_damaged(p.root, 9));
    second.begin(0, 9);
    second.end(0, 9);  // it went well: that count begins anew
    second.begin(0, 9);
  }
  EXPECT_FALSE((p.open(), is_damaged(p.root, 9)));
  p.open().begin(0, 9);
  p.open();
  EXPECT_TRUE(is_damaged(p.root, 9));
  // What was never being read is no suspect, and a long number does not hide in the place of a short one.
  Damage d = p.open();
  d.begin(0, 123456);
  d.end(0, 123456);
  d.begin(0, 5);
  Damage again = p.open();
  again.begin(0, 5);
  p.open();
  EXPECT_EQ(damaged_indexes(p.root).size(), 2u);
  EXPECT_TRUE(is_damaged(p.root, 5));
}

}  // namespace
