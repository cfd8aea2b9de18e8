// Deleted mail: listed while it can be had, restored with new UIDs and modseqs, counted in the quota again; forgotten
// after its time, or when it outgrows one further quota.
#include <algorithm>

#include "store/limits.h"
#include "store_test.h"

namespace postern::store {
namespace {

class StoreDeleted : public testing::TestWithParam<bool> {
 protected:
  StoreDeleted() : w(GetParam()) { inbox = w.mailbox_named("INBOX"); }

  std::vector<stored::DeletedThing> deleted(std::uint32_t mailbox = 0, std::int64_t since = 0,
                                            std::uint64_t account = 1) {
    auto r = w.request(account);
    r.mutable_list_deleted()->set_mailbox(mailbox);
    r.mutable_list_deleted()->set_since(since);
    auto last = w.run(r, account ? World::user(account) : World::admin());
    EXPECT_EQ(code(last), "");
    EXPECT_TRUE(last.deleted().end());
    w.items.push_back(last);
    std::vector<stored::DeletedThing> out;
    for (auto& i : w.items) out.insert(out.end(), i.deleted().things().begin(), i.deleted().things().end());
    return out;
  }
  stored::Reply restore(const stored::Undelete& u, const Principal& who = World::user(1)) {
    auto r = w.request();
    *r.mutable_undelete() = u;
    return w.run(r, who);
  }
  stored::Reply restore_mailbox(std::uint32_t id, std::uint32_t below = 0) {
    stored::Undelete u;
    u.set_mailbox(id);
    u.set_to(below);
    return restore(u);
  }
  stored::Reply restore_email(std::uint64_t id, std::uint32_t to = 0, const Principal& who = World::user(1)) {
    stored::Undelete u;
    u.add_emails(id);
    u.set_to(to);
    return restore(u, who);
  }
  std::uint32_t make(const std::vector<std::string>& path) {
    auto r = w.request();
    for (auto& p : path) r.mutable_create_mailbox()->add_path(p);
    return w.run(r).created().id();
  }
  void remove(std::uint32_t id) {
    auto r = w.request();
    r.mutable_delete_mailbox()->set_id(id);
    ASSERT_EQ(code(w.run(r)), "");
  }
  void destroy(std::uint64_t email, Principal who = World::user(1)) {
    auto r = w.request();
    auto& u = *r.mutable_update_emails()->add_updates();
    u.set_id(email);
    u.set_destroy(true);
    ASSERT_EQ(w.run(r, who).updated().errors(0).code(), "");
  }

  World w;
  std::uint32_t inbox;
};

TEST_P(StoreDeleted, AnEmailComesBackWhereItWas) {
  auto one = w.add(World::message("body one", "first", "a@x"), inbox, {"\\Flagged", "word"});
  auto two = w.add(World::message("the second", "Re: first", "b@x", "a@x"), inbox);
  ASSERT_EQ(two.thread(), one.thread());
  destroy(one.email());
  auto before = w.info();
  auto things = deleted();
  ASSERT_EQ(things.size(), 1u);
  EXPECT_EQ(things[0].kind(), "email");
  EXPECT_EQ(things[0].id(), one.email());
  EXPECT_EQ(things[0].name(), "INBOX");
  EXPECT_EQ(things[0].subject(), "first");
  EXPECT_EQ(things[0].size(), 8u);
  EXPECT_EQ(things[0].deleted(), w.now);
  EXPECT_EQ(things[0].until(), w.now + 14 * 86'400);

  w.reopen();
  auto reply = restore_email(one.email());
  ASSERT_EQ(code(reply), "");
  ASSERT_EQ(reply.undeleted().places_size(), 1);
  EXPECT_EQ(reply.undeleted().emails(), 1u);
  EXPECT_EQ(reply.undeleted().places(0).mailbox(), inbox);
  EXPECT_EQ(reply.undeleted().places(0).uid(), 3u);   // a new one
  auto after = w.info();
  EXPECT_GT(after.modseq(), before.modseq());
  EXPECT_EQ(after.used_bytes(), 18u);
  EXPECT_EQ(after.used_emails(), 2u);
  auto e = w.emails({one.email()});
  ASSERT_EQ(e.size(), 1u);
  EXPECT_FALSE(e[0].content().empty());
  EXPECT_EQ(e[0].email().thread(), one.thread());
  auto sheet = w.sheet(inbox);
  ASSERT_EQ(sheet->size(), 2u);
  EXPECT_TRUE(sheet->row(1).flags.has(model::kFlagged));
  EXPECT_EQ(sheet->row(1).modseq, after.modseq());
  EXPECT_EQ(w.mailbox(inbox).total_threads(), 1u);
  // JMAP sees it made again.
  auto changes = w.changes(stored::GetChanges::EMAIL, before.modseq()).changes();
  ASSERT_EQ(changes.created_size(), 1);
  EXPECT_EQ(changes.created(0), one.email());
  EXPECT_TRUE(deleted().empty());
  // It lives: there is nothing to bring back, and its time does not run.
  EXPECT_EQ(restore_email(one.email()).undeleted().places(0).mailbox(), 0u);
  w.now += 15 * 86'400;
  w.reopen();
  w.work_all();
  EXPECT_EQ(w.emails({one.email()}).size(), 1u);
}

TEST_P(StoreDeleted, AnEmailWhoseMailboxHasGoneComesToInboxOrWhereItIsAskedFor) {
  auto box = make({"Box"}), other = make({"Other"});
  auto one = w.add(World::message("one"), box), two = w.add(World::message("two"), box);
  destroy(one.email());
  destroy(two.email());
  remove(box);
  EXPECT_EQ(restore_email(one.email()).undeleted().places(0).mailbox(), inbox);
  EXPECT_EQ(restore_email(two.email(), other).undeleted().places(0).mailbox(), other);
  EXPECT_EQ(code(restore_email(two.email(), box)), "NOT_FOUND");
}

TEST_P(StoreDeleted, AMailboxComesBackAndBesideItsSuccessor) {
  auto box = make({"Work", "2024"});
  std::vector<std::uint64_t> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(w.add(World::message("m" + std::to_string(i)), box).email());
  w.copy(box, {2, 2}, inbox, false);    // stands in INBOX too
  w.store_flags(box, {1, 1}, stored::StoreFlags::ADD, {"\\Seen", "\\Deleted"});
  auto old = w.mailbox(box);
  auto used = w.info().used_bytes();
  remove(box);
  EXPECT_EQ(w.info().used_bytes(), 2u);
  auto things = deleted();
  ASSERT_EQ(things.size(), 1u);         // its emails are counted with it
  EXPECT_EQ(things[0].kind(), "mailbox");
  EXPECT_EQ(things[0].name(), "Work/2024");
  EXPECT_EQ(things[0].emails(), 5u);
  EXPECT_EQ(things[0].size(), 10u);
  EXPECT_EQ(deleted(box).size(), 5u);   // itself and the four that went
  ASSERT_NE(make({"Work", "2024"}), box);

  stored::Undelete dry;
  dry.set_mailbox(box);
  dry.set_dry_run(true);
  auto would = restore(dry);
  EXPECT_EQ(would.undeleted().name(), "Work/2024 (restored)");
  EXPECT_EQ(would.undeleted().emails(), 5u);
  EXPECT_EQ(w.mailbox_named("2024 (restored)"), 0u);

  auto reply = restore_mailbox(box);
  ASSERT_EQ(code(reply), "");
  EXPECT_EQ(reply.undeleted().name(), "Work/2024 (restored)");
  EXPECT_EQ(reply.undeleted().emails(), 5u);
  auto back = w.mailbox(reply.undeleted().mailbox());
  EXPECT_NE(back.id(), box);
  EXPECT_GT(back.uidvalidity(), old.uidvalidity());
  EXPECT_EQ(back.rows(), 5u);
  EXPECT_EQ(back.unseen_rows(), 4u);
  EXPECT_EQ(back.deleted_rows(), 0u);   // or the next EXPUNGE would take it again
  EXPECT_EQ(back.total_emails(), 5u);
  EXPECT_EQ(w.info().used_bytes(), used);
  auto sheet = w.sheet(back.id());
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(sheet->row(i).email, ids[i]);
  EXPECT_TRUE(deleted().empty());
  EXPECT_EQ(code(restore_mailbox(box)), "NOT_FOUND");
  w.work_all();
  w.reopen();
  EXPECT_EQ(w.sheet(back.id())->size(), 5u);
  EXPECT_EQ(w.sheet(inbox)->size(), 1u);
}

TEST_P(StoreDeleted, MissingParentsAreMadeAndNamesStayInTheirLimit) {
  std::string longest(kMaxNameBytes - 1, 'x');
  longest += "y";
  auto box = make({"a", "b", longest});
  remove(box);
  for (const char* name : {"b", "a"}) remove(w.mailbox_named(name));
  auto first = restore_mailbox(box);
  EXPECT_EQ(first.undeleted().name(), "a/b/" + longest);
  remove(first.undeleted().mailbox());
  make({"a", "b", longest});
  auto second = restore_mailbox(first.undeleted().mailbox());
  auto name = w.mailbox(second.undeleted().mailbox()).name();
  EXPECT_EQ(name.size(), kMaxNameBytes);
  EXPECT_TRUE(name.ends_with("x (restored)"));
  remove(second.undeleted().mailbox());
  auto below = restore_mailbox(second.undeleted().mailbox(), inbox);
  EXPECT_EQ(w.mailbox(below.undeleted().mailbox()).parent(), inbox);
}

TEST_P(StoreDeleted, ALargeMailboxComesBackWhileItIsStillBeingEmptied) {
  auto box = make({"Large"});
  for (int i = 0; i < 40; ++i) w.add(World::message("m" + std::to_string(i)), box);
  for (int i = 0; i < 6; ++i) w.copy(box, {1, UINT32_MAX}, box, false);   // 2,560 rows
  remove(box);
  std::vector<Changed> c;
  w.store->work_behind(c);              // the first thousand have left
  auto reply = restore_mailbox(box);
  ASSERT_EQ(code(reply), "");
  EXPECT_EQ(reply.undeleted().emails(), 2'560u);
  EXPECT_FALSE(w.items.empty());        // progress
  w.work_all();
  auto back = w.mailbox(reply.undeleted().mailbox());
  EXPECT_EQ(back.rows(), 2'560u);
  EXPECT_EQ(back.total_emails(), 40u);
  EXPECT_EQ(w.info().used_emails(), 40u);
  EXPECT_EQ(w.info().used_bytes(), back.bytes() / 64);
  EXPECT_TRUE(deleted().empty());
}

TEST_P(StoreDeleted, ACrashInBetweenLeavesTheRestToBeRestored) {
  auto box = make({"Large"});
  for (int i = 0; i < 16; ++i) w.add(World::message("m" + std::to_string(i)), box);
  for (int i = 0; i < 7; ++i) w.copy(box, {1, UINT32_MAX}, box, false);   // 2,048 rows
  remove(box);
  w.work_all();
  Call call;
  call.who = World::user(1);
  call.request = w.request();
  call.request.mutable_undelete()->set_mailbox(box);
  do w.store->step(call);
  while (call.state == Call::State::again);   // the first commit
  ASSERT_EQ(call.state, Call::State::item);
  w.reopen();
  auto things = deleted();
  ASSERT_EQ(things.size(), 1u);
  EXPECT_EQ(things[0].emails(), 1'048u);
  auto rest = restore_mailbox(box);
  EXPECT_EQ(rest.undeleted().emails(), 1'048u);
  EXPECT_EQ(rest.undeleted().name(), "Large (restored)");
  EXPECT_EQ(w.mailbox(w.mailbox_named("Large")).rows(), 1'000u);
}

TEST_P(StoreDeleted, TheQuotaHolds) {
  auto one = w.add(World::message(std::string(60, 'x')), inbox);
  destroy(one.email());
  w.add(World::message(std::string(50, 'y')), inbox);
  EXPECT_EQ(code(restore_email(one.email(), 0, World::user(1, 109))), "OVER_QUOTA");
  EXPECT_EQ(code(restore_email(one.email(), 0, World::user(1, 110))), "");
}

TEST_P(StoreDeleted, OneFurtherQuotaIsKeptTheOldestGoFirst) {
  std::vector<std::uint64_t> ids;
  for (int i = 0; i < 5; ++i) {
    ids.push_back(w.add(World::message(std::string(40, static_cast<char>('a' + i))), inbox, {}, 1, 100).email());
    w.now += 1;
    destroy(ids.back(), World::user(1, 100));
  }
  w.work_all();
  auto things = deleted();
  ASSERT_EQ(things.size(), 2u);
  EXPECT_EQ(things[0].id(), ids[3]);
  EXPECT_EQ(things[1].id(), ids[4]);
  EXPECT_EQ(deleted(0, things[1].deleted()).size(), 1u);
}

TEST_P(StoreDeleted, WhatIsTooOldIsNotTold) {
  auto box = make({"Box"});
  auto one = w.add(World::message("one"), inbox);
  w.add(World::message("two"), box);
  destroy(one.email());
  remove(box);
  w.now += 14 * 86'400;
  EXPECT_TRUE(deleted().empty());       // though nobody has swept yet
  EXPECT_EQ(restore_email(one.email()).undeleted().places(0).mailbox(), 0u);
  EXPECT_EQ(code(restore_mailbox(box)), "NOT_FOUND");
}

TEST_P(StoreDeleted, AnAccountComesBackWhole) {
  auto one = w.add(World::message("one"), inbox, {"\\Seen"});
  auto info = w.info();
  auto r = w.request(0);
  r.mutable_revoke()->set_principal(1);
  r.mutable_revoke()->set_generation(UINT64_MAX);
  w.run(r, World::admin());
  r.mutable_delete_account()->set_account(1);
  ASSERT_EQ(code(w.run(r, World::admin())), "");
  auto get = w.request();
  get.mutable_get_account();
  EXPECT_EQ(code(w.run(get)), "TICKET");
  auto things = deleted(0, 0, 0);
  ASSERT_EQ(things.size(), 1u);
  EXPECT_EQ(things[0].kind(), "account");
  EXPECT_EQ(things[0].id(), 1u);
  EXPECT_EQ(things[0].emails(), 1u);
  w.now += 13 * 86'400;
  w.reopen();
  w.work_all();
  EXPECT_EQ(code(restore({}, World::user(1))), "TICKET");
  stored::Undelete dry;
  dry.set_dry_run(true);
  EXPECT_EQ(code(restore(dry, World::admin())), "");
  EXPECT_EQ(code(w.run(get)), "TICKET");
  EXPECT_EQ(code(restore({}, World::admin())), "");
  EXPECT_EQ(code(restore({}, World::admin())), "");   // it may be repeated
  w.reopen();
  auto back = w.info();
  EXPECT_EQ(back.modseq(), info.modseq());
  EXPECT_EQ(back.epoch(), info.epoch());
  EXPECT_EQ(w.emails({one.email()}).size(), 1u);
  EXPECT_TRUE(deleted(0, 0, 0).empty());

  r.mutable_delete_account()->set_account(1);
  w.run(r, World::admin());
  w.now += 14 * 86'400;
  EXPECT_EQ(code(restore({}, World::admin())), "NOT_FOUND");
}

// For a dump: as long as the account can come back, and for reading alone.
TEST_P(StoreDeleted, AnAdminReadsADeletedAccount) {
  auto one = w.add(World::message("one"), inbox);
  auto gone = w.add(World::message("two"), inbox);
  destroy(gone.email());
  auto r = w.request(0);
  r.mutable_delete_account()->set_account(1);
  auto when = static_cast<std::uint64_t>(w.now);
  ASSERT_EQ(code(w.run(r, World::admin())), "");
  auto read = [&](auto ask, const Principal& who) {
    auto q = w.request();
    ask(q);
    return w.run(q, who);
  };
  auto account = [](stored::Request& q) { q.mutable_get_account(); };
  auto mailboxes = [](stored::Request& q) { q.mutable_list_mailboxes(); };
  auto emails = [&](stored::Request& q) {
    q.mutable_get_emails()->add_ids(one.email());
    q.mutable_get_emails()->set_email(true);
  };
  auto hidden = [](stored::Request& q) { q.mutable_get_rest(); };
  for (bool reopened : {false, true}) {
    if (reopened) w.reopen();
    EXPECT_EQ(read(account, World::admin()).account().record().deleted(), when);
    EXPECT_GT(read(mailboxes, World::admin()).mailboxes().mailboxes_size(), 0);
    ASSERT_EQ(read(emails, World::admin()).emails().emails_size(), 1);
    EXPECT_EQ(code(read(hidden, World::admin())), "");
    // Nobody else, though it is in memory now; and nobody changes it.
    EXPECT_EQ(code(read(account, World::user(1))), "NOT_FOUND");
    EXPECT_EQ(code(read(account, World::user(2))), "DENIED");
    EXPECT_EQ(code(read(account, World::deliver(1))), "DENIED");
    EXPECT_EQ(code(read(mailboxes, World::deliver(1))), "NOT_FOUND");
    EXPECT_EQ(w.store->modseq_of(1), 0u);
    EXPECT_EQ(*w.store->existing(1), nullptr);
    EXPECT_EQ(code(read([](auto& q) { q.mutable_put_script()->set_name("x"); }, World::admin())), "NOT_FOUND");
    EXPECT_EQ(code(w.run(r, World::admin())), "NOT_FOUND");
  }
  EXPECT_EQ(code(restore({}, World::admin())), "");
  EXPECT_EQ(w.info().used_emails(), 1u);
  EXPECT_EQ(read(account, World::admin()).account().record().deleted(), 0u);
  ASSERT_EQ(code(w.run(r, World::admin())), "");
  EXPECT_EQ(code(read(account, World::admin())), "");
  w.now += 14 * 86'400;
  EXPECT_EQ(code(read(account, World::admin())), "NOT_FOUND");   // though nobody has swept yet
  w.work_all();
  EXPECT_EQ(code(read(account, World::admin())), "NOT_FOUND");
}

TEST_P(StoreDeleted, ForgottenWhenTold) {
  auto one = w.add(World::message("body one"), inbox);
  destroy(one.email());
  auto expire = [&] {
    auto r = w.request(0);
    r.mutable_collect_blobs()->set_expire_only(true);
    auto reply = w.run(r, World::admin());
    EXPECT_EQ(code(reply), "");
    EXPECT_TRUE(reply.collected().end());
    EXPECT_EQ(reply.collected().segments(), 0u);   // none was looked at
    return w.store->stats().purged_emails;
  };
  EXPECT_EQ(expire(), 0u);
  w.now += 14 * 86'400;
  EXPECT_EQ(expire(), 1u);
  EXPECT_EQ(code(restore_email(one.email())), "");
  EXPECT_EQ(w.info().used_emails(), 0u);
}

TEST_P(StoreDeleted, OnlyAnAdminSeesAccounts) {
  auto r = w.request(0);
  r.mutable_list_deleted();
  EXPECT_EQ(code(w.run(r, World::user(1))), "DENIED");
  auto other = w.request(2);
  other.mutable_list_deleted();
  EXPECT_EQ(code(w.run(other, World::user(1))), "DENIED");
  EXPECT_EQ(code(restore({}, World::user(1))), "DENIED");
}

TEST_P(StoreDeleted, LimitOfOneCall) {
  stored::Undelete u;
  for (std::size_t i = 0; i < kMaxUndeleted; ++i) u.add_emails(i + 1'000);
  EXPECT_EQ(code(restore(u)), "");
  u.add_emails(1);
  EXPECT_EQ(code(restore(u)), "LIMIT");
}

INSTANTIATE_TEST_SUITE_P(Engines, StoreDeleted, testing::Bool(),
                         [](const auto& p) { return p.param ? "berkeley" : "memory"; });

}  // namespace
}  // namespace postern::store
