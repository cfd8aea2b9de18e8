// The mailbox that shows all mail: what is in it, what can't be done to it, and how it comes, fills, gets another name and
// goes as the configuration says.
#include <functional>

#include "store/keys.h"
#include "store/limits.h"
#include "store_test.h"

namespace postern::store {
namespace {

struct AllMail : testing::Test {
  explicit AllMail(std::string name = "All Mail") {
    set(std::move(name));
    inbox = w.mailbox_named("INBOX");
    archive = w.mailbox_named("Archive");
    trash = w.mailbox_named("Trash");
    all = w.mailbox_named("All Mail");
  }
  // A new process with this setting.
  void set(std::string name) {
    w.options.all_mail = std::move(name);
    w.reopen();
  }
  std::uint64_t add(std::uint32_t box, const std::string& subject = "s") {
    return w.add(World::message("body " + std::to_string(++bodies), subject), box).email();
  }
  // The emails of a mailbox, by UID.
  std::vector<std::uint64_t> in(std::uint32_t box) {
    auto sheet = w.sheet(box);
    std::vector<std::uint64_t> out;
    for (std::size_t i = 0; sheet && i < sheet->size(); ++i) out.push_back(sheet->row(i).email);
    return out;
  }
  std::string update(std::uint64_t id, const std::function<void(stored::UpdateEmails::One&)>& change) {
    auto r = w.request();
    auto& u = *r.mutable_update_emails()->add_updates();
    u.set_id(id);
    change(u);
    return w.run(r).updated().errors(0).code();
  }
  std::string ask(const std::function<void(stored::Request&)>& fill, const Principal& who = World::user(1)) {
    auto r = w.request();
    fill(r);
    auto reply = w.run(r, who);
    if (reply.has_added() && reply.added().results_size()) return reply.added().results(0).error().code();
    return code(reply);
  }
  std::vector<std::string> found(bool repair = false) {
    std::vector<std::string> out;
    for (auto& f : w.check(repair)) out.push_back(f.kind() + ": " + f.what());
    return out;
  }
  template <class Message>
  void change(const std::string& key, const std::function<void(Message&)>& edit) {
    Message m;
    {
      auto snapshot = w.engine->snapshot(1);
      ASSERT_TRUE(m.ParseFromString(**(*snapshot)->get(key)));
    }
    edit(m);
    kv::Batch batch;
    batch.put(key, m.SerializeAsString());
    ASSERT_TRUE(w.engine->commit(1, batch).has_value());
    w.store->forget(1);
  }

  World w;
  std::uint32_t inbox = 0, archive = 0, trash = 0, all = 0;
  int bodies = 0;
};
struct AllMailOff : AllMail {
  AllMailOff() : AllMail("") {}
};

using Ids = std::vector<std::uint64_t>;

TEST_F(AllMail, IsMadeWithTheAccount) {
  auto m = w.mailbox(all);
  EXPECT_EQ(m.role(), "all");
  EXPECT_TRUE(m.all() && m.filled() && m.subscribed());
  EXPECT_EQ(m.parent(), 0u);
  EXPECT_EQ(w.info().all_mail(), all);
  auto r = w.request();
  r.mutable_list_mailboxes()->add_ids(all);
  EXPECT_EQ(w.run(r).mailboxes().rights(0), model::kAllRights & ~model::kNotInAllMail);
}

TEST_F(AllMailOff, IsNotThereUnlessItHasAName) {
  EXPECT_EQ(all, 0u);
  EXPECT_EQ(w.info().all_mail(), 0u);
  add(inbox);
  w.work_all();
  EXPECT_EQ(w.mailboxes().size(), 6u);
}

TEST_F(AllMail, ShowsWhatIsElsewhereOnce) {
  auto one = add(inbox), two = add(archive);
  EXPECT_EQ(in(all), (Ids{one, two}));
  w.copy(inbox, {1, 1}, archive, false);
  w.copy(archive, {1, 9}, trash, true);
  w.copy(inbox, {1, 1}, inbox, false);
  EXPECT_EQ(in(all), (Ids{one, two}));
  EXPECT_EQ(w.mailbox(all).total_emails(), 2u);
  EXPECT_EQ(w.info().used_emails(), 2u);   // the quota counts each once
  EXPECT_EQ(w.info().used_bytes(), 12u);
  // Its place is the last of an email's: what was asked for stands before it.
  auto places = w.emails({one})[0].email().places();
  EXPECT_EQ(places.at(places.size() - 1).mailbox(), all);
  EXPECT_EQ(found(), std::vector<std::string>());
}

TEST_F(AllMail, IsLeftWithTheLastPlace) {
  auto one = add(inbox), two = add(inbox), three = add(archive);
  w.copy(inbox, {1, 1}, archive, false);
  w.store_flags(inbox, {1, 2}, stored::StoreFlags::ADD, {"\\Deleted"});
  w.expunge(inbox);
  EXPECT_EQ(in(all), (Ids{one, three}));
  EXPECT_TRUE(w.emails({two}).empty() || !w.emails({two})[0].has_email());
  ask([&](auto& r) { r.mutable_delete_mailbox()->set_id(archive); });
  EXPECT_EQ(in(all), Ids());
  EXPECT_EQ(w.info().used_emails(), 0u);
  EXPECT_EQ(found(), std::vector<std::string>());
}

TEST_F(AllMail, ToLeaveItIsToLeaveEverywhere) {
  auto one = add(inbox), two = add(inbox);
  w.copy(inbox, {1, 1}, archive, false);
  w.store_flags(all, {1, 1}, stored::StoreFlags::ADD, {"\\Deleted"});
  EXPECT_EQ(w.mailbox(inbox).deleted_rows(), 0u);   // \Deleted is the row's
  EXPECT_EQ(w.expunge(all).expunged().uids_size(), 1);
  EXPECT_EQ(in(inbox), Ids{two});
  EXPECT_EQ(in(archive), Ids());
  EXPECT_EQ(in(all), Ids{two});
  // It is listed under what it was in, and back it comes to that; here follows.
  auto list = w.request();
  list.mutable_list_deleted();
  auto end = w.run(list);
  w.items.push_back(end);
  std::vector<std::string> names;
  for (auto& item : w.items)
    for (auto& thing : item.deleted().things()) names.push_back(thing.name());
  EXPECT_EQ(names, std::vector<std::string>{"Archive"});
  auto r = w.request();
  r.mutable_undelete()->add_emails(one);
  EXPECT_EQ(w.run(r).undeleted().emails(), 1u);
  EXPECT_EQ(in(inbox), (Ids{two, one}));
  EXPECT_EQ(in(archive), Ids{one});
  EXPECT_EQ(in(all), (Ids{two, one}));
  EXPECT_EQ(update(one, [](auto& u) { u.set_destroy(true); }), "");
  EXPECT_EQ(in(all), Ids{two});
  EXPECT_EQ(found(), std::vector<std::string>());
}

TEST_F(AllMail, NothingIsPutIntoIt) {
  add(inbox);
  auto target = [&](stored::Request& r) -> stored::AddEmails::Target& {
    *r.mutable_add_emails() = World::message("x");
    auto& t = *r.mutable_add_emails()->add_targets();
    t.set_account(1);
    return t;
  };
  EXPECT_EQ(ask([&](auto& r) { target(r).add_mailboxes(all); }), "CANNOT");
  EXPECT_EQ(ask([&](auto& r) { target(r).add_mailboxes(all), r.mutable_add_emails()->mutable_targets(0)->add_mailboxes(all); }),
            "CANNOT");
  EXPECT_EQ(ask([&](auto& r) { target(r).add_mailboxes(4711), r.mutable_add_emails()->mutable_targets(0)->set_deliver_to("All Mail"); }),
            "CANNOT");   // APPEND by name
  EXPECT_EQ(ask([&](auto& r) {
              r.mutable_add_batch()->set_mailbox(all);
              auto m = World::message("x");
              auto& one = *r.mutable_add_batch()->add_messages();
              one.set_body(m.body()), one.set_wire(m.wire()), one.set_content(m.content());
            }),
            "CANNOT");
  EXPECT_EQ(code(w.copy(inbox, {1, 1}, all, false)), "CANNOT");
  EXPECT_EQ(code(w.copy(inbox, {1, 1}, all, true)), "CANNOT");
  EXPECT_EQ(code(w.copy(all, {1, 1}, archive, true)), "CANNOT");
  EXPECT_EQ(w.mailbox(all).rows(), 1u);
  // Beside another it makes no difference; a copy out of it is one like any other.
  EXPECT_EQ(ask([&](auto& r) { target(r).add_mailboxes(all), r.mutable_add_emails()->mutable_targets(0)->add_mailboxes(archive); }), "");
  EXPECT_EQ(code(w.copy(all, {1, 1}, archive, false)), "");
  EXPECT_EQ(w.mailbox(archive).rows(), 2u);
  EXPECT_EQ(w.mailbox(all).rows(), 2u);
  // Mail for user+detail goes to INBOX, as for any detail that names no mailbox.
  auto r = w.request();
  target(r).set_deliver_to("all mail");
  EXPECT_EQ(w.run(r, World::deliver(1)).added().results(0).places(0).mailbox(), inbox);
  auto gone = add(inbox);
  update(gone, [](auto& u) { u.set_destroy(true); });
  EXPECT_EQ(ask([&](auto& q) { q.mutable_undelete()->add_emails(gone), q.mutable_undelete()->set_to(all); }), "CANNOT");
}

TEST_F(AllMail, IsMadeNamedAndRemovedByTheServerAlone) {
  auto rename = [&](const std::string& name) { return ask([&](auto& r) { r.mutable_update_mailbox()->set_id(all), r.mutable_update_mailbox()->set_name(name); }); };
  EXPECT_EQ(rename("Everything"), "CANNOT");
  EXPECT_EQ(rename("All Mail"), "");   // as it is
  EXPECT_EQ(ask([&](auto& r) { r.mutable_update_mailbox()->set_id(all), r.mutable_update_mailbox()->set_parent(archive); }), "CANNOT");
  EXPECT_EQ(ask([&](auto& r) { r.mutable_update_mailbox()->set_id(all), r.mutable_update_mailbox()->set_role(""); }), "CANNOT");
  EXPECT_EQ(ask([&](auto& r) { r.mutable_delete_mailbox()->set_id(all); }), "CANNOT");
  EXPECT_EQ(ask([&](auto& r) { r.mutable_create_mailbox()->add_path("All Mail"), r.mutable_create_mailbox()->add_path("x"); }), "CANNOT");
  EXPECT_EQ(ask([&](auto& r) { r.mutable_create_mailbox()->set_parent(all), r.mutable_create_mailbox()->add_path("x"); }), "CANNOT");
  EXPECT_EQ(ask([&](auto& r) { r.mutable_create_mailbox()->add_path("All Mail"); }), "EXISTS");
  EXPECT_EQ(ask([&](auto& r) { r.mutable_create_mailbox()->add_path("All Mail"), r.mutable_create_mailbox()->set_may_exist(true); }), "CANNOT");
  EXPECT_EQ(ask([&](auto& r) { r.mutable_create_mailbox()->add_path("x"), r.mutable_create_mailbox()->set_role("all"); }), "INVALID");
  EXPECT_EQ(ask([&](auto& r) { r.mutable_update_mailbox()->set_id(archive), r.mutable_update_mailbox()->set_role("all"); }), "INVALID");
  EXPECT_EQ(ask([&](auto& r) { r.mutable_update_mailbox()->set_id(archive), r.mutable_update_mailbox()->set_parent(all); }), "CANNOT");
  EXPECT_EQ(ask([&](auto& r) { r.mutable_update_mailbox()->set_id(archive), r.mutable_update_mailbox()->add_new_parent_path("All Mail"); }), "CANNOT");
  EXPECT_EQ(ask([&](auto& r) { r.mutable_update_mailbox()->set_id(all), r.mutable_update_mailbox()->set_sort_order(3), r.mutable_update_mailbox()->set_subscribed(false); }), "");
  EXPECT_EQ(w.mailbox(all).name(), "All Mail");
  EXPECT_EQ(w.mailbox(all).sort_order(), 3u);
}

TEST_F(AllMail, OfJmapsMailboxIdsItMakesNoDifference) {
  auto id = add(inbox);
  auto set = [&](std::vector<std::uint32_t> boxes) {
    return update(id, [&](auto& u) {
      u.set_set_mailboxes(true);
      u.mutable_mailboxes()->Assign(boxes.begin(), boxes.end());
    });
  };
  EXPECT_EQ(set({archive, all}), "");
  EXPECT_EQ(in(archive), Ids{id});
  EXPECT_EQ(in(inbox), Ids());
  EXPECT_EQ(set({inbox}), "");
  EXPECT_EQ(in(inbox), Ids{id});
  EXPECT_EQ(in(all), Ids{id});
  EXPECT_EQ(set({all}), "INVALID");
  EXPECT_EQ(update(id, [&](auto& u) { u.add_remove_mailboxes(all); }), "INVALID");
  EXPECT_EQ(update(id, [&](auto& u) { u.add_remove_mailboxes(inbox); }), "INVALID");
  EXPECT_EQ(update(id, [&](auto& u) { u.add_add_mailboxes(all); }), "");
  EXPECT_EQ(w.sheet(all)->row(0).uid, 1u);   // it never left
  // A row with \Deleted is no membership: it is here alone then, as long as that is so.
  w.store_flags(inbox, {1, 99}, stored::StoreFlags::ADD, {"\\Deleted"});
  auto sheet = w.sheet(0);
  auto places = sheet->places(0);
  EXPECT_EQ(std::vector<std::uint32_t>(places.begin(), places.end()), std::vector<std::uint32_t>{all});
  EXPECT_EQ(set({archive}), "");
  EXPECT_EQ(in(all), Ids{id});
}

// kMaxPlaces counts the others.
TEST_F(AllMail, IsNoneOfThePlacesThatAreCounted) {
  auto id = add(inbox);
  for (std::size_t n = 1; n < kMaxPlaces; ++n) ASSERT_EQ(code(w.copy(inbox, {1, 1}, archive, false)), "") << n;
  EXPECT_EQ(code(w.copy(inbox, {1, 1}, archive, false)), "LIMIT");
  EXPECT_EQ(w.emails({id})[0].email().places_size(), static_cast<int>(kMaxPlaces) + 1);
  EXPECT_EQ(found(), std::vector<std::string>());
  set("");
  w.work_all();
  set("All Mail");   // one that had as many before
  w.work_all();
  EXPECT_EQ(in(w.mailbox_named("All Mail")), Ids{id});
}

// RFC 8621 2: what is only in the trash makes no thread unread elsewhere, though it is shown with all mail.
TEST_F(AllMail, LeavesUnreadThreadsAsTheyWere) {
  auto read = w.add(World::message("one", "topic", "a"), inbox, {"\\Seen"});
  w.add(World::message("two", "Re: topic", "b", "a"), trash);
  ASSERT_EQ(w.mailbox(inbox).total_threads(), 1u);
  EXPECT_EQ(w.mailbox(inbox).unread_threads(), 0u);
  EXPECT_EQ(w.mailbox(trash).unread_threads(), 1u);
  EXPECT_EQ(w.mailbox(all).unread_threads(), 0u);
  w.copy(trash, {1, 1}, archive, true);
  EXPECT_EQ(w.mailbox(inbox).unread_threads(), 1u);
  EXPECT_EQ(w.mailbox(all).unread_threads(), 1u);
  EXPECT_EQ(found(), std::vector<std::string>());
}

TEST_F(AllMail, IsSharedWithoutWhatNobodyMay) {
  auto grant = [&](model::Rights rights, stored::SetAcl::Mode mode = stored::SetAcl::SET) {
    return ask([&](auto& r) {
      auto& acl = *r.mutable_set_acl();
      acl.set_mailbox(all), acl.set_principal(7), acl.set_rights(rights), acl.set_mode(mode);
    });
  };
  auto id = add(inbox);
  EXPECT_EQ(grant(model::kAllRights), "CANNOT");
  EXPECT_EQ(grant(model::kLookup | model::kInsert), "CANNOT");
  EXPECT_EQ(grant(model::kLookup | model::kRead), "");
  EXPECT_EQ(grant(model::kInsert, stored::SetAcl::REMOVE), "");
  Principal other = World::user(7);
  auto r = w.request();
  r.mutable_get_sheet()->set_mailbox(all);
  EXPECT_EQ(code(w.run(r, other)), "");
  // With `e` and `t` he may do what the owner may: take away everywhere.
  EXPECT_EQ(grant(model::kExpunge | model::kDeleteMessages | model::kWriteFlags, stored::SetAcl::ADD), "");
  w.store_flags(all, {1, 1}, stored::StoreFlags::ADD, {"\\Deleted"});
  EXPECT_EQ(ask([&](auto& q) { q.mutable_expunge()->set_mailbox(all), q.mutable_expunge()->set_all_deleted(true); }, other), "");
  EXPECT_EQ(in(inbox), Ids());
  EXPECT_FALSE(w.emails({id}).size() && w.emails({id})[0].has_email());
}

// --- the work behind

TEST_F(AllMailOff, IsFilledInSlicesAndGoesOnAfterACrash) {
  const std::size_t kEmails = 2 * kMaxEmailsPerCommit + 300;
  for (std::size_t i = 0; i < kEmails; ++i) add(i % 3 ? inbox : archive);
  auto gone = add(inbox);
  update(gone, [](auto& u) { u.set_destroy(true); });
  set("All Mail");
  std::vector<Changed> changed;
  std::uint32_t box = 0, before = 0;
  int slices = 0;
  for (bool more = true; more; ++slices) {
    more = w.store->work_behind(changed);
    box = w.mailbox_named("All Mail");
    std::uint32_t rows = box ? w.mailbox(box).rows() : 0;
    ASSERT_LE(rows - before, kMaxEmailsPerCommit);
    ASSERT_EQ(found(), std::vector<std::string>());   // at each step
    if (before == 0 && rows) {
      // What is touched meanwhile is in it at once, and what is new; a new process goes on.
      w.store_flags(inbox, {w.mailbox(inbox).uidnext() - 2, w.mailbox(inbox).uidnext() - 2}, stored::StoreFlags::ADD, {"word"});
      add(inbox);
      rows = w.mailbox(box).rows();
      EXPECT_FALSE(w.mailbox(box).filled());
      w.reopen();
      w.mailboxes();
    }
    before = rows;
  }
  EXPECT_GE(slices, 4);
  EXPECT_TRUE(w.mailbox(box).filled());
  EXPECT_EQ(w.mailbox(box).rows(), kEmails + 1);
  EXPECT_EQ(w.mailbox(box).total_emails(), kEmails + 1);
  EXPECT_EQ(w.info().used_emails(), kEmails + 1);
  auto modseq = w.info().modseq();
  w.reopen();
  w.mailboxes();
  w.work_all();
  EXPECT_EQ(w.info().modseq(), modseq);   // there is nothing more to do
}

TEST_F(AllMail, GoesWithItsNameAndNothingElseDoes) {
  Ids ids;
  for (std::size_t i = 0; i < kMaxEmailsPerCommit + 200; ++i) ids.push_back(add(i % 2 ? inbox : archive));
  set("");
  w.mailboxes();
  std::vector<Changed> changed;
  while (w.mailbox_named("All Mail")) ASSERT_TRUE(w.store->work_behind(changed));
  // While its rows go, what leaves its last mailbox goes with it, and what it loses is remembered.
  w.store_flags(inbox, {1, 1}, stored::StoreFlags::ADD, {"\\Deleted"});
  w.expunge(inbox);
  EXPECT_EQ(found(), std::vector<std::string>());
  w.work_all();
  EXPECT_EQ(w.info().used_emails(), ids.size() - 1);
  EXPECT_EQ(in(inbox).size() + in(archive).size(), ids.size() - 1);
  EXPECT_EQ(w.emails({ids[0]})[0].email().places_size(), 1);
  auto r = w.request();
  r.mutable_undelete()->add_emails(ids[1]);
  EXPECT_EQ(w.run(r).undeleted().places(0).mailbox(), inbox);
  // Nobody can have it back as an ordinary one.
  EXPECT_EQ(ask([&](auto& q) { q.mutable_undelete()->set_mailbox(all); }), "NOT_FOUND");
  EXPECT_EQ(found(), std::vector<std::string>());
  auto snapshot = w.engine->snapshot(1);
  EXPECT_FALSE((*(*snapshot)->get(keys::mailbox(all))).has_value());
  EXPECT_FALSE((*(*snapshot)->get(keys::uid_row(all, 2))).has_value());
}

TEST_F(AllMail, GetsAnotherName) {
  auto id = add(inbox);
  auto validity = w.mailbox(all).uidvalidity();
  set("Everything");
  w.mailboxes();
  w.work_all();
  EXPECT_EQ(w.mailbox_named("Everything"), all);
  EXPECT_EQ(w.mailbox_named("All Mail"), 0u);
  EXPECT_EQ(w.mailbox(all).uidvalidity(), validity);
  EXPECT_EQ(in(all), Ids{id});
}

TEST_F(AllMailOff, WaitsForAMailboxOfItsName) {
  auto made = [&](const std::string& name, const std::string& role) {
    auto r = w.request();
    r.mutable_create_mailbox()->add_path(name);
    r.mutable_create_mailbox()->set_role(role);
    return w.run(r).created().id();
  };
  auto mine = made("All Mail", ""), role = made("Old", "all");   // as JMAP lets anybody
  auto id = add(mine);
  set("All Mail");
  w.mailboxes();
  w.work_all();
  EXPECT_EQ(w.info().all_mail(), 0u);
  EXPECT_EQ(in(mine), Ids{id});
  EXPECT_EQ(ask([&](auto& r) { r.mutable_update_mailbox()->set_id(mine), r.mutable_update_mailbox()->set_name("Mine"); }), "");
  w.work_all();
  auto box = w.info().all_mail();
  EXPECT_EQ(w.mailbox(box).name(), "All Mail");
  EXPECT_EQ(w.mailbox(box).role(), "all");
  EXPECT_EQ(w.mailbox(role).role(), "");   // there is one of each
  EXPECT_EQ(in(box), Ids{id});
  // And when it is to have another name that is taken, it keeps the one it has.
  set("Mine");
  w.mailboxes();
  w.work_all();
  EXPECT_EQ(w.mailbox(box).name(), "All Mail");
  EXPECT_EQ(ask([&](auto& r) { r.mutable_delete_mailbox()->set_id(mine); }), "");
  w.work_all();
  EXPECT_EQ(w.mailbox(box).name(), "Mine");
  EXPECT_EQ(in(box), Ids());
}

TEST(AllMailName, IsOneThatAMailboxMayHave) {
  auto others = *parse_default_mailboxes("INBOX:inbox,Archive/Old,Junk:junk");
  EXPECT_TRUE(check_all_mail("All Mail", others));
  EXPECT_TRUE(check_all_mail("Arch", others));
  for (const char* name : {"a/b", "INBOX", "inbox", "Archive", "Junk", "~x", ".", "a\tb", "\xff"})
    EXPECT_FALSE(check_all_mail(name, others)) << name;
  EXPECT_FALSE(check_all_mail(std::string(256, 'x'), others));
  EXPECT_FALSE(check_all_mail("All Mail", *parse_default_mailboxes("Everything:all")));
}

// --- fsck

TEST_F(AllMail, FsckMakesItRightAgain) {
  auto one = add(inbox), two = add(inbox), three = add(archive);
  auto remove_in = [](records::Email& e, std::uint32_t box) {
    for (int i = e.places_size(); i-- > 0;)
      if (e.places(i).mailbox() == box) e.mutable_places()->DeleteSubrange(i, 1);
  };
  change<records::Email>(keys::email(one), [&](auto& e) { remove_in(e, all); });
  change<records::Email>(keys::email(two), [&](auto& e) { remove_in(e, inbox); });
  change<records::Email>(keys::email(three), [&](auto& e) {
    auto& p = *e.add_places();
    p.set_mailbox(all);
    p.set_uid(9);
  });
  change<records::Mailbox>(keys::mailbox(all), [](auto& m) { m.set_uidnext(10); });
  auto has = [](const std::vector<std::string>& list, const std::string& what) {
    return std::ranges::find(list, what) != list.end();
  };
  auto wrong = found(true);
  EXPECT_TRUE(has(wrong, "email: not in the mailbox that shows all mail"));
  EXPECT_TRUE(has(wrong, "email: in no mailbox but the one that shows all mail: it goes to INBOX"));
  EXPECT_TRUE(has(wrong, "email: twice in the mailbox that shows all mail"));
  EXPECT_EQ(found(), std::vector<std::string>());
  EXPECT_EQ(in(inbox), (Ids{one, two}));
  auto shown = in(all);
  std::ranges::sort(shown);
  EXPECT_EQ(shown, (Ids{one, two, three}));
  // Two of them: one is as any other from then on.
  change<records::Mailbox>(keys::mailbox(archive), [](auto& m) { m.set_all(true); });
  EXPECT_FALSE(found(true).empty());
  EXPECT_EQ(found(), std::vector<std::string>());
  int living = 0;
  for (auto& m : w.mailboxes()) living += m.all();
  EXPECT_EQ(living, 1);
}

// What is not filled yet lacks nothing.
TEST_F(AllMailOff, FsckKnowsHowFarItIsFilled) {
  auto one = add(inbox), two = add(inbox);
  set("All Mail");
  w.mailboxes();
  std::vector<Changed> changed;
  while (!w.info().all_mail()) ASSERT_TRUE(w.store->work_behind(changed));
  auto box = w.info().all_mail();
  EXPECT_EQ(in(box), Ids());
  EXPECT_EQ(found(), std::vector<std::string>());
  change<records::Mailbox>(keys::mailbox(box), [&](auto& m) { m.set_filled_to(one); });
  EXPECT_FALSE(found(true).empty());
  EXPECT_EQ(in(box), Ids{one});
  w.mailboxes();
  w.work_all();
  EXPECT_EQ(in(box), (Ids{one, two}));
}

}  // namespace
}  // namespace postern::store
