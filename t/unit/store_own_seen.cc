// \Seen of each sharer's own (records.Mailbox.private_seen).
#include "store/keys.h"
#include "store/own_seen.h"
#include "store_test.h"

namespace postern::store {
namespace {

constexpr std::uint64_t kOwner = 1, kBob = 2, kEve = 3;
constexpr Rights kReader = model::kLookup | model::kRead | model::kKeepSeen | model::kWriteFlags | model::kInsert;

class OwnSeenTest : public testing::TestWithParam<bool> {
 protected:
  OwnSeenTest() {
    for (int i = 0; i < 130; ++i) w.add(World::message("body " + std::to_string(i)), inbox);
    for (auto who : {kBob, kEve}) {
      auto r = w.request();
      r.mutable_set_acl()->set_mailbox(inbox);
      r.mutable_set_acl()->set_principal(who);
      r.mutable_set_acl()->set_rights(kReader);
      EXPECT_EQ(code(w.run(r)), "");
    }
    keep_own(true);
  }
  void keep_own(bool on, const Principal& who = World::user(kOwner), const std::string& expected = "") {
    auto r = w.request();
    r.mutable_update_mailbox()->set_id(inbox);
    r.mutable_update_mailbox()->set_private_seen(on);
    EXPECT_EQ(code(w.run(r, who)), expected);
  }
  stored::FlagsStored mark(std::uint64_t who, std::vector<std::uint32_t> range, stored::StoreFlags::Mode mode,
                           std::vector<std::string> flags, std::uint64_t since = UINT64_MAX) {
    auto r = w.request();
    auto& s = *r.mutable_store_flags();
    s.set_mailbox(inbox);
    s.mutable_uid_ranges()->Assign(range.begin(), range.end());
    s.set_mode(mode);
    for (auto& f : flags) s.add_flags(f);
    s.set_unchanged_since(since);
    auto reply = w.run(r, World::user(who));
    EXPECT_EQ(code(reply), "");
    return reply.flags_stored();
  }
  // UIDs that this one sees as \Seen, by the sheet.
  std::vector<std::uint32_t> seen_by(std::uint64_t who) {
    auto r = w.request();
    r.mutable_get_sheet()->set_mailbox(inbox);
    Call call;
    call.who = World::user(who);
    call.request = r;
    auto reply = w.run(call);
    auto sheet = reply.sheet().data().empty() ? model::Sheet::from_fd(call.fds.at(0)) : model::Sheet::from_bytes(reply.sheet().data());
    std::vector<std::uint32_t> out;
    EXPECT_TRUE(sheet);
    for (std::size_t i = 0; sheet && i < (*sheet)->size(); ++i)
      if ((*sheet)->flags(i).has(model::kSeen)) out.push_back((*sheet)->row(i).uid);
    return out;
  }
  std::uint32_t unseen_by(std::uint64_t who, std::uint32_t* first = nullptr) {
    auto r = w.request();
    r.mutable_select_mailbox()->set_mailbox(inbox);
    r.mutable_select_mailbox()->set_read_only(true);
    auto selected = w.run(r, World::user(who)).selected();
    if (first) *first = selected.first_unseen_uid();
    auto list = w.request();
    list.mutable_list_mailboxes();
    for (auto& m : w.run(list, World::user(who)).mailboxes().mailboxes())
      if (m.id() == inbox) EXPECT_EQ(m.unseen_rows(), selected.mailbox().unseen_rows());
    return selected.mailbox().unseen_rows();
  }
  World w{GetParam()};
  std::uint32_t inbox = w.mailbox_named("INBOX");
  using Uids = std::vector<std::uint32_t>;
};
INSTANTIATE_TEST_SUITE_P(Engines, OwnSeenTest, testing::Bool(),
                         [](const auto& p) { return p.param ? "berkeley" : "memory"; });

TEST_P(OwnSeenTest, EachSeesHisOwn) {
  auto done = mark(kBob, {63, 65}, stored::StoreFlags::ADD, {"\\Seen", "\\Flagged"});
  ASSERT_EQ(rows_of(done), 3);
  EXPECT_TRUE((model::Flags{done.runs(0).flags_lo(), 0}.has(model::kSeen)));
  w.reopen();
  EXPECT_EQ(seen_by(kBob), (Uids{63, 64, 65}));
  EXPECT_EQ(seen_by(kEve), Uids{});
  EXPECT_EQ(seen_by(kOwner), Uids{});
  std::uint32_t first = 0;
  EXPECT_EQ(unseen_by(kBob, &first), 127u);
  EXPECT_EQ(first, 1u);
  EXPECT_EQ(unseen_by(kOwner), 130u);
  // The other flags are everybody's.
  auto sheet = w.sheet(inbox);
  EXPECT_TRUE(sheet->flags(62).has(model::kFlagged));
  mark(kOwner, {1, 1}, stored::StoreFlags::ADD, {"\\Seen"});
  EXPECT_EQ(seen_by(kOwner), Uids{1});
  EXPECT_EQ(seen_by(kBob), (Uids{63, 64, 65}));
  mark(kBob, {64, 64}, stored::StoreFlags::REPLACE, {});
  EXPECT_EQ(seen_by(kBob), (Uids{63, 65}));
  mark(kBob, {1, 1}, stored::StoreFlags::REPLACE, {"\\Seen"});
  mark(kBob, {63, 65}, stored::StoreFlags::REMOVE, {"\\Seen"});
  EXPECT_EQ(seen_by(kBob), Uids{1});
  EXPECT_EQ(unseen_by(kBob, &first), 129u);
  EXPECT_EQ(first, 2u);
  EXPECT_TRUE(w.check(false, 1, true).empty());
}

TEST_P(OwnSeenTest, ChangesAreFoundByModseq) {
  auto before = w.mailbox(inbox).modseq();
  mark(kBob, {5, 5}, stored::StoreFlags::ADD, {"\\Seen"});
  auto r = w.request();
  r.mutable_get_delta()->set_mailbox(inbox);
  r.mutable_get_delta()->set_since(before);
  for (auto who : {kBob, kEve}) {
    auto delta = w.run(r, World::user(who)).delta();
    ASSERT_EQ(delta.rows_size(), 1);
    EXPECT_EQ(delta.rows(0).uid(), 5u);
    EXPECT_EQ((model::Flags{delta.rows(0).flags_lo(), 0}.has(model::kSeen)), who == kBob);
  }
  // UNCHANGEDSINCE holds for it too; what is so already is no change.
  EXPECT_EQ(mark(kBob, {5, 5}, stored::StoreFlags::REMOVE, {"\\Seen"}, before).modified_size(), 1);
  auto now = w.mailbox(inbox).modseq();
  mark(kBob, {5, 5}, stored::StoreFlags::ADD, {"\\Seen"});
  EXPECT_EQ(w.mailbox(inbox).modseq(), now);
}

TEST_P(OwnSeenTest, WhatASharerAddsHeAloneHasSeen) {
  auto r = w.request();
  *r.mutable_add_emails() = World::message("his");
  auto& t = *r.mutable_add_emails()->add_targets();
  t.set_account(1);
  t.add_mailboxes(inbox);
  t.add_keywords("\\Seen");
  Call call;
  call.who = World::user(kBob);
  call.targets = {World::user(kBob)};
  call.request = r;
  ASSERT_EQ(w.run(call).added().results(0).error().code(), "");
  EXPECT_EQ(seen_by(kBob), Uids{131});
  EXPECT_EQ(seen_by(kOwner), Uids{});
}

TEST_P(OwnSeenTest, TheOwnerSaysWhether) {
  mark(kBob, {1, 3}, stored::StoreFlags::ADD, {"\\Seen"});
  keep_own(false, World::user(kBob), "DENIED");
  keep_own(false);
  EXPECT_EQ(seen_by(kBob), Uids{});
  mark(kBob, {9, 9}, stored::StoreFlags::ADD, {"\\Seen"});
  EXPECT_EQ(seen_by(kOwner), Uids{9});
  keep_own(true);
  EXPECT_EQ(seen_by(kBob), (Uids{1, 2, 3})) << "kept meanwhile";
}

}  // namespace
}  // namespace postern::store
