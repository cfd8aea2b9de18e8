// What a flag change writes and where flags are read again: blocks of 64, records as of their last writing.
#include "store/flag_rows.h"

#include "store/keys.h"
#include "store_test.h"

namespace postern::store {
namespace {

class FlagRows : public ::testing::TestWithParam<bool> {
 protected:
  FlagRows() : w(GetParam()), inbox(w.mailbox_named("INBOX")), trash(w.mailbox_named("Trash")) {}

  std::optional<std::string> row(const std::string& key) {
    auto snapshot = w.engine->snapshot(1);
    auto got = (*snapshot)->get(key);
    return got ? *got : std::nullopt;
  }
  std::optional<model::FlagBlock> block(std::uint32_t mailbox, std::uint32_t number) {
    auto bytes = row(keys::flag_block(mailbox, number));
    return bytes ? model::FlagBlock::decode(*bytes) : std::nullopt;
  }
  std::uint64_t add(std::uint32_t mailbox, std::vector<std::string> keywords = {}) {
    return w.add(World::message("m" + std::to_string(++n)), mailbox, std::move(keywords)).email();
  }
  // By JMAP, which brings no mailbox into memory.
  void set_keywords(std::uint64_t email, std::vector<std::string> keywords) {
    auto r = w.request();
    auto& u = *r.mutable_update_emails()->add_updates();
    u.set_id(email);
    u.set_set_keywords(true);
    for (auto& k : keywords) u.add_keywords(k);
    EXPECT_EQ(w.run(r).updated().errors(0).code(), "");
  }
  void destroy(std::uint64_t email) {
    auto r = w.request();
    r.mutable_update_emails()->add_updates()->set_id(email);
    r.mutable_update_emails()->mutable_updates(0)->set_destroy(true);
    EXPECT_EQ(w.run(r).updated().errors(0).code(), "");
  }
  std::uint64_t flags(std::uint64_t email) { return w.emails({email}).at(0).email().flags_lo(); }

  World w;
  std::uint32_t inbox, trash;
  int n = 0;
};
INSTANTIATE_TEST_SUITE_P(Engines, FlagRows, ::testing::Bool(),
                         [](auto& i) { return i.param ? "berkeley" : "memory"; });

constexpr std::uint64_t kSeen = 1, kFlagged = 4, kDeleted = 16;

TEST_P(FlagRows, AStoreWritesBlocksAndNoUidRowOrEmail) {
  std::vector<std::uint64_t> ids;
  for (int i = 0; i < 70; ++i) ids.push_back(add(inbox));
  auto uid_row = row(keys::uid_row(inbox, 1)), email = row(keys::email(ids[0]));
  EXPECT_FALSE(block(inbox, 0));  // new mail writes none
  ASSERT_EQ(code(w.store_flags(inbox, {1, 63}, stored::StoreFlags::ADD, {"\\Seen"})), "");
  EXPECT_TRUE(block(inbox, 0));
  EXPECT_FALSE(block(inbox, 1));
  auto reply = w.store_flags(inbox, {60, 70}, stored::StoreFlags::ADD, {"\\Deleted"});
  EXPECT_EQ(block(inbox, 1)->find(70)->flags.lo, kDeleted);
  EXPECT_EQ(block(inbox, 1)->find(70)->modseq, reply.flags_stored().modseq());
  EXPECT_EQ(block(inbox, 0)->find(63)->flags.lo, kSeen | kDeleted);
  EXPECT_EQ(row(keys::uid_row(inbox, 1)), uid_row);
  EXPECT_EQ(row(keys::email(ids[0])), email);
  w.reopen();
  EXPECT_EQ(w.sheet(inbox)->flags_lo[0], kSeen);
  EXPECT_EQ(w.sheet(inbox)->flags_lo[69], kDeleted);
  EXPECT_EQ(flags(ids[0]), kSeen);
  EXPECT_TRUE(w.emails({ids[69]})[0].email().places(0).deleted());
  EXPECT_EQ(w.emails({ids[69]})[0].email().modseq(), reply.flags_stored().modseq());
}

TEST_P(FlagRows, WithoutTheRowsInMemoryOneSlotIsChanged) {
  std::vector<std::uint64_t> ids = {add(inbox, {"\\Flagged"}), add(inbox), add(inbox)};
  w.reopen();
  set_keywords(ids[1], {"$seen"});
  ASSERT_TRUE(block(inbox, 0));
  EXPECT_EQ(block(inbox, 0)->find(1), nullptr);
  EXPECT_EQ(block(inbox, 0)->find(2)->flags.lo, kSeen);
  set_keywords(ids[2], {"$flagged"});
  set_keywords(ids[1], {});
  EXPECT_EQ(flags(ids[1]), 0u);
  w.reopen();
  EXPECT_EQ(flags(ids[0]), kFlagged);
  EXPECT_EQ(flags(ids[1]), 0u);
  EXPECT_EQ(flags(ids[2]), kFlagged);
  auto all = w.sheet(0);  // the account's, made from records and blocks alone
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(all->flags_lo[i], i == 1 ? 0u : kFlagged) << i;
  auto sheet = w.sheet(inbox);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(sheet->flags_lo[i], i == 1 ? 0u : kFlagged) << i;
}

TEST_P(FlagRows, CopiesHaveSlotsOfTheirOwn) {
  std::uint64_t id = add(inbox);
  w.store_flags(inbox, {1, 1}, stored::StoreFlags::ADD, {"\\Seen"});
  ASSERT_EQ(code(w.copy(inbox, {1, 1}, trash, false)), "");
  w.store_flags(inbox, {1, 1}, stored::StoreFlags::REPLACE, {"\\Flagged", "\\Deleted"});
  EXPECT_EQ(block(inbox, 0)->find(1)->flags.lo, kFlagged | kDeleted);
  EXPECT_EQ(block(trash, 0)->find(1)->flags.lo, kFlagged);
  w.reopen();
  EXPECT_EQ(w.sheet(trash)->flags_lo[0], kFlagged);
  ASSERT_EQ(code(w.expunge(inbox)), "");
  EXPECT_FALSE(block(inbox, 0));  // its last row has gone
  w.reopen();
  EXPECT_EQ(flags(id), kFlagged);
  EXPECT_EQ(w.sheet(trash)->flags_lo[0], kFlagged);
}

TEST_P(FlagRows, AGoneRowLeavesItsBlock) {
  std::vector<std::uint64_t> ids = {add(inbox), add(inbox)};
  w.store_flags(inbox, {1, 2}, stored::StoreFlags::ADD, {"\\Flagged"});
  w.reopen();
  destroy(ids[0]);
  EXPECT_EQ(block(inbox, 0)->find(1), nullptr);
  EXPECT_NE(block(inbox, 0)->find(2), nullptr);
  destroy(ids[1]);
  EXPECT_FALSE(row(keys::flag_block(inbox, 0)));
  // The record of what is gone tells its flags.
  records::Email e;
  ASSERT_TRUE(e.ParseFromString(*row(keys::email(ids[1]))));
  EXPECT_EQ(e.flags_lo(), kFlagged);
}

TEST_P(FlagRows, ADeletedMailboxKeepsItsBlocksUntilItIsForgotten) {
  auto r = w.request();
  r.mutable_create_mailbox()->add_path("box");
  std::uint32_t box = w.run(r).created().id();
  add(box);
  w.store_flags(box, {1, 1}, stored::StoreFlags::ADD, {"\\Seen"});
  auto d = w.request();
  d.mutable_delete_mailbox()->set_id(box);
  ASSERT_EQ(code(w.run(d)), "");
  w.work_all();
  EXPECT_TRUE(block(box, 0));
  w.now += 20 * 86'400;
  w.work_all();
  EXPECT_FALSE(row(keys::flag_block(box, 0)));
  EXPECT_FALSE(row(keys::uid_row(box, 1)));
}

TEST_P(FlagRows, ADamagedBlockCostsFlagsAndNoMessage) {
  std::vector<std::uint64_t> ids;
  for (int i = 0; i < 65; ++i) ids.push_back(add(inbox, {"\\Flagged"}));
  w.store_flags(inbox, {1, 65}, stored::StoreFlags::ADD, {"\\Seen"});
  for (std::string raw : {std::string("garbage"), std::string()}) {
    ASSERT_TRUE(w.engine->overwrite_raw(1, keys::flag_block(inbox, 1), raw).has_value());
    w.reopen();
    EXPECT_EQ(flags(ids[63]), kFlagged);  // as it was born
    EXPECT_EQ(flags(ids[62]), kFlagged | kSeen);
    auto sheet = w.sheet(inbox);
    ASSERT_EQ(sheet->size(), 65u);
    EXPECT_EQ(sheet->flags_lo[63], kFlagged);
    EXPECT_EQ(sheet->flags_lo[62], kFlagged | kSeen);
  }
  auto r = w.store_flags(inbox, {64, 64}, stored::StoreFlags::ADD, {"\\Seen"});
  EXPECT_EQ(rows_of(r.flags_stored()), 1);
  EXPECT_EQ(block(inbox, 1)->find(64)->flags.lo, kFlagged | kSeen);
  w.reopen();
  EXPECT_EQ(flags(ids[63]), kFlagged | kSeen);
}

}  // namespace
}  // namespace postern::store
