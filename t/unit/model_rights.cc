#include <gtest/gtest.h>

#include "model/rights.h"

namespace postern::model {
namespace {

TEST(Rights, LettersThereAndBack) {
  EXPECT_EQ(format_rights(kAllRights), "lrswipkxtecdan");
  EXPECT_EQ(format_rights(0), "");
  EXPECT_EQ(format_rights(kLookup | kRead), "lr");
  // RFC 4314 2.1.1: the virtual rights stand for any of their members.
  EXPECT_EQ(format_rights(kCreate), "kc");
  EXPECT_EQ(format_rights(kDeleteMessages), "td");
  // Whoever has both members of a virtual right, or none, gets back exactly what was written.
  for (Rights r = 0; r <= kAllRights; ++r) {
    auto whole = [r](Rights members) { return (r & members) == 0 || (r & members) == members; };
    if (whole(kCreate | kDeleteMailbox) && whole(kDeleteMessages | kExpunge))
      ASSERT_EQ(parse_rights(format_rights(r)), r);
  }
}

TEST(Rights, VirtualRightsAreTakenApart) {
  EXPECT_EQ(parse_rights("cd"), kCreate | kDeleteMailbox | kDeleteMessages | kExpunge);
  EXPECT_EQ(parse_rights("lrlr"), kLookup | kRead);
  EXPECT_EQ(parse_rights(""), 0u);
  for (const char* bad : {"lrQs", "lrq", "l r", "-", "+l", "0", "\xc3\xa4"}) EXPECT_FALSE(parse_rights(bad)) << bad;
}

}  // namespace
}  // namespace postern::model
