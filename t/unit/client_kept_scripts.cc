// What deliveries remember of scripts: what is found again, what goes when it is too much.
#include "client/kept_scripts.h"

#include <gtest/gtest.h>

#include "client/limits.h"

namespace postern::client {
namespace {

std::shared_ptr<const AccountScripts> scripts(std::size_t bytes, std::uint64_t modseq = 1) {
  auto out = std::make_shared<AccountScripts>();
  out->active = {"", "checksum", std::make_shared<const std::string>(bytes, '#'), false};
  out->state.set_script_modseq(modseq);
  return out;
}

TEST(KeptScripts, TheLatestIsFound) {
  KeptScripts kept;
  EXPECT_EQ(kept.find(1), nullptr);
  kept.put(1, scripts(10, 1));
  kept.put(1, scripts(20, 2));
  EXPECT_EQ(kept.find(1)->state.script_modseq(), 2u);
  EXPECT_EQ(kept.size(), 1u);
  kept.put(2, std::make_shared<AccountScripts>());
  EXPECT_FALSE(kept.find(2)->active) << "that there is none is remembered, too";
}

TEST(KeptScripts, AccountsAtTheLimit) {
  KeptScripts kept;
  for (std::uint64_t id = 1; id <= kMaxKeptAccounts; ++id) kept.put(id, scripts(1));
  EXPECT_EQ(kept.size(), kMaxKeptAccounts);
  ASSERT_TRUE(kept.find(1));   // used: it stays
  kept.put(kMaxKeptAccounts + 1, scripts(1));
  EXPECT_EQ(kept.size(), kMaxKeptAccounts);
  EXPECT_TRUE(kept.find(1));
  EXPECT_FALSE(kept.find(2));
}

TEST(KeptScripts, BytesAtTheLimit) {
  KeptScripts kept;
  kept.put(1, scripts(kMaxKeptBytes / 2));
  kept.put(2, scripts(kMaxKeptBytes / 2));
  EXPECT_EQ(kept.size(), 2u);
  kept.put(3, scripts(1));
  EXPECT_FALSE(kept.find(1));
  EXPECT_TRUE(kept.find(2));
  kept.put(4, scripts(kMaxKeptBytes));
  EXPECT_EQ(kept.size(), 1u);
  kept.put(4, scripts(kMaxKeptBytes + 1));
  EXPECT_EQ(kept.size(), 0u) << "what is too large is asked for each time";
}

}  // namespace
}  // namespace postern::client
