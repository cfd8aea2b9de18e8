// LoadAccount: an account taken out of one store through the verbs and loaded into another is the same account; what
// contradicts itself is refused; nobody sees half of one.
#include <set>

#include "store_test.h"

namespace postern::store {
namespace {

struct Taken {
  records::Account account;
  std::vector<records::Mailbox> mailboxes;
  std::vector<stored::LoadAccount::One> emails;
  std::map<std::string, std::string> bodies;   // by hash
};

// Everything of account 1, as an archive would have it.
Taken take(World& w) {
  Taken t;
  auto r = w.request();
  r.mutable_get_account();
  t.account = w.run(r, World::admin()).account().record();
  t.mailboxes = w.mailboxes();
  std::map<std::uint64_t, std::vector<std::pair<std::uint32_t, model::SheetRow>>> rows;
  for (const auto& m : t.mailboxes) {
    auto s = w.sheet(m.id());
    for (std::size_t i = 0; i < s->size(); ++i) rows[s->email[i]].emplace_back(m.id(), s->row(i));
  }
  std::vector<std::uint64_t> ids;
  for (const auto& [id, _] : rows) ids.push_back(id);
  for (auto& e : w.emails(ids)) {
    auto& one = t.emails.emplace_back();
    *one.mutable_email() = e.email();
    one.mutable_email()->clear_places();
    one.set_wire(e.wire());
    one.set_content(e.content());
    t.bodies[e.email().blob()] = w.blobs.read(e.location());
    for (const auto& [box, row] : rows[e.id()]) {
      auto& p = *one.mutable_email()->add_places();
      p.set_mailbox(box);
      p.set_uid(row.uid);
      p.set_deleted(row.flags.has(model::kDeleted));
      auto& out = *one.add_rows();
      out.set_uid(row.uid);
      out.set_flags_lo(row.flags.lo);
      out.set_flags_hi(row.flags.hi);
      out.set_modseq(row.modseq);
      out.set_saved(row.saved);
    }
  }
  return t;
}

stored::Reply call(World& w, const stored::LoadAccount& load, const Principal& who = World::admin()) {
  auto r = w.request();
  *r.mutable_load_account() = load;
  return w.run(r, who);
}

std::string begin(World& w, const Taken& t) {
  stored::LoadAccount load;
  load.set_begin(true);
  *load.mutable_account() = t.account;
  for (const auto& m : t.mailboxes) *load.add_mailboxes() = m;
  return code(call(w, load));
}

std::string put(World& w, const std::string& body, const Principal& who = World::admin()) {
  auto r = w.request();
  r.mutable_put_blob()->set_body(body);
  return code(w.run(r, who));
}

std::string load(World& w, const Taken& t, bool finish = true, std::size_t batch = 2) {
  if (auto e = begin(w, t); !e.empty()) return e;
  for (const auto& [_, body] : t.bodies)
    if (auto e = put(w, body); !e.empty()) return e;
  for (std::size_t at = 0; at < t.emails.size(); at += batch) {
    stored::LoadAccount some;
    for (std::size_t i = at; i < std::min(t.emails.size(), at + batch); ++i) *some.add_emails() = t.emails[i];
    if (auto e = code(call(w, some)); !e.empty()) return e;
  }
  if (!finish) return "";
  stored::LoadAccount end;
  end.set_finish(true);
  return code(call(w, end));
}

// Mailboxes, rows, emails, threads and counters of two stores are the same.
void expect_same(World& a, World& b) {
  auto x = take(a), y = take(b);
  x.account.set_log_floor(0);
  y.account.set_log_floor(0);
  x.account.set_deleted_bytes(0);   // what was deleted does not travel
  y.account.set_deleted_bytes(0);
  EXPECT_EQ(x.account.SerializeAsString(), y.account.SerializeAsString());
  ASSERT_EQ(x.mailboxes.size(), y.mailboxes.size());
  for (std::size_t i = 0; i < x.mailboxes.size(); ++i)
    EXPECT_EQ(x.mailboxes[i].SerializeAsString(), y.mailboxes[i].SerializeAsString()) << x.mailboxes[i].name();
  ASSERT_EQ(x.emails.size(), y.emails.size());
  std::set<std::uint64_t> threads;
  for (std::size_t i = 0; i < x.emails.size(); ++i) {
    x.emails[i].mutable_email()->set_modseq(0);   // of an expunged row nothing is left to tell it
    y.emails[i].mutable_email()->set_modseq(0);
    EXPECT_EQ(x.emails[i].SerializeAsString(), y.emails[i].SerializeAsString()) << x.emails[i].email().id();
    threads.insert(x.emails[i].email().thread());
  }
  EXPECT_EQ(x.bodies, y.bodies);
  auto threads_of = [&](World& w) {
    auto r = w.request();
    r.mutable_get_threads()->mutable_ids()->Assign(threads.begin(), threads.end());
    std::string text;
    for (const auto& t : w.run(r).threads().threads()) text += t.SerializeAsString() + "/";
    return text;
  };
  EXPECT_EQ(threads_of(a), threads_of(b));
}

// An account with something of everything.
void fill(World& w) {
  w.info();
  auto inbox = w.mailbox_named("INBOX"), trash = w.mailbox_named("Trash"), sent = w.mailbox_named("Sent");
  w.add(World::message("one", "topic", "<1@x>"), inbox, {"\\Seen", "$Forwarded"});
  w.add(World::message("two", "Re: topic", "<2@x>", "<1@x>"), inbox);
  w.add(World::message("three", "Re: topic", "<3@x>", "<2@x>"), sent, {"\\Seen"});
  w.add(World::message("four", "other", "<4@x>"), inbox, {"$Label1"});
  w.add(World::message("four", "other again", "<5@x>"), inbox);   // the same body
  w.add(World::message("six", "draft", "<6@x>"), trash, {"\\Draft"});
  w.now += 100;
  w.copy(inbox, {1, 2}, trash, false);
  w.copy(inbox, {1, 1}, inbox, false);       // two rows of one email in one mailbox
  w.store_flags(inbox, {2, 2}, stored::StoreFlags::ADD, {"\\Deleted", "\\Flagged"});
  w.store_flags(inbox, {4, 4}, stored::StoreFlags::ADD, {"\\Deleted"});
  w.expunge(inbox);
  w.store_flags(trash, {1, 1}, stored::StoreFlags::ADD, {"\\Deleted"});
  auto made = w.request();
  made.mutable_create_mailbox()->add_path("Sub");
  made.mutable_create_mailbox()->add_path("Deep");
  w.run(made);
  w.now += 100;
  w.add(World::message("seven", "Re: topic", "<7@x>", "<1@x>"), w.mailbox_named("Deep"));
}

TEST(StoreLoad, TheSameAccount) {
  for (bool berkeley : {false, true}) {
    World a, b(berkeley);
    fill(a);
    b.now = a.now;
    auto t = take(a);
    ASSERT_GE(t.emails.size(), 5u);
    ASSERT_EQ(load(b, t), "");
    expect_same(a, b);
    b.reopen();
    expect_same(a, b);
    // Life goes on the same way in both: ids, UIDs, threads.
    for (World* w : {&a, &b}) {
      w->now += 50;
      auto one = w->add(World::message("next", "Re: topic", "<8@x>", "<7@x>"), w->mailbox_named("INBOX"));
      EXPECT_EQ(one.thread(), t.emails[0].email().thread());
      w->store_flags(w->mailbox_named("Trash"), {1, 10}, stored::StoreFlags::ADD, {"\\Seen"});
      w->expunge(w->mailbox_named("Trash"));
    }
    expect_same(a, b);
    // What clients knew before is too old, not wrong.
    EXPECT_TRUE(b.delta(b.mailbox_named("INBOX"), 1).too_old());
    EXPECT_EQ(code(b.changes(stored::GetChanges::EMAIL, 1)), "CANNOT_CALCULATE");
  }
}

TEST(StoreLoad, NobodySeesHalfOfIt) {
  World a, b;
  fill(a);
  auto t = take(a);
  ASSERT_EQ(load(b, t, false), "");
  auto r = b.request();
  r.mutable_get_account();
  EXPECT_EQ(code(b.run(r)), "UNAVAILABLE");
  EXPECT_TRUE(b.run(r).error().temporary());
  auto delivery = b.request();
  delivery.mutable_list_mailboxes();
  EXPECT_EQ(code(b.run(delivery, World::deliver(1))), "UNAVAILABLE");
  EXPECT_EQ(code(b.run(r, World::admin())), "NOT_FOUND");
  b.work_all();
  EXPECT_EQ(code(b.run(r)), "UNAVAILABLE");
  // A new process has forgotten how far it was: the load begins again.
  b.reopen();
  EXPECT_EQ(code(b.run(r)), "UNAVAILABLE");
  stored::LoadAccount end;
  end.set_finish(true);
  EXPECT_EQ(code(call(b, end)), "CONFLICT");
  ASSERT_EQ(load(b, t), "");
  expect_same(a, b);
  // Repeated: success, and nothing twice.
  EXPECT_EQ(code(call(b, end)), "");
  EXPECT_EQ(begin(b, t), "EXISTS");
  expect_same(a, b);
}

TEST(StoreLoad, RepeatedCallsAddNothing) {
  World a, b;
  fill(a);
  auto t = take(a);
  ASSERT_EQ(load(b, t, false), "");
  stored::LoadAccount again;
  for (const auto& m : t.mailboxes) *again.add_mailboxes() = m;
  for (const auto& e : t.emails) *again.add_emails() = e;
  EXPECT_EQ(code(call(b, again)), "");
  stored::LoadAccount end;
  end.set_finish(true);
  EXPECT_EQ(code(call(b, end)), "");
  expect_same(a, b);
}

TEST(StoreLoad, WhoMay) {
  World a, b;
  fill(a);
  auto t = take(a);
  stored::LoadAccount first;
  first.set_begin(true);
  *first.mutable_account() = t.account;
  EXPECT_EQ(code(call(b, first, World::user(1))), "DENIED");
  EXPECT_EQ(code(call(b, first, World::deliver(1))), "DENIED");
  // An admin's bodies go into loads alone.
  EXPECT_EQ(put(a, "x"), "DENIED");
  EXPECT_EQ(put(b, "x"), "DENIED");
  // An account that the store has, or had.
  EXPECT_EQ(begin(a, t), "EXISTS");
  stored::Request gone;
  gone.mutable_delete_account()->set_account(1);
  a.run(gone, World::admin());
  EXPECT_EQ(begin(a, t), "EXISTS");
}

TEST(StoreLoad, ContradictionsAreRefused) {
  World a;
  fill(a);
  const auto good = take(a);
  auto with = [&](auto change) {
    World b;
    auto t = good;
    change(t);
    auto e = load(b, t);
    if (!e.empty()) {   // and it can be begun again
      b.reopen();
      EXPECT_EQ(load(b, good), "");
    }
    return e;
  };
  EXPECT_EQ(with([](Taken&) {}), "");
  EXPECT_EQ(with([](Taken& t) { t.account.set_next_email(2); }), "INVALID");
  EXPECT_EQ(with([](Taken& t) { t.account.set_next_mailbox(2); }), "INVALID");
  EXPECT_EQ(with([](Taken& t) { t.account.set_epoch(0); }), "INVALID");
  EXPECT_EQ(with([](Taken& t) { t.account.set_modseq(1); }), "INVALID");
  EXPECT_EQ(with([](Taken& t) { t.account.clear_keywords(); }), "INVALID");
  EXPECT_EQ(with([](Taken& t) { t.account.add_keywords("a b"); }), "INVALID");
  EXPECT_EQ(with([](Taken& t) { t.mailboxes[1].set_name("a/b"); }), "INVALID");
  EXPECT_EQ(with([](Taken& t) { t.mailboxes[1].set_parent(t.mailboxes[1].id()); }), "INVALID");
  EXPECT_EQ(with([](Taken& t) { t.mailboxes[1].set_parent(999); }), "INVALID");
  EXPECT_EQ(with([](Taken& t) { t.mailboxes[2].set_name(t.mailboxes[1].name()); }), "INVALID");
  EXPECT_EQ(with([](Taken& t) { t.mailboxes[0].set_uidnext(1); }), "INVALID");
  EXPECT_EQ(with([](Taken& t) { t.mailboxes[0].set_uidvalidity(0); }), "INVALID");
  EXPECT_EQ(with([](Taken& t) { t.mailboxes.erase(t.mailboxes.begin()); }), "INVALID");
  EXPECT_EQ(with([](Taken& t) { t.emails[0].mutable_email()->set_thread(0); }), "INVALID");
  EXPECT_EQ(with([](Taken& t) { t.emails[0].mutable_email()->set_size(1); }), "INVALID");
  EXPECT_EQ(with([](Taken& t) { t.emails[0].mutable_email()->set_blob(std::string(32, 'x')); }), "INVALID");
  EXPECT_EQ(with([](Taken& t) { t.emails[0].mutable_email()->set_blob("short"); }), "INVALID");
  EXPECT_EQ(with([](Taken& t) { t.emails[0].clear_rows(); }), "INVALID");
  EXPECT_EQ(with([](Taken& t) { t.emails[0].mutable_rows(0)->set_uid(3); }), "INVALID");
  EXPECT_EQ(with([](Taken& t) { t.emails[0].mutable_rows(0)->set_flags_hi(1ull << 63); }), "INVALID");
  EXPECT_EQ(with([](Taken& t) { t.emails[0].set_content("\xff\xff"); }), "INVALID");
  EXPECT_EQ(with([](Taken& t) {   // two emails under one UID
              t.emails[1] = t.emails[0];
              t.emails[1].mutable_email()->set_id(t.emails[0].email().id() + 1);
            }),
            "INVALID");
}

}  // namespace
}  // namespace postern::store
