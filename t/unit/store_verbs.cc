// Each verb by itself: what it does, what it refuses, what it answers when it is repeated.
#include <fcntl.h>
#include <sys/mman.h>

#include "store_test.h"
#include "store/keys.h"
#include "store/limits.h"

namespace postern::store {
namespace {

class Verbs : public testing::TestWithParam<bool> {
 protected:
  World w{GetParam()};
  std::uint32_t inbox = w.mailbox_named("INBOX");
  std::uint32_t trash = w.mailbox_named("Trash");
};
INSTANTIATE_TEST_SUITE_P(Engines, Verbs, testing::Bool(),
                         [](const auto& p) { return p.param ? "berkeley" : "memory"; });

TEST_P(Verbs, AnAccountIsBornWithItsMailboxes) {
  std::map<std::string, std::string> roles;
  std::uint32_t validity = 0;
  for (auto& m : w.mailboxes(7)) {
    roles[m.name()] = m.role();
    EXPECT_TRUE(m.subscribed());
    EXPECT_GT(m.uidvalidity(), validity);  // each its own
    validity = m.uidvalidity();
    EXPECT_EQ(m.uidnext(), 1u);
  }
  EXPECT_EQ(roles, (std::map<std::string, std::string>{{"INBOX", "inbox"},
                                                       {"Drafts", "drafts"},
                                                       {"Sent", "sent"},
                                                       {"Junk", "junk"},
                                                       {"Trash", "trash"},
                                                       {"Archive", "archive"}}));
  auto before = w.mailboxes(7);
  w.reopen();
  auto after = w.mailboxes(7);
  ASSERT_EQ(before.size(), after.size());
  for (std::size_t i = 0; i < before.size(); ++i)
    EXPECT_EQ(before[i].SerializeAsString(), after[i].SerializeAsString());
  // Kinds that own nothing make nothing.
  auto r = w.request(8);
  r.mutable_get_account();
  EXPECT_EQ(code(w.run(r, World::admin())), "NOT_FOUND");
}

TEST_P(Verbs, AddEmailsKeepsTheMessageAndAnswersItsPlaces) {
  auto one = w.add(World::message("body", "hello", "id1"), inbox, {"\\Seen", "$work"});
  ASSERT_FALSE(one.has_error()) << one.error().what();
  ASSERT_EQ(one.places_size(), 1);
  EXPECT_EQ(one.places(0).uid(), 1u);
  EXPECT_EQ(one.size(), 4u);
  EXPECT_EQ(one.uidvalidity(), w.mailbox(inbox).uidvalidity());
  for (int round = 0; round < 2; ++round) {
    auto got = w.emails({one.email(), 999});
    ASSERT_EQ(got.size(), 1u);
    EXPECT_EQ(got[0].wire(), "wire of hello");
    EXPECT_EQ(w.blobs.read(got[0].location()), "body");
    EXPECT_EQ(got[0].email().flags_lo(), 1u | 1u << 8);
    EXPECT_EQ(got[0].email().received(), w.now);
    auto m = w.mailbox(inbox);
    EXPECT_EQ(m.rows(), 1u);
    EXPECT_EQ(m.unseen_rows(), 0u);
    EXPECT_EQ(m.total_emails(), 1u);
    EXPECT_EQ(m.total_threads(), 1u);
    EXPECT_EQ(m.bytes(), 4u);
    EXPECT_EQ(m.uidnext(), 2u);
    EXPECT_EQ(w.info().used_bytes(), 4u);
    EXPECT_EQ(w.info().keywords(0), "$work");
    w.reopen();
  }
}

TEST_P(Verbs, APrefixBelongsToTheMessageAndItsHeader) {
  auto add = World::message("Subject: x\r\n\r\nb", "x");
  auto r = w.request();
  *r.mutable_add_emails() = add;
  auto& t = *r.mutable_add_emails()->add_targets();
  t.set_account(1);
  t.set_prefix("Return-Path: <a@b>\r\n");
  t.set_deliver_to("archive");  // without case
  auto reply = w.run(r, World::deliver(1));
  auto& one = reply.added().results(0);
  ASSERT_FALSE(one.has_error()) << one.error().what();
  EXPECT_EQ(one.places(0).mailbox(), w.mailbox_named("Archive"));
  auto got = w.emails({one.email()});
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(w.blobs.read(got[0].location()), "Return-Path: <a@b>\r\nSubject: x\r\n\r\nb");
  EXPECT_EQ(got[0].email().prefix_size(), 20u);
  records::Content c;
  ASSERT_TRUE(c.ParseFromString(got[0].content()));
  EXPECT_EQ(c.header(), "Return-Path: <a@b>\r\nSubject: x\r\n");
  // A name that is no mailbox is INBOX.
  t.set_deliver_to("nowhere");
  EXPECT_EQ(w.run(r, World::deliver(1)).added().results(0).places(0).mailbox(), inbox);
}

// The name decides, whatever was known of it: by IMAP and by delivery, for which it stands alone otherwise.
TEST_P(Verbs, AMailboxThatIsNamedByItsPathToo) {
  auto add = [&](std::uint32_t mailbox, const std::string& path, Principal who) {
    auto r = w.request();
    *r.mutable_add_emails() = World::message("a body");
    auto& t = *r.mutable_add_emails()->add_targets();
    t.set_account(1);
    t.add_mailboxes(mailbox);
    t.set_deliver_to(path);
    return w.run(r, who).added().results(0);
  };
  auto create = w.request();
  create.mutable_create_mailbox()->add_path("a");
  create.mutable_create_mailbox()->add_path("b");
  std::uint32_t b = w.run(create).created().id();
  EXPECT_EQ(add(b, "a/b", World::user(1)).places(0).mailbox(), b);
  EXPECT_EQ(add(inbox, "a/b", World::user(1)).places(0).mailbox(), b);
  EXPECT_EQ(add(b, "inbox", World::user(1)).places(0).mailbox(), inbox);
  EXPECT_EQ(add(4711, "a/b", World::user(1)).places(0).mailbox(), b);   // an id that is gone
  for (const char* path : {"a/B", "a/b/c", "b", "a/", "/a/b", "a//b"})
    EXPECT_EQ(add(b, path, World::user(1)).error().code(), "NOT_FOUND") << path;
  EXPECT_EQ(add(0, "a/b", World::deliver(1)).places(0).mailbox(), b);
  EXPECT_EQ(add(0, "archive", World::deliver(1)).error().code(), "NOT_FOUND");
  // Renamed, and another in its place.
  auto rename = w.request();
  rename.mutable_update_mailbox()->set_id(b);
  rename.mutable_update_mailbox()->set_name("c");
  EXPECT_FALSE(w.run(rename).has_error());
  EXPECT_EQ(add(b, "a/b", World::user(1)).error().code(), "NOT_FOUND");
  std::uint32_t other = w.run(create).created().id();
  EXPECT_EQ(add(b, "a/b", World::user(1)).places(0).mailbox(), other);
}

TEST_P(Verbs, EqualBytesAreKeptOnceForAllAccounts) {
  for (std::uint64_t account : {1, 2, 3}) w.add(World::message("the same"), 0, {}, account);
  EXPECT_EQ(w.blobs.bodies.size(), 1u);
  w.add(World::message("another"), 0);
  EXPECT_EQ(w.blobs.bodies.size(), 2u);
}

TEST_P(Verbs, LargeBodiesComeAsDescriptors) {
  std::string big(9u << 20, 'x');
  int fd = ::memfd_create("body", MFD_CLOEXEC);
  ASSERT_TRUE(base::pwrite_all(fd, big, 0).has_value());
  for (std::string prefix : {"", "P: 1\r\n"}) {
    Call call;
    call.who = World::user(1);
    call.request = w.request();
    auto& add = *call.request.mutable_add_emails();
    add = World::message("");
    add.set_body_in_descriptor(true);
    add.add_targets()->set_account(1);
    add.mutable_targets(0)->set_prefix(prefix);
    call.targets = {World::user(1)};
    call.body = base::Fd(::dup(fd));
    auto reply = w.run(call);
    ASSERT_FALSE(reply.added().results(0).has_error()) << reply.added().results(0).error().what();
    EXPECT_EQ(w.blobs.read(w.emails({reply.added().results(0).email()})[0].location()), prefix + big);
  }
  ::close(fd);
  // Announced and missing, or there and not announced.
  auto r = w.request();
  *r.mutable_add_emails() = World::message("");
  r.mutable_add_emails()->set_body_in_descriptor(true);
  r.mutable_add_emails()->add_targets()->set_account(1);
  EXPECT_EQ(w.run(r).added().results(0).error().code(), "INVALID");
}

TEST_P(Verbs, AnIdentityIsAddedOnce) {
  auto r = w.request();
  *r.mutable_add_emails() = World::message("m");
  auto& t = *r.mutable_add_emails()->add_targets();
  t.set_account(1);
  t.set_identity("file 1");
  auto first = w.run(r).added().results(0);
  EXPECT_FALSE(first.existed());
  w.reopen();
  auto second = w.run(r).added().results(0);
  EXPECT_TRUE(second.existed());
  EXPECT_EQ(second.email(), first.email());
  EXPECT_EQ(second.places(0).uid(), first.places(0).uid());
  t.set_identity("file 2");
  EXPECT_NE(w.run(r).added().results(0).email(), first.email());
  EXPECT_EQ(w.info().used_emails(), 2u);
}

TEST_P(Verbs, QuotaIsHeldToTheByteForEachTarget) {
  EXPECT_FALSE(w.add(World::message("12345"), inbox, {}, 1, 10).has_error());
  EXPECT_EQ(w.add(World::message("123456"), inbox, {}, 1, 10).error().code(), "OVER_QUOTA");
  EXPECT_FALSE(w.add(World::message("abcde"), inbox, {}, 1, 10).has_error());
  EXPECT_EQ(w.add(World::message("1"), inbox, {}, 1, 10).error().code(), "OVER_QUOTA");
  EXPECT_EQ(w.info().used_bytes(), 10u);
  // Copies cost nothing: an email counts once.
  w.copy(inbox, {1, 1}, trash, false);
  EXPECT_EQ(w.info().used_bytes(), 10u);
  // Of two targets only the full one is refused.
  Call call;
  call.who = World::deliver(1);
  call.request = w.request();
  *call.request.mutable_add_emails() = World::message("0123456789");
  for (std::uint64_t a : {1, 2}) {
    call.request.mutable_add_emails()->add_targets()->set_account(a);
    call.targets.emplace_back(World::deliver(a, 10));
  }
  auto reply = w.run(call);
  EXPECT_EQ(reply.added().results(0).error().code(), "OVER_QUOTA");
  EXPECT_FALSE(reply.added().results(1).has_error());
  // What is expunged is outside the quota at once.
  w.store_flags(inbox, {1, 2}, stored::StoreFlags::ADD, {"\\Deleted"});
  w.expunge(inbox);
  EXPECT_EQ(w.info().used_bytes(), 5u);
}

TEST_P(Verbs, MailboxNamesAndTree) {
  auto create = [&](std::vector<std::string> path, std::uint32_t parent = 0, std::string role = "",
                    bool may_exist = false) {
    auto r = w.request();
    auto& c = *r.mutable_create_mailbox();
    c.set_parent(parent);
    for (auto& p : path) c.add_path(p);
    c.set_role(role);
    c.set_may_exist(may_exist);
    return w.run(r);
  };
  auto made = create({"a", "b", "c"});
  ASSERT_EQ(code(made), "");
  EXPECT_EQ(code(create({"a", "b", "c"})), "EXISTS");
  EXPECT_EQ(create({"a", "b", "c"}, 0, "", true).created().id(), made.created().id());
  EXPECT_TRUE(create({"a", "b", "c"}, 0, "", true).created().existed());
  EXPECT_EQ(code(create({"A"})), "");  // exact
  EXPECT_EQ(code(create({"inBox"})), "EXISTS");
  EXPECT_EQ(code(create({"inBox", "x"})), "");
  EXPECT_EQ(w.mailbox_named("x") != 0, true);
  EXPECT_EQ(w.mailbox(w.mailbox_named("x")).parent(), inbox);
  EXPECT_EQ(code(create({"a", "inbox"})), "");  // only at the top
  EXPECT_EQ(code(create({"q"}, 0, "trash")), "INVALID");
  EXPECT_EQ(code(create({"q"}, 0, "No")), "INVALID");
  EXPECT_EQ(code(create({"q"}, 9999)), "NOT_FOUND");
  for (std::string bad : {"", "a/b", "a\nb", "\xff", "a\x7f", "\xc2\x85"})
    EXPECT_EQ(code(create({bad})), "INVALID") << bad;
  EXPECT_EQ(code(create({std::string(kMaxNameBytes, 'x')})), "");
  EXPECT_EQ(code(create({std::string(kMaxNameBytes + 1, 'x')})), "LIMIT");
  std::vector<std::string> deep(kMaxDepth, "d");
  EXPECT_EQ(code(create(deep)), "");
  deep.push_back("d");
  EXPECT_EQ(code(create(deep)), "LIMIT");
}

TEST_P(Verbs, RenamesMovesAndRoles) {
  auto create = [&](std::vector<std::string> path) {
    auto r = w.request();
    for (auto& p : path) r.mutable_create_mailbox()->add_path(p);
    return w.run(r).created().id();
  };
  auto update = [&](std::uint32_t id, auto&& fill) {
    auto r = w.request();
    r.mutable_update_mailbox()->set_id(id);
    fill(*r.mutable_update_mailbox());
    return w.run(r);
  };
  std::uint32_t c = create({"a", "b", "c"}), a = w.mailbox_named("a"), b = w.mailbox_named("b");
  EXPECT_EQ(code(update(a, [&](auto& u) { u.set_parent(c); })), "INVALID");  // below itself
  EXPECT_EQ(code(update(b, [&](auto& u) { u.set_name("Trash"), u.set_parent(0); })), "EXISTS");
  auto done = update(c, [&](auto& u) {
    u.set_name("z");
    u.add_new_parent_path("new");
    u.add_new_parent_path("er");
  });
  ASSERT_EQ(code(done), "");
  EXPECT_EQ(w.mailbox(c).name(), "z");
  EXPECT_EQ(w.mailbox(w.mailbox(c).parent()).name(), "er");
  EXPECT_EQ(w.mailbox(w.mailbox(w.mailbox(c).parent()).parent()).parent(), 0u);
  EXPECT_EQ(code(update(inbox, [&](auto& u) { u.set_name("no"); })), "INVALID");
  EXPECT_EQ(code(update(a, [&](auto& u) { u.set_role("archive"); })), "INVALID");
  EXPECT_EQ(code(update(w.mailbox_named("Archive"), [&](auto& u) { u.set_role(""); })), "");
  EXPECT_EQ(code(update(a, [&](auto& u) { u.set_role("archive"); })), "");
  EXPECT_EQ(code(update(a, [&](auto& u) { u.set_subscribed(true), u.set_sort_order(7); })), "");
  w.reopen();
  EXPECT_EQ(w.mailbox(a).role(), "archive");
  EXPECT_EQ(w.mailbox(a).sort_order(), 7u);
  std::uint64_t before = w.info().modseq();
  EXPECT_EQ(code(update(a, [&](auto& u) { u.set_subscribed(true); })), "");  // as it is
  EXPECT_EQ(w.info().modseq(), before);
}

TEST_P(Verbs, RenamingInboxMovesItsMail) {
  for (int i = 0; i < 5; ++i)
    w.add(World::message("m" + std::to_string(i)), inbox,
          i == 2 ? std::vector<std::string>{"\\Seen"} : std::vector<std::string>{});
  auto r = w.request();
  auto& u = *r.mutable_update_mailbox();
  u.set_id(inbox);
  u.set_inbox_rename(true);
  u.set_name("old");
  u.add_new_parent_path("saved");
  ASSERT_EQ(code(w.run(r)), "");
  EXPECT_EQ(w.mailbox(inbox).rows(), 0u);
  auto old = w.mailbox(w.mailbox_named("old"));
  EXPECT_EQ(old.rows(), 5u);
  EXPECT_EQ(old.unseen_rows(), 4u);
  EXPECT_EQ(w.mailbox(old.parent()).name(), "saved");
  EXPECT_EQ(code(w.run(r)), "EXISTS");
}

TEST_P(Verbs, DeletingMailboxes) {
  auto remove = [&](std::uint32_t id, bool keep = false) {
    auto r = w.request();
    r.mutable_delete_mailbox()->set_id(id);
    r.mutable_delete_mailbox()->set_keep_if_emails(keep);
    return w.run(r);
  };
  auto r = w.request();
  for (std::string p : {"p", "q"}) r.mutable_create_mailbox()->add_path(p);
  std::uint32_t q = w.run(r).created().id(), p = w.mailbox_named("p");
  auto lone = w.add(World::message("only here"), q);
  auto both = w.add(World::message("in two"), q);
  w.copy(q, {2, 2}, inbox, false);
  EXPECT_EQ(code(remove(p)), "HAS_CHILDREN");
  EXPECT_EQ(code(remove(inbox)), "INVALID");
  EXPECT_EQ(code(remove(q, true)), "HAS_EMAILS");
  EXPECT_EQ(code(remove(999)), "NOT_FOUND");
  auto validity = w.mailbox(q).uidvalidity();
  EXPECT_EQ(code(remove(q)), "");
  EXPECT_TRUE(w.emails({lone.email()}).empty());
  auto kept = w.emails({both.email()});
  ASSERT_EQ(kept.size(), 1u);
  ASSERT_EQ(kept[0].email().places_size(), 1);
  EXPECT_EQ(kept[0].email().places(0).mailbox(), inbox);
  EXPECT_TRUE(w.delta(q, 1).gone());
  // The same name again: another id, a higher UIDVALIDITY, within the same second.
  auto again = w.run(r);
  EXPECT_NE(again.created().id(), q);
  EXPECT_GT(again.created().uidvalidity(), validity);
  EXPECT_EQ(code(remove(again.created().id())), "");
  EXPECT_EQ(code(remove(p)), "");
}

TEST_P(Verbs, ALargeMailboxGoesAtOnceAndIsEmptiedBehind) {
  auto r = w.request();
  r.mutable_create_mailbox()->add_path("big");
  std::uint32_t big = w.run(r).created().id();
  w.add(World::message("first"), big);
  for (int doublings = 0; doublings < 8; ++doublings)
    w.copy(big, {1, 1'000'000}, big, false);  // 256 rows of one email
  for (int i = 0; i < 800; ++i) w.add(World::message("m" + std::to_string(i), "s" + std::to_string(i)), big);
  EXPECT_GT(w.mailbox(big).rows(), 900u);
  for (int i = 0; i < 200; ++i) w.add(World::message("n" + std::to_string(i), "n"), big);
  ASSERT_GT(w.mailbox(big).rows(), kMaxEmailsPerCommit);
  auto d = w.request();
  d.mutable_delete_mailbox()->set_id(big);
  EXPECT_EQ(code(w.run(d)), "");
  EXPECT_EQ(w.mailbox_named("big"), 0u);
  w.reopen();  // the work is found again
  w.info();
  w.work_all();
  EXPECT_EQ(w.info().used_emails(), 0u);
  EXPECT_EQ(w.info().used_bytes(), 0u);
  EXPECT_EQ(w.sheet(0)->size(), 0u);
}

TEST_P(Verbs, SelectTellsRecentOnceAndTheFirstUnseen) {
  for (int i = 0; i < 3; ++i) w.add(World::message("m" + std::to_string(i)), inbox);
  w.store_flags(inbox, {1, 1}, stored::StoreFlags::ADD, {"\\Seen"});
  auto select = [&](bool read_only) {
    auto r = w.request();
    r.mutable_select_mailbox()->set_mailbox(inbox);
    r.mutable_select_mailbox()->set_read_only(read_only);
    return w.run(r).selected();
  };
  EXPECT_EQ(select(true).mailbox().recent_from(), 1u);
  auto modseq = w.info().modseq();
  EXPECT_EQ(select(false).mailbox().recent_from(), 1u);
  EXPECT_EQ(select(false).mailbox().recent_from(), 4u);
  EXPECT_EQ(w.info().modseq(), modseq);  // nobody is told
  EXPECT_EQ(select(true).first_unseen_uid(), 2u);
  w.reopen();
  EXPECT_EQ(select(false).mailbox().recent_from(), 4u);
  w.store_flags(inbox, {2, 3}, stored::StoreFlags::ADD, {"\\Seen"});
  EXPECT_EQ(select(true).first_unseen_uid(), 0u);
  w.store_flags(inbox, {3, 3}, stored::StoreFlags::REMOVE, {"\\Seen"});
  EXPECT_EQ(select(true).first_unseen_uid(), 3u);
}

TEST_P(Verbs, StoreFlagsChangesOnlyWhatDiffersAndAllCopies) {
  w.add(World::message("m"), inbox);
  w.copy(inbox, {1, 1}, inbox, false);
  w.copy(inbox, {1, 1}, trash, false);
  auto before = w.mailbox(inbox).modseq();
  auto trash_before = w.mailbox(trash).modseq();
  auto r = w.store_flags(inbox, {1, 1}, stored::StoreFlags::ADD, {"\\Flagged", "\\Deleted", "label"});
  EXPECT_EQ(r.flags_stored().previous_modseq(), before);
  ASSERT_EQ(r.flags_stored().runs_size(), 2);  // its other copy here changed too
  EXPECT_EQ(r.flags_stored().runs(0).flags_lo(), 4u | 16u | 256u);
  EXPECT_EQ(r.flags_stored().runs(1).flags_lo(), 4u | 256u);  // \Deleted is the row's own
  EXPECT_EQ(r.flags_stored().new_keywords(0), "label");
  EXPECT_GT(w.mailbox(trash).modseq(), trash_before);
  EXPECT_EQ(w.sheet(trash)->row(0).flags, (model::Flags{4u | 256u, 0}));
  EXPECT_EQ(w.mailbox(inbox).deleted_rows(), 1u);
  // Again: nothing changes, no modseq is used, the row is answered all the same.
  auto modseq = w.info().modseq();
  r = w.store_flags(inbox, {1, 1}, stored::StoreFlags::ADD, {"\\Flagged"});
  EXPECT_EQ(rows_of(r.flags_stored()), 1);
  EXPECT_EQ(w.info().modseq(), modseq);
  // Replace keeps nothing; names that were never seen are no error to remove.
  w.store_flags(inbox, {2, 2}, stored::StoreFlags::REMOVE, {"unheard"});
  EXPECT_EQ(w.info().keywords_size(), 1);
  w.store_flags(inbox, {2, 2}, stored::StoreFlags::REPLACE, {"\\Seen"});
  EXPECT_EQ(w.sheet(inbox)->row(0).flags, (model::Flags{1u | 16u, 0}));
  EXPECT_EQ(w.sheet(inbox)->row(1).flags, (model::Flags{1u, 0}));
  EXPECT_EQ(code(w.store_flags(inbox, {1, 1}, stored::StoreFlags::ADD, {"\\Recent"})), "INVALID");
  EXPECT_EQ(code(w.store_flags(inbox, {1}, stored::StoreFlags::ADD, {"\\Seen"})), "INVALID");
  EXPECT_EQ(code(w.store_flags(99, {1, 1}, stored::StoreFlags::ADD, {"\\Seen"})), "NOT_FOUND");
}

TEST_P(Verbs, ConditionalStoreListsWhatWasModified) {
  for (int i = 0; i < 3; ++i) w.add(World::message("m" + std::to_string(i)), inbox);
  auto modseq = w.mailbox(inbox).modseq();
  w.store_flags(inbox, {2, 2}, stored::StoreFlags::ADD, {"\\Seen"});
  auto r = w.store_flags(inbox, {1, 3}, stored::StoreFlags::ADD, {"\\Flagged"}, modseq);
  ASSERT_EQ(r.flags_stored().modified_size(), 1);
  EXPECT_EQ(r.flags_stored().modified(0), 2u);
  EXPECT_EQ(rows_of(r.flags_stored()), 2);
  r = w.store_flags(inbox, {1, 3}, stored::StoreFlags::ADD, {"\\Answered"}, 0);
  EXPECT_EQ(r.flags_stored().modified_size(), 3);
}

TEST_P(Verbs, TheKeywordTableHasItsLimit) {
  w.add(World::message("m"), inbox);
  std::vector<std::string> names;
  for (int i = 0; i < model::kMaxKeywords; ++i) names.push_back("k" + std::to_string(i));
  auto r = w.store_flags(inbox, {1, 1}, stored::StoreFlags::ADD, names);
  EXPECT_FALSE(r.flags_stored().denied_keywords());
  EXPECT_TRUE(w.sheet(inbox)->row(0).flags.has(127));
  r = w.store_flags(inbox, {1, 1}, stored::StoreFlags::ADD, {"onemore", "\\Seen"});
  EXPECT_TRUE(r.flags_stored().denied_keywords());
  EXPECT_TRUE(w.sheet(inbox)->row(0).flags.has(model::kSeen));
}

TEST_P(Verbs, LongCommandsAreSeriesOfCommits) {
  w.add(World::message("m"), inbox);
  for (int i = 0; i < 1'500; ++i)
    w.add(World::message("m" + std::to_string(i % 7), "x" + std::to_string(i)), inbox);
  auto before = w.info().modseq();
  auto r = w.store_flags(inbox, {1, 4'000'000'000}, stored::StoreFlags::ADD, {"\\Flagged"});
  EXPECT_EQ(rows_of(r.flags_stored()), 1'501);
  EXPECT_EQ(r.flags_stored().next_uid(), 0u);
  EXPECT_EQ(w.info().modseq(), before + 2);
  auto c = w.copy(inbox, {1, 4'000'000'000}, trash, true);
  EXPECT_EQ(c.copied().from_uids_size(), 1'501);
  EXPECT_EQ(w.mailbox(trash).rows(), 1'501u);
  EXPECT_EQ(w.mailbox(inbox).rows(), 0u);
  w.store_flags(trash, {1, 4'000'000'000}, stored::StoreFlags::ADD, {"\\Deleted"});
  auto e = w.expunge(trash);
  EXPECT_EQ(e.expunged().uids_size(), 1'501);
  EXPECT_EQ(w.info().used_emails(), 0u);
}

TEST_P(Verbs, CopyIntoItselfDoesNotChaseItsOwnCopies) {
  for (int i = 0; i < 3; ++i) w.add(World::message("m" + std::to_string(i)), inbox);
  auto c = w.copy(inbox, {1, UINT32_MAX}, inbox, false);
  EXPECT_EQ(c.copied().from_uids_size(), 3);
  EXPECT_EQ(w.mailbox(inbox).rows(), 6u);
  EXPECT_EQ(w.mailbox(inbox).total_emails(), 3u);
  auto m = w.copy(inbox, {1, 1}, inbox, true);
  EXPECT_EQ(m.copied().to_uids(0), 7u);
  EXPECT_EQ(w.mailbox(inbox).rows(), 6u);
  // A place too many for one email is refused and nothing is left half-done.
  for (int i = 0; i < 10; ++i) w.copy(inbox, {2, 2}, trash, false);
  w.add(World::message("many"), inbox);
  auto last = w.mailbox(inbox).uidnext() - 1;
  for (std::size_t i = 1; i < kMaxPlaces; ++i) ASSERT_EQ(code(w.copy(inbox, {last, last}, trash, false)), "");
  auto rows = w.mailbox(trash).rows();
  EXPECT_EQ(code(w.copy(inbox, {last, last}, trash, false)), "LIMIT");
  EXPECT_EQ(w.mailbox(trash).rows(), rows);
}

TEST_P(Verbs, DeltasTellChangesAndExpunges) {
  for (int i = 0; i < 4; ++i) w.add(World::message("m" + std::to_string(i)), inbox);
  auto since = w.mailbox(inbox).modseq();
  w.store_flags(inbox, {2, 2}, stored::StoreFlags::ADD, {"\\Deleted"});
  w.store_flags(inbox, {4, 4}, stored::StoreFlags::ADD, {"\\Seen", "kw"});
  w.expunge(inbox);
  w.add(World::message("new"), inbox);
  for (int round = 0; round < 2; ++round) {  // from memory, then from disk
    auto d = w.delta(inbox, since);
    ASSERT_EQ(d.rows_size(), 2);
    EXPECT_EQ(d.rows(0).uid(), 4u);
    EXPECT_EQ(d.rows(1).uid(), 5u);
    ASSERT_EQ(d.expunged_size(), 1);
    EXPECT_EQ(d.expunged(0), 2u);
    EXPECT_EQ(d.new_keywords_size(), 1);
    EXPECT_EQ(d.modseq(), w.mailbox(inbox).modseq());
    EXPECT_EQ(w.delta(inbox, d.modseq()).rows_size(), 0);
    w.reopen();
  }
}

TEST_P(Verbs, SheetsAreSharedUntilSomethingChanges) {
  for (int i = 0; i < 700; ++i) w.add(World::message("m" + std::to_string(i)), inbox);
  auto s = w.sheet(inbox);
  ASSERT_EQ(s->size(), 700u);
  EXPECT_EQ(s->row(699).uid, 700u);
  auto built = w.store->stats().sheets_built;
  EXPECT_EQ(w.sheet(inbox)->modseq_now(), s->modseq_now());
  EXPECT_EQ(w.store->stats().sheets_built, built);
  auto r = w.request();
  r.mutable_get_sheet()->set_mailbox(inbox);
  r.mutable_get_sheet()->set_have_modseq(s->modseq_now());
  EXPECT_TRUE(w.run(r).sheet().unchanged());
  w.store_flags(inbox, {3, 3}, stored::StoreFlags::ADD, {"\\Seen"});
  EXPECT_FALSE(w.run(r).sheet().unchanged());
  EXPECT_TRUE(w.sheet(inbox)->row(2).flags.has(model::kSeen));
  // The account's: each email once, with its mailboxes.
  w.copy(inbox, {1, 1}, trash, false);
  auto all = w.sheet(0);
  ASSERT_EQ(all->size(), 700u);
  EXPECT_EQ(all->places(0).size(), 2u);
  EXPECT_EQ(all->places(1).size(), 1u);
}

TEST_P(Verbs, UpdateEmailsEachAlone) {
  auto a = w.add(World::message("a"), inbox), b = w.add(World::message("b"), inbox);
  auto old = w.info().email_modseq();
  auto r = w.request();
  auto& u = *r.mutable_update_emails();
  u.set_if_email_modseq(old);
  auto& one = *u.add_updates();
  one.set_id(a.email());
  one.add_add_mailboxes(trash);
  one.add_add_keywords("$seen");
  auto& two = *u.add_updates();
  two.set_id(b.email());
  two.set_set_mailboxes(true);  // to none
  auto& three = *u.add_updates();
  three.set_id(777);
  auto& four = *u.add_updates();
  four.set_id(b.email());
  four.add_add_keywords("a b");
  auto reply = w.run(r);
  ASSERT_EQ(reply.updated().errors_size(), 4);
  EXPECT_EQ(reply.updated().errors(0).code(), "");
  EXPECT_EQ(reply.updated().errors(1).code(), "INVALID");
  EXPECT_EQ(reply.updated().errors(2).code(), "NOT_FOUND");
  EXPECT_EQ(reply.updated().errors(3).code(), "INVALID");
  EXPECT_EQ(reply.updated().old_modseq(), old);
  EXPECT_EQ(w.mailbox(trash).total_emails(), 1u);
  EXPECT_EQ(w.mailbox(inbox).unread_emails(), 1u);
  EXPECT_EQ(code(w.run(r)), "CONFLICT");
  // Leaving a mailbox expunges all rows there.
  r.mutable_update_emails()->Clear();
  auto& leave = *r.mutable_update_emails()->add_updates();
  leave.set_id(a.email());
  leave.add_remove_mailboxes(inbox);
  auto since = w.mailbox(inbox).modseq();
  EXPECT_EQ(w.run(r).updated().errors(0).code(), "");
  EXPECT_EQ(w.delta(inbox, since).expunged(0), 1u);
  r.mutable_update_emails()->mutable_updates(0)->set_destroy(true);
  EXPECT_EQ(w.run(r).updated().errors(0).code(), "");
  EXPECT_TRUE(w.emails({a.email()}).empty());
}

TEST_P(Verbs, BlobsAreTheAccountsOwn) {
  auto r = w.request();
  r.mutable_put_blob()->set_body("upload");
  r.mutable_put_blob()->set_type("text/plain");
  auto put = w.run(r).blobs().blobs(0);
  EXPECT_EQ(put.size(), 6u);
  auto get = [&](std::uint64_t account) {
    auto g = w.request(account);
    g.mutable_get_blobs()->add_hashes(put.hash());
    return w.run(g).blobs().blobs(0);
  };
  EXPECT_EQ(w.blobs.read(get(1).location()), "upload");
  EXPECT_EQ(get(1).type(), "text/plain");
  EXPECT_EQ(get(2).location(), "");
  // A message from a blob: one's own only.
  auto add = [&](std::uint64_t account) {
    auto a = w.request(account);
    *a.mutable_add_emails() = World::message("");
    a.mutable_add_emails()->set_blob(put.hash());
    a.mutable_add_emails()->add_targets()->set_account(account);
    return w.run(a).added().results(0);
  };
  EXPECT_EQ(add(2).error().code(), "NOT_FOUND");
  EXPECT_EQ(add(1).size(), 6u);
  // An upload that became an email stays, another goes after an hour.
  r.mutable_put_blob()->set_body("unused");
  auto unused = w.run(r).blobs().blobs(0).hash();
  w.now += 2 * kKeepUpload;
  w.work_all();
  EXPECT_NE(get(1).location(), "");
  put.set_hash(unused);
  EXPECT_EQ(get(1).location(), "");
}

TEST_P(Verbs, ARepeatedWriteAnswersTheStoredResult) {
  auto r = w.request();
  r.set_client(77);
  r.set_sequence(5);
  *r.mutable_add_emails() = World::message("once");
  r.mutable_add_emails()->add_targets()->set_account(1);
  auto first = w.run(r);
  auto again = w.run(r);
  EXPECT_EQ(first.SerializeAsString(), again.SerializeAsString());
  w.reopen();
  EXPECT_EQ(w.run(r).SerializeAsString(), first.SerializeAsString());
  EXPECT_EQ(w.mailbox(inbox).rows(), 1u);

  auto c = w.request();
  c.set_client(77);
  c.set_sequence(6);
  c.mutable_copy_emails()->set_from(inbox);
  c.mutable_copy_emails()->set_to(trash);
  c.mutable_copy_emails()->add_uid_ranges(1);
  c.mutable_copy_emails()->add_uid_ranges(1);
  auto copied = w.run(c);
  w.reopen();
  EXPECT_EQ(w.run(c).SerializeAsString(), copied.SerializeAsString());
  EXPECT_EQ(w.mailbox(trash).rows(), 1u);
  // Acknowledged results give their room to new ones.
  c.set_acknowledged(6);
  for (std::uint64_t i = 7; i < 40; ++i) {
    c.set_sequence(i);
    c.set_acknowledged(i - 1);
    w.run(c);
  }
  auto snapshot = w.engine->snapshot(1);
  std::size_t rows = 0;
  (void)(*snapshot)->scan("R", "S", 1000, [&](auto, auto) { return ++rows, true; });
  EXPECT_LE(rows, 3u);
  // Another client with the same number is another write.
  r.set_client(78);
  w.run(r);
  EXPECT_EQ(w.mailbox(inbox).rows(), 2u);
}

// A kept result names the rows of a STORE; they are told as they are when it is asked for again.
TEST_P(Verbs, ARepeatedStoreTellsItsRowsAgain) {
  for (int i = 0; i < 5; ++i) w.add(World::message("m" + std::to_string(i)), inbox);
  auto f = w.request();
  f.set_client(77);
  f.set_sequence(7);
  auto& store = *f.mutable_store_flags();
  store.set_mailbox(inbox);
  for (std::uint32_t u : {1, 2, 4, 4}) store.add_uid_ranges(u);
  store.add_flags("\\Seen");
  store.set_unchanged_since(UINT64_MAX);
  auto flagged = w.run(f);
  ASSERT_EQ(rows_of(flagged.flags_stored()), 3);
  EXPECT_TRUE(flagged.flags_stored().stored_ranges().empty());
  w.reopen();
  EXPECT_EQ(w.run(f).SerializeAsString(), flagged.SerializeAsString());
  w.store_flags(inbox, {2, 2}, stored::StoreFlags::ADD, {"\\Flagged"});
  auto again = w.run(f).flags_stored();
  ASSERT_EQ(again.runs_size(), 3);
  EXPECT_EQ(again.runs(1).flags_lo(), 5u);
  EXPECT_EQ(again.modseq(), flagged.flags_stored().modseq());
}

TEST_P(Verbs, TrashIsApartInUnreadThreads) {
  // RFC 8621 2: an unread email only in the trash makes no thread unread elsewhere, and the other way round.
  w.add(World::message("a", "t", "x"), inbox, {"\\Seen"});
  auto b = w.add(World::message("b", "Re: t", "y", "x"), trash);
  ASSERT_EQ(w.mailbox(inbox).total_threads(), 1u);
  EXPECT_EQ(w.mailbox(inbox).unread_threads(), 0u);
  EXPECT_EQ(w.mailbox(trash).unread_threads(), 1u);
  auto r = w.request();
  r.mutable_update_mailbox()->set_id(trash);
  r.mutable_update_mailbox()->set_role("");
  EXPECT_EQ(code(w.run(r)), "");
  EXPECT_EQ(w.mailbox(inbox).unread_threads(), 1u);
  r.mutable_update_mailbox()->set_role("trash");
  EXPECT_EQ(code(w.run(r)), "");
  EXPECT_EQ(w.mailbox(inbox).unread_threads(), 0u);
  (void)b;
}

TEST_P(Verbs, AnEmailWithAllRowsDeletedIsNotSeenByJmap) {
  auto one = w.add(World::message("a", "t", "x"), inbox);
  auto since = w.info().modseq();
  w.store_flags(inbox, {1, 1}, stored::StoreFlags::ADD, {"\\Deleted"});
  EXPECT_EQ(w.mailbox(inbox).total_emails(), 0u);
  EXPECT_EQ(w.mailbox(inbox).rows(), 1u);
  EXPECT_EQ(w.changes(stored::GetChanges::EMAIL, since).changes().destroyed(0), one.email());
  EXPECT_EQ(w.changes(stored::GetChanges::THREAD, since).changes().destroyed_size(), 1);
  EXPECT_EQ(w.sheet(0)->size(), 0u);
  w.store_flags(inbox, {1, 1}, stored::StoreFlags::REMOVE, {"\\Deleted"});
  EXPECT_EQ(w.changes(stored::GetChanges::EMAIL, since).changes().updated(0), one.email());
  EXPECT_EQ(w.sheet(0)->size(), 1u);
}

TEST_P(Verbs, DeletedMailIsForgottenInTime) {
  w.add(World::message("gone", "s", "mid"), inbox);
  w.store_flags(inbox, {1, 1}, stored::StoreFlags::ADD, {"\\Deleted"});
  w.expunge(inbox);
  auto keys_of = [&](const char* from, const char* to) {
    auto snapshot = w.engine->snapshot(1);
    std::size_t rows = 0;
    (void)(*snapshot)->scan(from, to, 1000, [&](auto, auto) { return ++rows, true; });
    return rows;
  };
  w.work_all();
  EXPECT_EQ(keys_of("E", "F"), 1u);
  w.now += 15 * 86'400;
  w.work_all();
  for (auto kind : {"B", "D", "E", "H", "I", "P", "Q", "T", "U", "W"})
    EXPECT_EQ(keys_of(kind, std::string(1, kind[0] + 1).c_str()), 0u) << kind;
  // And the change log moves its floor; old states are unknown then.
  EXPECT_EQ(w.info().log_floor(), 0u);
  w.now += 31 * 86'400;
  w.work_all();
  EXPECT_EQ(w.info().log_floor(), w.info().modseq());
  EXPECT_EQ(code(w.changes(stored::GetChanges::EMAIL, 1)), "CANNOT_CALCULATE");
  EXPECT_EQ(code(w.changes(stored::GetChanges::EMAIL, w.info().modseq())), "");
  EXPECT_EQ(keys_of("X", "Y"), 0u);
  w.add(World::message("new"), inbox);
  EXPECT_TRUE(w.delta(inbox, 2).too_old());
}

// RFC 7162: who comes back within 30 days is told exactly what is gone.
TEST_P(Verbs, ExpungesAreKnownForThirtyDays) {
  for (int i = 0; i < 3; ++i) w.add(World::message("m" + std::to_string(i)), inbox);
  auto before = w.info().modseq();
  w.store_flags(inbox, {2, 2}, stored::StoreFlags::ADD, {"\\Deleted"});
  w.expunge(inbox);
  for (int day = 0; day < 29; ++day) {
    w.now += 86'400;
    w.work_all();
    w.add(World::message("day" + std::to_string(day)), inbox);
    auto delta = w.delta(inbox, before);
    ASSERT_FALSE(delta.too_old() || delta.too_large()) << day;
    ASSERT_EQ(std::vector<std::uint32_t>(delta.expunged().begin(), delta.expunged().end()), (std::vector<std::uint32_t>{2}))
        << day;
  }
  w.reopen();
  EXPECT_EQ(w.delta(inbox, before).expunged_size(), 1);
  w.now += 2 * 86'400;
  w.work_all();
  EXPECT_TRUE(w.delta(inbox, before).too_old());
}

TEST_P(Verbs, ADeletedAccountIsGoneAndLaterForgotten) {
  w.add(World::message("m"), 0, {}, 5);
  stored::Request r;
  r.mutable_delete_account()->set_account(5);
  EXPECT_EQ(code(w.run(r, World::admin())), "");
  EXPECT_EQ(code(w.run(r, World::admin())), "NOT_FOUND");
  auto g = w.request(5);
  g.mutable_get_account();
  EXPECT_EQ(code(w.run(g)), "NOT_FOUND");
  w.reopen();
  EXPECT_EQ(code(w.run(g)), "NOT_FOUND");
  w.now += 20 * 86'400;
  w.work_all();
  auto snapshot = w.engine->snapshot(5);
  std::size_t rows = 0;
  (void)(*snapshot)->scan("", "", 10, [&](auto, auto) { return ++rows, true; });
  EXPECT_EQ(rows, 0u);
  snapshot->reset();
  EXPECT_EQ(code(w.run(g)), "NOT_FOUND");  // a number is never used again
}

TEST_P(Verbs, ADamagedRowIsNamedAndTheRestServed) {
  std::vector<std::uint64_t> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(w.add(World::message("m" + std::to_string(i)), inbox).email());
  ASSERT_TRUE(w.engine->overwrite_raw(1, keys::email(ids[1]), "garbage").has_value());
  ASSERT_TRUE(w.engine->overwrite_raw(1, keys::wire(ids[2]), "garbage").has_value());
  ASSERT_TRUE(w.engine->overwrite_raw(1, keys::uid_row(inbox, 4), "garbage").has_value());
  w.reopen();
  auto got = w.emails(ids);
  ASSERT_EQ(got.size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(got[i].corrupt(), i == 1 || i == 2) << i;
  EXPECT_EQ(w.sheet(inbox)->size(), 4u);
  // Flags of the others can be stored; the damaged uid row is made again by it from its email.
  auto r = w.store_flags(inbox, {1, 5}, stored::StoreFlags::ADD, {"\\Seen"});
  EXPECT_EQ(code(r), "");
  EXPECT_EQ(rows_of(r.flags_stored()), 3);
  EXPECT_EQ(code(w.expunge(inbox)), "");
}

TEST_P(Verbs, NothingIsWrittenOnceWritingHasStopped) {
  w.add(World::message("m"), inbox);
  w.store->stop_writing("test");
  auto r = w.request();
  r.mutable_expunge()->set_mailbox(inbox);
  auto reply = w.run(r);
  EXPECT_EQ(code(reply), "UNAVAILABLE");
  EXPECT_TRUE(reply.error().temporary());
  EXPECT_EQ(code(w.store_flags(inbox, {1, 1}, stored::StoreFlags::ADD, {"\\Seen"})), "UNAVAILABLE");
  EXPECT_EQ(w.sheet(inbox)->size(), 1u);  // reads go on
}

TEST_P(Verbs, AFullDiskIsTemporaryAndLosesNothing) {
  w.add(World::message("m"), inbox);
  w.blobs.full = true;
  auto one = w.add(World::message("other"), inbox);
  EXPECT_TRUE(one.error().temporary());
  EXPECT_EQ(one.error().code(), "UNAVAILABLE");
  w.blobs.full = false;
  EXPECT_FALSE(w.add(World::message("other"), inbox).has_error());
  EXPECT_EQ(w.mailbox(inbox).rows(), 2u);
}

}  // namespace
}  // namespace postern::store
