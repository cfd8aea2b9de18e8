// Versions of the store: a new one is of this version, an older one answers nothing but the upgrade, which may be
// interrupted, a newer one is refused.
#include "store/keys.h"
#include "store/upgrade.h"
#include "store_test.h"

namespace postern::store {
namespace {

std::uint32_t version(World& w) { return store_version(*w.engine).value(); }

// What a store of version 1 said of versions.
void make_old(World& w) {
  kv::Batch batch;
  batch.del(keys::version());
  ASSERT_TRUE(w.engine->commit(0, batch));
  for (std::uint64_t id : {1, 2}) {
    records::Account a;
    ASSERT_TRUE(a.ParseFromString(*w.engine->snapshot(id).value()->get(keys::account()).value()));
    a.set_version(1);
    kv::Batch rows;
    rows.put(keys::account(), a.SerializeAsString());
    ASSERT_TRUE(w.engine->commit(id, rows));
  }
  w.reopen();
}

stored::Request upgrade(bool check = false) {
  stored::Request r;
  r.mutable_upgrade_store()->set_check(check);
  return r;
}

TEST(StoreUpgrade, ANewStoreIsOfThisVersion) {
  World w;
  EXPECT_EQ(version(w), kStoreVersion);
  auto reply = w.run(upgrade(), World::admin());
  EXPECT_EQ(code(reply), "");
  EXPECT_EQ(reply.upgraded().from(), kStoreVersion);
  EXPECT_EQ(reply.upgraded().accounts(), 0u);
}

TEST(StoreUpgrade, AnOlderOneAnswersTheUpgradeAlone) {
  World w(true);
  auto id = w.add(World::message("kept"), 0).email();
  w.mailboxes(2);
  make_old(w);
  EXPECT_EQ(version(w), 1u);
  auto get = w.request();
  get.mutable_get_account();
  auto refused = w.run(get);
  EXPECT_EQ(code(refused), "UNAVAILABLE");
  EXPECT_NE(refused.error().what().find("postern upgrade"), std::string::npos);
  w.work_all();
  auto reply = w.run(upgrade(), World::admin());
  EXPECT_EQ(code(reply), "");
  EXPECT_EQ(reply.upgraded().from(), 1u);
  EXPECT_EQ(reply.upgraded().to(), kStoreVersion);
  EXPECT_EQ(reply.upgraded().accounts(), 2u);
  EXPECT_EQ(code(w.run(get)), "");
  w.reopen();
  EXPECT_EQ(version(w), kStoreVersion);
  EXPECT_EQ(w.emails({id}).size(), 1u);
  EXPECT_TRUE(w.check().empty());
}

TEST(StoreUpgrade, AnInterruptedOneGoesOn) {
  World w;
  w.mailboxes(1);
  w.mailboxes(2);
  make_old(w);
  {
    Upgrade half(*w.engine);
    EXPECT_FALSE(half.step().value());   // one account
  }
  w.reopen();
  EXPECT_EQ(version(w), 1u);
  EXPECT_EQ(code(w.run(upgrade(), World::admin())), "");
  EXPECT_EQ(version(w), kStoreVersion);
  EXPECT_TRUE(w.check(false, 1).empty());
  EXPECT_TRUE(w.check(false, 2).empty());
}

TEST(StoreUpgrade, ANewerOneIsRefused) {
  World w;
  ASSERT_TRUE(set_store_version(*w.engine, kStoreVersion + 1));
  auto opened = Store::open(*w.engine, w.blobs, {});
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().what.find("install a newer one"), std::string::npos) << opened.error().what;
}

TEST(StoreUpgrade, ARehearsalChangesNothing) {
  World w(true);
  char dir[] = "/tmp/postern-rehearsal-XXXXXX";
  std::string folder = std::string(::mkdtemp(dir)) + "/copy";
  w.options.rehearsal_folder = folder;
  w.options.open_copy = [](const std::string& home) {
    return kv::open_berkeley({.home = home, .cache_bytes = 2u << 20, .keep_free_bytes = 0});
  };
  w.mailboxes(1);
  w.mailboxes(2);
  make_old(w);
  auto reply = w.run(upgrade(true), World::admin());
  EXPECT_EQ(code(reply), "") << reply.error().what();
  EXPECT_EQ(reply.upgraded().from(), 1u);
  EXPECT_EQ(reply.upgraded().accounts(), 2u);
  EXPECT_EQ(version(w), 1u);
  EXPECT_FALSE(std::filesystem::exists(folder));
  // What is wrong in the copy is told, and the store is left alone.
  records::Account a;
  ASSERT_TRUE(a.ParseFromString(*w.engine->snapshot(1).value()->get(keys::account()).value()));
  a.set_used_bytes(7);
  kv::Batch rows;
  rows.put(keys::account(), a.SerializeAsString());
  ASSERT_TRUE(w.engine->commit(1, rows));
  auto wrong = w.run(upgrade(true), World::admin());
  EXPECT_NE(wrong.error().what().find("1 findings"), std::string::npos) << wrong.error().what();
  std::filesystem::remove_all(std::filesystem::path(folder).parent_path());
}

}  // namespace
}  // namespace postern::store
