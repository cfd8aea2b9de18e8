// fsck: each kind of row is damaged or made wrong in turn; it is found, named, kept aside, made right, and everything is
// served as before; the rest is served meanwhile.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>

#include "model/rows.h"
#include "store/keys.h"
#include "store_test.h"

namespace postern::store {
namespace {

// What a client sees of an account.
std::string seen(World& w) {
  std::ostringstream out;
  auto info = w.info();
  out << info.used_bytes() << " bytes, " << info.used_emails() << " emails\n";
  for (auto& m : w.mailboxes()) {
    out << m.name() << " " << m.uidvalidity() << " " << m.uidnext() << " " << m.rows() << " " << m.unseen_rows() << " "
        << m.deleted_rows() << " " << m.bytes() << " " << m.total_emails() << " " << m.unread_emails() << " "
        << m.total_threads() << " " << m.unread_threads() << "\n";
    auto sheet = w.sheet(m.id());
    for (std::size_t i = 0; i < sheet->size(); ++i) {
      auto r = sheet->row(i);
      out << "  " << r.uid << " " << r.email << " " << r.thread << " " << r.flags.lo << " " << r.size << " " << r.received
          << " " << r.sent << "\n";
    }
  }
  auto all = w.sheet(0);
  for (std::size_t i = 0; i < all->size(); ++i) {
    auto places = all->places(i);
    out << "email " << all->row(i).email << " " << all->flags(i).lo << " in";
    for (auto p : places) out << " " << p;
    out << "\n";
  }
  return out.str();
}

class StoreCheck : public testing::TestWithParam<bool> {
 protected:
  StoreCheck() : w(GetParam()) {
    inbox = w.mailbox_named("INBOX");
    trash = w.mailbox_named("Trash");
    auto r = w.request();
    r.mutable_create_mailbox()->add_path("Box");
    box = w.run(r).created().id();
    for (int i = 0; i < 6; ++i)
      ids.push_back(w.add(World::message("body number " + std::to_string(i * i * i), "s" + std::to_string(i / 2),
                                         "m" + std::to_string(i), "m" + std::to_string(i - 1)),
                          i % 2 ? inbox : box, i % 3 ? std::vector<std::string>{} : std::vector<std::string>{"word"})
                        .email());
    w.copy(box, {1, 1}, trash, false);
    w.store_flags(inbox, {1, 1}, stored::StoreFlags::ADD, {"\\Seen"});
    w.store_flags(box, {2, 2}, stored::StoreFlags::ADD, {"\\Deleted", "other"});
    r = w.request();
    auto& u = *r.mutable_update_emails()->add_updates();
    u.set_id(ids[5]);
    u.set_destroy(true);
    r.set_client(7);
    r.set_sequence(1);
    w.run(r);
    before = seen(w);
  }

  std::vector<std::string> keys_of(char kind, std::uint64_t account = 1) {
    std::vector<std::string> out;
    auto snapshot = w.engine->snapshot(account).value();
    auto end = snapshot->scan(keys::join(kind), keys::after(keys::join(kind)), 10'000,
                              [&](std::string_view key, std::string_view) { return out.emplace_back(key), true; });
    EXPECT_TRUE(end && end->corrupt.empty());
    return out;
  }
  std::string value_of(const std::string& key, std::uint64_t account = 1) {
    return w.engine->snapshot(account).value()->get(key).value().value_or("");
  }
  void set(const std::string& key, const std::string& value, std::uint64_t account = 1) {
    kv::Batch batch;
    batch.put(key, value);
    ASSERT_TRUE(w.engine->commit(account, batch));
    w.reopen();
  }
  void remove(const std::string& key, std::uint64_t account = 1) {
    kv::Batch batch;
    batch.del(key);
    ASSERT_TRUE(w.engine->commit(account, batch));
    w.reopen();
  }
  void damage(const std::string& key, std::uint64_t account = 1) {
    ASSERT_TRUE(w.engine->overwrite_raw(account, key, "a flipped bit"));
    w.reopen();
  }
  template <class Record>
  void change(const std::string& key, const std::function<void(Record&)>& edit) {
    Record r;
    ASSERT_TRUE(r.ParseFromString(value_of(key)));
    edit(r);
    set(key, r.SerializeAsString());
  }
  static std::string text(const std::vector<stored::Finding>& all) {
    std::string out;
    for (auto& f : all) out += f.kind() + ", " + f.key() + ": " + f.what() + "\n";
    return out;
  }
  bool has(const std::vector<stored::Finding>& all, const std::string& kind) {
    return std::ranges::any_of(all, [&](auto& f) { return f.kind() == kind; });
  }
  // Found, mended, and then nothing more; the account is as it was.
  std::vector<stored::Finding> mend(const std::string& kind, bool same = true) {
    auto found = w.check();
    EXPECT_TRUE(has(found, kind)) << kind << "\n" << text(found);
    EXPECT_EQ(w.check().size(), found.size());        // looking changes nothing
    auto repaired = w.check(true);
    EXPECT_EQ(repaired.size() - std::ranges::count_if(repaired, [](auto& f) { return f.kind() == "salvaged"; }),
              found.size());
    for (auto& f : repaired) EXPECT_TRUE(f.repaired() || f.kind() == "content" || f.kind() == "salvaged") << f.what();
    auto rest = w.check();
    EXPECT_TRUE(rest.empty() || has(rest, "content")) << text(rest);
    if (same) {
      EXPECT_EQ(seen(w), before);
      w.reopen();
      EXPECT_EQ(seen(w), before);
    }
    return repaired;
  }

  World w;
  std::uint32_t inbox = 0, trash = 0, box = 0;
  std::vector<std::uint64_t> ids;
  std::string before;
};

// Annotations of mailboxes and emails, subscriptions of shared mailboxes, a key of URLs.
TEST_P(StoreCheck, WhatIsKeptBesideTheMail) {
  auto r = w.request();
  auto& e = *r.mutable_set_metadata()->add_entries();
  r.mutable_set_metadata()->set_mailbox(box);
  e.set_entry("/shared/comment");
  e.set_value("x");
  EXPECT_EQ(code(w.run(r)), "");
  r.mutable_set_metadata()->set_mailbox(0);
  r.mutable_set_metadata()->mutable_entries(0)->set_entry("/internal/subscriptions/2/5");
  EXPECT_EQ(code(w.run(r)), "");
  auto sign = w.request();
  sign.mutable_sign_url()->set_mailbox(inbox);
  EXPECT_EQ(code(w.run(sign)), "");
  auto note = w.request();
  auto& a = *note.mutable_store_annotations();
  a.set_mailbox(inbox);
  for (std::uint32_t uid : {1u, 9u}) a.add_uid_ranges(uid);
  a.set_unchanged_since(UINT64_MAX);
  a.add_annotations()->set_entry("/comment");
  a.mutable_annotations(0)->set_value("mine");
  EXPECT_EQ(code(w.run(note)), "");
  before = seen(w);
  EXPECT_EQ(text(w.check()), "") << "it is all as it should be";
  auto notes = keys_of('o');
  ASSERT_FALSE(notes.empty());

  set(keys::metadata(99, 0, "/shared/comment"), "of no mailbox");
  mend("metadata");
  set(keys::url_key(99), std::string(32, 'k'));
  mend("metadata");
  set(keys::annotation(9999, 0, "/comment"), value_of(notes[0]));
  mend("metadata");
  for (auto& key : {keys::metadata(box, 7, "/shared/comment"), keys::metadata(box, 0, "/shared/UPPER"),
                    keys::metadata(0, 1, "/internal/subscriptions/x"), keys::metadata(box, 0, "")}) {
    set(key, "what must not be");
    mend("corrupt");
  }
  set(keys::annotation(ids[1], 0, "no slash"), value_of(notes[0]));
  mend("corrupt");
  set(notes[0], "short");
  mend("corrupt");
  set(keys::url_key(inbox), "short");
  mend("corrupt");
  change<records::Account>(keys::account(), [](auto& rec) { rec.set_annotations(false); });
  EXPECT_EQ(keys_of('o').size() > 0, has(w.check(true), "account"));
  damage(keys_of('N')[0]);
  mend("corrupt");
  EXPECT_EQ(text(w.check()), "");
}

TEST_P(StoreCheck, AHealthyAccount) {
  EXPECT_EQ(text(w.check(false, 1, true)), "");
  EXPECT_EQ(text(w.check(false, 0)), "");
  EXPECT_EQ(text(w.check(true, 1, true)), "");
  EXPECT_EQ(seen(w), before);
}

// X02: each row that can be made again is found by its checksum and made again.
TEST_P(StoreCheck, EachKindOfRowDamaged) {
  for (char kind : std::string("UFTBQLR")) {
    auto rows = keys_of(kind);
    ASSERT_FALSE(rows.empty()) << kind;
    damage(rows.front());
    auto found = mend("corrupt", kind != 'F');
    ASSERT_FALSE(testing::Test::HasFailure()) << kind;
    auto one = std::ranges::find_if(found, [](auto& f) { return f.kind() == "corrupt"; });
    ASSERT_NE(one, found.end());
    std::ifstream kept(one->aside());
    std::string raw{std::istreambuf_iterator<char>(kept), {}};
    EXPECT_EQ(raw, "a flipped bit") << kind << " " << one->aside();
    before = seen(w);   // flags of a lost block are those that its rows were born with
  }
}

TEST_P(StoreCheck, AHashRowDamaged) {
  auto rows = keys_of('H');
  for (auto& key : rows) damage(key);
  mend("corrupt");
  // The ties are there again: a reply joins.
  EXPECT_EQ(w.add(World::message("reply", "s0", "new", "m1"), inbox).thread(),
            w.emails({ids[1]})[0].email().thread());
}

TEST_P(StoreCheck, TheAccountsOwnRowDamaged) {
  damage(keys::account());
  auto r = w.request();
  r.mutable_get_account();
  EXPECT_EQ(code(w.run(r)), "CORRUPT_ROW");
  mend("account", false);
  EXPECT_EQ(w.info().keywords_size(), 2);
  EXPECT_EQ(seen(w), before);   // all but the names of keywords
  EXPECT_GT(w.add(World::message("new"), inbox).email(), ids.back());
}

TEST_P(StoreCheck, AMailboxRowDamaged) {
  auto old = w.mailbox(box);
  damage(keys::mailbox(box));
  mend("mailbox", false);
  auto now = w.mailbox(box);
  EXPECT_EQ(now.name(), "Recovered " + std::to_string(box));
  EXPECT_NE(now.uidvalidity(), old.uidvalidity());
  EXPECT_EQ(now.uidnext(), old.uidnext());
  EXPECT_EQ(now.rows(), 3u);
  EXPECT_EQ(now.total_emails(), old.total_emails());
}

TEST_P(StoreCheck, InboxGone) {
  remove(keys::mailbox(inbox));
  mend("mailbox", false);
  EXPECT_NE(w.mailbox_named("INBOX"), 0u);
  EXPECT_EQ(w.mailbox(inbox).rows(), 2u);
}

TEST_P(StoreCheck, AnEmailRecordDamaged) {
  damage(keys::email(ids[2]));
  auto rest = w.emails({ids[1]});
  EXPECT_EQ(rest.size(), 1u);   // the rest is served
  auto found = mend("email");
  EXPECT_TRUE(has(found, "content"));
  // Its body is parsed again by who may.
  auto content = w.check();
  ASSERT_EQ(content.size(), 1u);
  auto r = w.request();
  auto& one = *r.mutable_check_account()->add_parsed();
  one.set_email(ids[2]);
  records::Content c;
  c.set_subject("again");
  one.set_wire("wire");
  one.set_content(c.SerializeAsString());
  ASSERT_EQ(code(w.run(r, World::admin())), "");
  EXPECT_EQ(text(w.check()), "");
  auto e = w.emails({ids[2]});
  ASSERT_EQ(e.size(), 1u);
  EXPECT_EQ(w.blobs.read(e[0].location()), "body number 8");
}

TEST_P(StoreCheck, AnEmailRecordDamagedAndItsBodyNotCertain) {
  // Two bodies of one size that nobody else names.
  auto one = w.add(World::message("twin a"), inbox).email(), two = w.add(World::message("twin b"), inbox).email();
  damage(keys::email(one));
  damage(keys::email(two));
  auto repaired = mend("email", false);
  EXPECT_EQ(std::ranges::count_if(repaired, [](auto& f) { return f.kind() == "salvaged"; }), 2);
  // Not lost: the account has a right to both bodies, for who puts them into a mailbox again.
  for (auto body : {"twin a", "twin b"}) {
    auto r = w.request();
    r.mutable_get_blobs()->add_hashes(std::string(base::view(base::sha256(body))));
    EXPECT_EQ(w.blobs.read(w.run(r).blobs().blobs(0).location()), body);
  }
}

TEST_P(StoreCheck, WireAndContentDamaged) {
  damage(keys::wire(ids[0]));
  damage(keys::content(ids[1]));
  damage(keys::header(ids[2]));
  auto found = w.check(true);
  EXPECT_EQ(std::ranges::count_if(found, [](auto& f) { return f.kind() == "content"; }), 3);
  EXPECT_EQ(std::ranges::count_if(found, [](auto& f) { return f.kind() == "corrupt" && !f.aside().empty(); }), 3);
  EXPECT_EQ(seen(w), before);
}

TEST_P(StoreCheck, WrongDerivedRows) {
  struct Case {
    const char* kind;
    std::function<void()> spoil;
  };
  std::string uid_key = keys::uid_row(inbox, 1);
  auto spoil_mailbox = [&](auto edit) { change<records::Mailbox>(keys::mailbox(inbox), edit); };
  auto spoil_account = [&](auto edit) { change<records::Account>(keys::account(), edit); };
  std::string sha(base::view(base::sha256("body number 1")));
  std::vector<Case> cases = {
      {"change-log", [&] { remove(keys_of('L').at(2)); }},   // first: each repair moves the log's floor
      {"uid-row", [&] { remove(uid_key); }},
      {"uid-row",
       [&] {
         auto row = *model::decode_uid_row(1, value_of(uid_key));
         row.email = ids[4];
         set(uid_key, model::encode_uid_row(row));
       }},
      {"uid-row",
       [&] {
         auto row = *model::decode_uid_row(1, value_of(uid_key));
         row.size = 1;
         set(uid_key, model::encode_uid_row(row));
       }},
      {"uid-row",
       [&] {
         auto row = *model::decode_uid_row(1, value_of(uid_key));
         set(keys::uid_row(inbox, 3), model::encode_uid_row(row));
       }},
      {"flags",
       [&] {
         model::FlagBlock block;
         block.set(63, {model::kSeenBit, 1});
         set(keys::flag_block(inbox, 2), block.encode());
       }},
      {"counts", [&] { spoil_mailbox([](auto& m) { m.set_rows(99); }); }},
      {"counts", [&] { spoil_mailbox([](auto& m) { m.set_unread_threads(99); }); }},
      {"counts", [&] { spoil_mailbox([](auto& m) { m.set_bytes(1); }); }},
      {"mailbox", [&] { spoil_mailbox([](auto& m) { m.set_uidnext(1); }); }},
      {"quota", [&] { spoil_account([](auto& a) { a.set_used_bytes(1); }); }},
      {"quota", [&] { spoil_account([](auto& a) { a.set_deleted_bytes(1); }); }},
      {"account", [&] { spoil_account([](auto& a) { a.set_next_email(1); }); }},
      {"account", [&] { spoil_account([](auto& a) { a.set_modseq(3); }); }},
      {"thread", [&] { remove(keys_of('T').front()); }},
      {"thread", [&] { change<records::Thread>(keys_of('T').front(), [](auto& t) { t.mutable_members(0)->set_draft(true); }); }},
      {"thread", [&] { set(keys::thread(999), value_of(keys_of('T').front())); }},
      {"blob", [&] { remove(keys::blob(sha)); }},
      {"blob", [&] { change<records::AccountBlob>(keys::blob(sha), [](auto& b) { b.set_emails(7); }); }},
      {"blob",
       [&] {
         records::AccountBlob b;
         b.set_size(4);
         set(keys::blob(std::string(32, 'x')), b.SerializeAsString());
       }},
      {"deleted", [&] { remove(keys_of('Q').front()); }},
      {"deleted", [&] { set(keys::queue(77, ids[0]), ""); }},
      {"identity", [&] { set(keys::identity(std::string(16, 'i')), std::string(7, '\0') + '\x63'); }},
      {"email", [&] { change<records::Email>(keys::email(ids[1]), [&](auto& e) { *e.add_places() = e.places(0); }); }},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    cases[i].spoil();
    mend(cases[i].kind);
    ASSERT_FALSE(testing::Test::HasFailure()) << "case " << i << ", " << cases[i].kind;
  }
}

TEST_P(StoreCheck, ATreeThatIsNone) {
  change<records::Mailbox>(keys::mailbox(box), [&](auto& m) { m.set_parent(trash); });
  change<records::Mailbox>(keys::mailbox(trash), [&](auto& m) { m.set_parent(box); });
  mend("mailbox", false);
  change<records::Mailbox>(keys::mailbox(box), [&](auto& m) { m.set_parent(12'345); });
  mend("mailbox", false);
  change<records::Mailbox>(keys::mailbox(box), [&](auto& m) { m.set_name("Sent"); });
  mend("mailbox", false);
  EXPECT_EQ(w.mailbox(box).rows(), 3u);
}

TEST_P(StoreCheck, TwoEmailsAtOnePlaceAndOneNowhere) {
  auto place = w.emails({ids[0]})[0].email().places(0);
  change<records::Email>(keys::email(ids[1]), [&](auto& e) { *e.mutable_places(0) = place; });
  mend("email", false);
  EXPECT_EQ(w.info().used_emails(), 5u);
  EXPECT_EQ(w.emails({ids[1]})[0].email().places(0).mailbox(), inbox);
  EXPECT_EQ(w.emails({ids[0]})[0].email().places(0).uid(), place.uid());
}

TEST_P(StoreCheck, ClientsLookAnewAfterARepair) {
  auto info = w.info();
  auto modseq = w.mailbox(inbox).modseq();
  remove(keys::uid_row(inbox, 2));
  w.changed.clear();
  w.check(true);
  EXPECT_GT(w.info().epoch(), info.epoch());
  EXPECT_EQ(code(w.changes(stored::GetChanges::EMAIL, info.modseq())), "CANNOT_CALCULATE");
  EXPECT_TRUE(w.delta(inbox, modseq).too_old());
  ASSERT_EQ(w.changed.size(), 1u);
  EXPECT_EQ(w.changed[0].modseq, w.info().modseq());
}

TEST_P(StoreCheck, TheAccountWaitsWhileItIsLookedAt) {
  Call check;
  check.who = World::admin();
  check.request = w.request();
  check.request.mutable_check_account();
  w.store->step(check);
  ASSERT_EQ(check.state, Call::State::item);
  Call add;
  add.who = World::user(1);
  add.targets.emplace_back(add.who);
  add.request = w.request();
  *add.request.mutable_add_emails() = World::message("late");
  add.request.mutable_add_emails()->add_targets()->set_account(1);
  w.store->prepare(add);
  w.store->step(add);
  EXPECT_EQ(add.state, Call::State::again);
  EXPECT_EQ(w.add(World::message("another account"), 0, {}, 2).error().code(), "");
  check = Call();   // its caller has gone
  w.store->step(add);
  EXPECT_EQ(add.state, Call::State::done);
  EXPECT_NE(add.reply.added().results(0).email(), 0u);
}

TEST_P(StoreCheck, TheIndexOfBodies) {
  std::string sha(base::view(base::sha256("body number 1"))), other(base::view(base::sha256("body number 8")));
  damage(keys::blob_place(sha), 0);
  remove(keys::blob_place(other), 0);
  EXPECT_TRUE(has(w.check(false, 1), "blob"));
  EXPECT_TRUE(has(w.check(false, 0), "corrupt"));
  auto found = w.check(true, 0);
  EXPECT_EQ(std::ranges::count_if(found, [](auto& f) { return f.kind() == "blob" && f.repaired(); }), 2);
  EXPECT_EQ(text(w.check(false, 0)), "");
  EXPECT_EQ(text(w.check(false, 1, true)), "");
  EXPECT_EQ(w.blobs.read(w.emails({ids[1]})[0].location()), "body number 1");
  // A place that can't be.
  auto at = *blob::Location::parse(w.store->find_blob(sha).value()->location);
  for (auto edit : {+[](blob::Location& l) { l.segment = 99; }, +[](blob::Location& l) { l.offset += 1u << 30; }}) {
    auto wrong = at;
    edit(wrong);
    records::BlobPlace place;
    place.set_location(wrong.serialize());
    set(keys::blob_place(sha), place.SerializeAsString(), 0);
    w.check(true, 0);
    EXPECT_EQ(text(w.check(false, 1, true)), "");
  }
}

TEST_P(StoreCheck, TheRegistry) {
  damage(keys::registered(1), 0);
  auto found = w.check(true, 0);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(found[0].repaired());
  EXPECT_EQ(seen(w), before);
}

TEST_P(StoreCheck, ABodyThatIsNotWhatItWas) {
  for (auto& [_, body] : w.blobs.bodies)
    if (body == "body number 8") body = "body number 9";
  EXPECT_EQ(text(w.check()), "");
  auto found = w.check(false, 1, true);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind(), "body");
}

TEST_P(StoreCheck, MailIsSalvagedFromBodiesAlone) {
  // Everything of account 1 is lost.
  kv::Batch all;
  auto snapshot = w.engine->snapshot(1).value();
  auto end = snapshot->scan(std::string(1, '\x01'), "", 100'000,
                            [&](std::string_view key, std::string_view) { return all.del(key), true; });
  ASSERT_TRUE(end);
  snapshot.reset();
  ASSERT_TRUE(w.engine->commit(1, all));
  w.reopen();
  w.mailboxes(2);
  auto r = w.request(2);
  r.mutable_check_account()->set_salvage(true);
  auto last = w.run(r, World::admin());
  ASSERT_EQ(code(last), "");
  w.items.push_back(last);
  std::set<std::string> bodies;
  auto items = w.items;
  for (auto& i : items)
    for (auto& f : i.checked().findings()) {
      ASSERT_EQ(f.kind(), "salvaged");
      auto get = w.request(2);
      get.mutable_get_blobs()->add_hashes(*base::unhex(f.key()));
      bodies.insert(w.blobs.read(w.run(get).blobs().blobs(0).location()));
    }
  std::set<std::string> wanted;
  for (int i = 0; i < 6; ++i) wanted.insert("body number " + std::to_string(i * i * i));
  EXPECT_EQ(bodies, wanted);
  EXPECT_EQ(text(w.check(false, 2)), "");
}

TEST_P(StoreCheck, NamesOfFoldersForDamagedRows) {
  damage(keys_of('T').front());
  for (const char* name : {"../x", "a/b", ".", "x y"}) {
    auto r = w.request();
    r.mutable_check_account()->set_repair(true);
    r.mutable_check_account()->set_aside(name);
    EXPECT_EQ(code(w.run(r, World::admin())), "INVALID") << name;
  }
}

#ifdef POSTERN_KILL_POINTS
// The victim: repairs CHECK_ACCOUNT of the store in CHECK_VICTIM until it is killed.
TEST(StoreCheckKilled, Victim) {
  const char *home = std::getenv("CHECK_VICTIM"), *account = std::getenv("CHECK_ACCOUNT");
  if (!home || !account) GTEST_SKIP() << "only as a child of InTheMiddle";
  World w(true, home);
  w.check(true, std::strtoull(account, nullptr, 10));
  std::_Exit(0);
}

// What a repair that was killed before a commit has left is found and mended by the next one.
TEST(StoreCheckKilled, InTheMiddle) {
  for (const char* point : {"fsck.index", "fsck.repair"}) {
    bool index = std::string_view(point) == "fsck.index";
    std::uint64_t account = index ? 0 : 1;
    char name[] = "/tmp/postern-check-XXXXXX";
    std::string home = ::mkdtemp(name), before;
    {
      World w(true, home);
      std::uint32_t inbox = w.mailbox_named("INBOX");
      if (!index) w.add(World::message("body", "subject", "id", ""), inbox);
      before = seen(w);
      kv::Batch batch;
      if (index) {
        ASSERT_TRUE(w.engine->overwrite_raw(0, keys::registered(1), "a flipped bit"));
      } else {
        auto snapshot = w.engine->snapshot(1).value();
        auto end = snapshot->scan(keys::join('T'), keys::after(keys::join('T')), 10,
                                  [&](std::string_view key, std::string_view) { return batch.del(key), true; });
        ASSERT_TRUE(end && !batch.empty());
        snapshot.reset();
        ASSERT_TRUE(w.engine->commit(1, batch));
      }
    }
    pid_t pid = ::fork();
    if (pid == 0) {
      ::setenv("CHECK_VICTIM", home.c_str(), 1);
      ::setenv("CHECK_ACCOUNT", std::to_string(account).c_str(), 1);
      ::setenv("POSTERN_KILL", (std::string(point) + ":1").c_str(), 1);
      ::execl("/proc/self/exe", "unit_store_check", "--gtest_filter=StoreCheckKilled.Victim", nullptr);
      ::_exit(127);
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << point << " " << status;
    {
      World w(true, home);
      EXPECT_FALSE(w.check(false, account).empty()) << point;
      w.check(true, account);
      EXPECT_TRUE(w.check(false, account).empty()) << point;
      EXPECT_EQ(seen(w), before) << point;
    }
    std::filesystem::remove_all(home);
  }
}
#endif

INSTANTIATE_TEST_SUITE_P(Engines, StoreCheck, testing::Bool(),
                         [](const auto& p) { return p.param ? "berkeley" : "memory"; });

}  // namespace
}  // namespace postern::store
