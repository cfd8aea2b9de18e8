// The limits of one call, each at the limit and one past it.
#include "store/keys.h"
#include "store/limits.h"
#include "store_test.h"

namespace postern::store {
namespace {

struct Limits : testing::Test {
  void SetUp() override { inbox = w.mailbox_named("INBOX"); }
  std::string add(stored::AddEmails add, std::size_t targets = 1, std::string prefix = "") {
    auto r = w.request();
    *r.mutable_add_emails() = std::move(add);
    for (std::size_t i = 0; i < targets; ++i) {
      auto& t = *r.mutable_add_emails()->add_targets();
      t.set_account(1);
      t.add_mailboxes(inbox);
      t.set_prefix(prefix);
    }
    auto reply = w.run(r);
    return reply.has_error() ? reply.error().code() : reply.added().results(0).error().code();
  }
  World w;
  std::uint32_t inbox = 0;
};

TEST_F(Limits, TargetsOfOneMessage) {
  EXPECT_EQ(add(World::message("m"), kMaxTargets), "");
  EXPECT_EQ(add(World::message("m"), kMaxTargets + 1), "LIMIT");
}

TEST_F(Limits, WhatDeliveryPutsBefore) {
  EXPECT_EQ(add(World::message("m"), 1, std::string(kMaxPrefix, 'p')), "");
  EXPECT_EQ(add(World::message("m"), 1, std::string(kMaxPrefix + 1, 'p')), "LIMIT");
}

TEST_F(Limits, RecordsOfOneEmail) {
  auto sized = [](std::size_t more) {
    auto m = World::message("m");
    m.set_wire(std::string(kMaxRecordBytes - m.content().size() + more, 'w'));
    return m;
  };
  EXPECT_EQ(add(sized(0)), "");
  EXPECT_EQ(add(sized(1)), "LIMIT");
}

TEST_F(Limits, WhatOneCallMayAskFor) {
  auto updates = w.request();
  for (std::size_t i = 0; i < kMaxUpdates; ++i) updates.mutable_update_emails()->add_updates()->set_id(i + 1);
  EXPECT_EQ(code(w.run(updates)), "");
  updates.mutable_update_emails()->add_updates()->set_id(1);
  EXPECT_EQ(code(w.run(updates)), "LIMIT");

  auto threads = w.request();
  for (std::size_t i = 0; i < kMaxThreadsAsked; ++i) threads.mutable_get_threads()->add_ids(i + 1);
  EXPECT_EQ(code(w.run(threads)), "");
  threads.mutable_get_threads()->add_ids(1);
  EXPECT_EQ(code(w.run(threads)), "LIMIT");

  auto blobs = w.request();
  for (std::size_t i = 0; i < kMaxBlobsAsked; ++i) blobs.mutable_get_blobs()->add_hashes("x");
  EXPECT_EQ(code(w.run(blobs)), "");
  blobs.mutable_get_blobs()->add_hashes("x");
  EXPECT_EQ(code(w.run(blobs)), "LIMIT");
}

TEST_F(Limits, NamesOfTypesAndRoles) {
  auto put = w.request();
  put.mutable_put_blob()->set_body("x");
  put.mutable_put_blob()->set_type(std::string(kMaxBlobType, 't'));
  EXPECT_EQ(code(w.run(put)), "");
  put.mutable_put_blob()->set_type(std::string(kMaxBlobType + 1, 't'));
  EXPECT_EQ(code(w.run(put)), "LIMIT");

  auto with_role = [&](std::size_t n) {
    auto r = w.request();
    r.mutable_create_mailbox()->add_path("role" + std::to_string(n));
    r.mutable_create_mailbox()->set_role(std::string(n, 'r'));
    return code(w.run(r));
  };
  EXPECT_EQ(with_role(kMaxRoleBytes), "");
  EXPECT_NE(with_role(kMaxRoleBytes + 1), "");
}

}  // namespace
}  // namespace postern::store
