#include <gtest/gtest.h>

#include "model/metadata.h"
#include "model/sharing.h"

namespace postern::model {
namespace {

TEST(Metadata, NamesAreCheckedAndLowered) {
  EXPECT_EQ(canonical_entry("/Private/Comment", EntryUse::value), "/private/comment");
  EXPECT_EQ(canonical_entry("/shared/vendor/cmu/x", EntryUse::value), "/shared/vendor/cmu/x");
  for (const char* bad :
       {"", "/", "comment", "/comment", "/private/", "/private//x", "/private/a*", "/private/a%", "/privates/x",
        "/private/\xc3\xa4", "/private/a\x01", "/private/a\x7f", "/shared", "/shared/vendor", "/shared/vendor/cmu"})
    EXPECT_FALSE(canonical_entry(bad, EntryUse::value)) << bad;
  // A question may name what has no value of its own.
  for (const char* good : {"/private", "/shared/vendor", "/shared/vendor/cmu"})
    EXPECT_TRUE(canonical_entry(good, EntryUse::question)) << good;
  EXPECT_FALSE(canonical_entry("/x", EntryUse::question));
  std::string longest = "/private/" + std::string(kMaxEntryName - 9, 'x');
  EXPECT_TRUE(canonical_entry(longest, EntryUse::value));
  EXPECT_FALSE(canonical_entry(longest + "x", EntryUse::value));
}

TEST(Metadata, Scopes) {
  EXPECT_EQ(scope_of("/shared/comment"), EntryScope::shared);
  EXPECT_EQ(scope_of("/private/comment"), EntryScope::personal);
  EXPECT_EQ(scope_of("/internal/x"), EntryScope::internal);
}

TEST(Metadata, Depth) {
  EXPECT_TRUE(entry_matches("/private/a", "/private/a", 0));
  EXPECT_FALSE(entry_matches("/private/a", "/private/a/b", 0));
  EXPECT_TRUE(entry_matches("/private/a", "/private/a/b", 1));
  EXPECT_FALSE(entry_matches("/private/a", "/private/a/b/c", 1));
  EXPECT_TRUE(entry_matches("/private/a", "/private/a/b/c", 2));
  EXPECT_FALSE(entry_matches("/private/a", "/private/ab", 2));
}

TEST(Metadata, SubscriptionsThereAndBack) {
  EXPECT_EQ(format_subscription(5, 7), "/internal/subscriptions/5/7");
  EXPECT_EQ(parse_subscription("/internal/subscriptions/5/7"), std::pair(std::uint64_t{5}, 7u));
  EXPECT_EQ(canonical_entry(format_subscription(UINT64_MAX, UINT32_MAX), EntryUse::value),
            format_subscription(UINT64_MAX, UINT32_MAX));
  for (const char* bad : {"/internal/subscriptions", "/internal/subscriptions/5", "/internal/subscriptionsx/5/7",
                          "/internal/subscriptions/5/7/9", "/internal/subscriptions/x/7", "/internal/subscriptions//7"})
    EXPECT_FALSE(parse_subscription(bad)) << bad;
  std::string lost = format_lost_subscription("a/b");
  EXPECT_TRUE(lost.starts_with(std::string(kLostSubscriptions) + "/")) << lost;
  EXPECT_EQ(canonical_entry(lost, EntryUse::value), lost);
  EXPECT_NE(lost, format_lost_subscription("a/c"));
  EXPECT_FALSE(parse_subscription(lost));
  EXPECT_EQ(parse_nameless(nameless(17)), 17u);
  EXPECT_FALSE(parse_nameless("17"));
  EXPECT_FALSE(parse_nameless("#x"));
}

}  // namespace
}  // namespace postern::model
