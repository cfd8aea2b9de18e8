// Annotations (RFC 5464): scopes, depth, limits, and who may read and write them.
#include "model/metadata.h"
#include "store/keys.h"
#include "store_test.h"

namespace postern::store {
namespace {

using Entries = std::map<std::string, std::string>;

class MetadataTest : public testing::TestWithParam<bool> {
 protected:
  stored::Reply set(std::uint32_t mailbox, const Entries& entries, const Principal& who = World::user(1),
                    std::uint64_t account = 1) {
    auto r = w.request(account);
    r.mutable_set_metadata()->set_mailbox(mailbox);
    for (auto& [name, value] : entries) {
      auto& e = *r.mutable_set_metadata()->add_entries();
      e.set_entry(name);
      if (value == "NIL")
        e.set_remove(true);
      else
        e.set_value(value);
    }
    return w.run(r, who);
  }
  Entries get(std::uint32_t mailbox, std::vector<std::string> names = {}, std::uint32_t depth = 0,
              const Principal& who = World::user(1), std::uint64_t account = 1, std::uint64_t max = 0) {
    auto r = w.request(account);
    auto& g = *r.mutable_get_metadata();
    g.set_mailbox(mailbox);
    for (auto& n : names) g.add_entries(n);
    g.set_depth(depth);
    g.set_max_size(max);
    last = w.run(r, who);
    Entries out;
    for (auto& e : last.metadata().entries()) out[e.entry()] = e.value();
    return out;
  }
  World w{GetParam()};
  std::uint32_t inbox = w.mailbox_named("INBOX");
  stored::Reply last;
};
INSTANTIATE_TEST_SUITE_P(Engines, MetadataTest, testing::Bool(),
                         [](const auto& p) { return p.param ? "berkeley" : "memory"; });

TEST_P(MetadataTest, ValuesStayUntilTheyAreRemoved) {
  EXPECT_EQ(code(set(inbox, {{"/private/comment", "my own"}, {"/shared/comment", ""}})), "");
  w.reopen();
  EXPECT_EQ(get(inbox), (Entries{{"/private/comment", "my own"}, {"/shared/comment", ""}}));
  EXPECT_EQ(get(inbox, {"/shared/comment"}), (Entries{{"/shared/comment", ""}})) << "empty is a value";
  EXPECT_EQ(code(set(inbox, {{"/private/comment", "NIL"}})), "");
  EXPECT_EQ(get(inbox), (Entries{{"/shared/comment", ""}}));
  EXPECT_EQ(get(w.mailbox_named("Sent")), Entries{});
}

TEST_P(MetadataTest, DepthAndMaxsize) {
  set(inbox, {{"/private/filters/values/small", "SMALLER 5000"},
              {"/private/filters/values/boss", "FROM \"boss@example.com\""},
              {"/private/filters/values/boss/deep", "x"}});
  EXPECT_EQ(get(inbox, {"/private/filters/values"}), Entries{});
  EXPECT_EQ(get(inbox, {"/private/filters/values"}, 1).size(), 2u);
  EXPECT_EQ(get(inbox, {"/private/filters/values"}, 2).size(), 3u);
  EXPECT_EQ(get(inbox, {"/private"}, 2, World::user(1), 1, 12).size(), 2u);
  EXPECT_EQ(last.metadata().longest(), 23u);
}

TEST_P(MetadataTest, AllOrNothing) {
  set(inbox, {{"/private/comment", "old"}});
  EXPECT_EQ(code(set(inbox, {{"/private/comment", "new"}, {"/private/", "x"}})), "INVALID");
  std::string big(model::kMaxEntryValue + 1, 'x');
  EXPECT_EQ(code(set(inbox, {{"/private/comment", "new"}, {"/private/x", big}})), "LIMIT");
  EXPECT_EQ(code(set(inbox, {{"/private/x", big.substr(1)}})), "");
  EXPECT_EQ(get(inbox, {"/private/comment"}), (Entries{{"/private/comment", "old"}}));
}

TEST_P(MetadataTest, CountAndBytesAreBounded) {
  Entries many;
  for (std::size_t i = 0; i < model::kMaxEntries; ++i) many["/private/e" + std::to_string(i)] = "v";
  EXPECT_EQ(code(set(inbox, many)), "");
  EXPECT_EQ(code(set(inbox, {{"/private/one-more", "v"}})), "LIMIT");
  EXPECT_EQ(code(set(inbox, {{"/private/e1", "other"}})), "") << "one that is there may change";
  EXPECT_EQ(code(set(inbox, {{"/shared/e", "v"}})), "") << "each scope has its own room";
  EXPECT_EQ(code(set(inbox, {{"/private/e1", "NIL"}})), "");
  EXPECT_EQ(code(set(inbox, {{"/private/one-more", "v"}})), "");
  std::string quarter(model::kMaxEntryBytes / 4, 'x');
  for (const char* name : {"/shared/a", "/shared/b", "/shared/c"})
    EXPECT_EQ(code(set(inbox, {{name, quarter}})), "");
  EXPECT_EQ(code(set(inbox, {{"/shared/d", quarter}})), "LIMIT");
}

TEST_P(MetadataTest, OfTheServer) {
  // /private in the caller's account, /shared once for all, written by admins.
  EXPECT_EQ(code(set(0, {{"/private/comment", "mine"}})), "");
  EXPECT_EQ(code(set(0, {{"/shared/comment", "x"}})), "DENIED");
  EXPECT_EQ(code(set(0, {{"/shared/comment", "hello"}, {"/shared/admin", "mailto:a@b.c"}}, World::admin(), 0)), "");
  EXPECT_EQ(code(set(0, {{"/private/comment", "x"}}, World::admin(), 0)), "INVALID");
  w.reopen();
  EXPECT_EQ(get(0), (Entries{{"/private/comment", "mine"}, {"/shared/admin", "mailto:a@b.c"},
                             {"/shared/comment", "hello"}}));
  w.info(2);
  EXPECT_EQ(get(0, {}, 0, World::user(2), 2), (Entries{{"/shared/admin", "mailto:a@b.c"}, {"/shared/comment", "hello"}}));
  EXPECT_EQ(get(0, {}, 0, World::admin(), 0).size(), 2u);
}

TEST_P(MetadataTest, WhatIsInternalIsAskedForByName) {
  EXPECT_EQ(code(set(0, {{"/internal/subscriptions/5/7", ""}, {"/private/comment", "x"}})), "");
  EXPECT_EQ(get(0), (Entries{{"/private/comment", "x"}}));
  EXPECT_EQ(get(0, {"/internal/subscriptions"}, 2).size(), 1u);
  EXPECT_EQ(get(0, {"/private"}, 2).size(), 1u);
}

TEST_P(MetadataTest, FollowsTheMailbox) {
  set(inbox, {{"/shared/comment", "c"}, {"/internal/key", "k"}});
  auto r = w.request();
  r.mutable_update_mailbox()->set_id(inbox);
  r.mutable_update_mailbox()->set_name("old");
  r.mutable_update_mailbox()->set_inbox_rename(true);
  EXPECT_EQ(code(w.run(r)), "");
  std::uint32_t old = w.mailbox_named("old");
  EXPECT_EQ(get(old), (Entries{{"/shared/comment", "c"}}));
  EXPECT_EQ(get(old, {"/internal"}, 2), Entries{});
  EXPECT_EQ(get(inbox), (Entries{{"/shared/comment", "c"}}));
  // It goes with it for good.
  auto del = w.request();
  del.mutable_delete_mailbox()->set_id(old);
  w.run(del);
  EXPECT_EQ(get(old), Entries{});
  w.now += 15 * 86'400;
  w.work_all();
  auto snapshot = w.engine->snapshot(1);
  EXPECT_FALSE(*(*snapshot)->get(keys::metadata(old, 0, "/shared/comment")));
}

TEST_P(MetadataTest, PrivateIsEachSharersOwn) {
  auto acl = w.request();
  acl.mutable_set_acl()->set_mailbox(inbox);
  acl.mutable_set_acl()->set_principal(2);
  acl.mutable_set_acl()->set_rights(model::kLookup | model::kRead);
  w.run(acl);
  set(inbox, {{"/private/comment", "owner's"}, {"/shared/comment", "all"}});
  Principal two = World::user(2);
  EXPECT_EQ(get(inbox, {}, 0, two), (Entries{{"/shared/comment", "all"}}));
  EXPECT_EQ(code(set(inbox, {{"/private/comment", "his"}}, two)), "");
  EXPECT_EQ(code(set(inbox, {{"/shared/comment", "his"}}, two)), "DENIED") << "w is needed";
  EXPECT_EQ(get(inbox, {}, 0, two), (Entries{{"/private/comment", "his"}, {"/shared/comment", "all"}}));
  EXPECT_EQ(get(inbox), (Entries{{"/private/comment", "owner's"}, {"/shared/comment", "all"}}));
  EXPECT_EQ(code(set(0, {{"/private/x", "y"}}, two)), "DENIED");
  get(0, {}, 0, two);
  EXPECT_EQ(code(last), "DENIED");
  // l alone shows the mailbox, not its annotations.
  acl.mutable_set_acl()->set_rights(model::kLookup);
  w.run(acl);
  get(inbox, {}, 0, two);
  EXPECT_EQ(code(last), "DENIED");
}

TEST_P(MetadataTest, AllMailboxesInOneStream) {
  std::uint32_t sent = w.mailbox_named("Sent");
  set(inbox, {{"/shared/color", "red"}, {"/private/x", "y"}});
  set(sent, {{"/shared/color", std::string(60'000, 'b')}});
  for (int i = 0; i < 5; ++i)
    set(w.mailbox_named("Trash"), {{"/shared/c" + std::to_string(i), std::string(50'000, 'c')}});
  auto r = w.request();
  r.mutable_get_metadata()->set_all_mailboxes(true);
  r.mutable_get_metadata()->add_entries("/shared");
  r.mutable_get_metadata()->set_depth(2);
  auto end = w.run(r);
  std::size_t n = static_cast<std::size_t>(end.metadata().entries_size());
  for (auto& i : w.items) n += static_cast<std::size_t>(i.metadata().entries_size());
  EXPECT_EQ(n, 7u);
  EXPECT_FALSE(w.items.empty());
  EXPECT_TRUE(end.metadata().end());
}

}  // namespace
}  // namespace postern::store
