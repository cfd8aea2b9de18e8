// LoadAccount: an account taken out of one store through the verbs and loaded into another is the same account; what
// contradicts itself is refused; nobody sees half of one.
#include <algorithm>
#include <set>

#include "store/limits.h"
#include "store_test.h"

namespace postern::store {
namespace {

struct Taken {
  records::Account account;
  std::vector<records::Mailbox> mailboxes;
  std::vector<stored::LoadAccount::One> emails;
  std::vector<stored::TakeMarks::One> marks;
  std::vector<stored::SeenBy> seen;
  std::map<std::string, std::string> bodies;   // by hash
};

// GetRest as a whole.
stored::Rest rest(World& w) {
  auto r = w.request();
  r.mutable_get_rest();
  auto last = w.run(r, World::admin());
  EXPECT_EQ(code(last), "");
  EXPECT_TRUE(last.rest().end());
  stored::Rest all;
  for (const auto& item : w.items) all.MergeFrom(item.rest());
  all.MergeFrom(last.rest());
  return all;
}

struct RowAt {
  std::uint32_t mailbox;
  stored::Row row;
};

void add_place(const RowAt& at, records::Place& place, stored::Row& row) {
  place.set_mailbox(at.mailbox);
  place.set_uid(at.row.uid());
  place.set_deleted(model::Flags{at.row.flags_lo(), at.row.flags_hi()}.has(model::kDeleted));
  row.set_uid(at.row.uid());
  row.set_flags_lo(at.row.flags_lo());
  row.set_flags_hi(at.row.flags_hi());
  row.set_modseq(at.row.modseq());
  row.set_saved(at.row.saved());
}

// Everything of account 1, as an archive would have it.
Taken take(World& w) {
  Taken t;
  auto r = w.request();
  r.mutable_get_account();
  t.account = w.run(r, World::admin()).account().record();
  t.mailboxes = w.mailboxes();
  std::map<std::uint64_t, std::vector<RowAt>> rows, lost;
  for (const auto& m : t.mailboxes) {
    auto s = w.sheet(m.id());
    for (std::size_t i = 0; i < s->size(); ++i) {
      stored::Row row;
      auto from = s->row(i);
      row.set_uid(from.uid);
      row.set_flags_lo(from.flags.lo);
      row.set_flags_hi(from.flags.hi);
      row.set_modseq(from.modseq);
      row.set_saved(from.saved);
      rows[from.email].push_back({m.id(), row});
    }
  }
  auto hidden = rest(w);
  t.mailboxes.insert(t.mailboxes.end(), hidden.mailboxes().begin(), hidden.mailboxes().end());
  t.marks.assign(hidden.marks().begin(), hidden.marks().end());
  t.seen.assign(hidden.seen().begin(), hidden.seen().end());
  for (const auto& at : hidden.rows()) lost[at.row().email()].push_back({at.mailbox(), at.row()});
  std::set<std::uint64_t> ids(hidden.emails().begin(), hidden.emails().end());
  for (const auto& [id, _] : rows) ids.insert(id);
  for (const auto& [id, _] : lost) ids.insert(id);
  r = w.request();
  auto& get = *r.mutable_get_emails();
  for (auto id : ids) get.add_ids(id);
  get.set_email(true);
  get.set_wire(true);
  get.set_content(true);
  get.set_location(true);
  get.set_deleted(true);
  auto items = std::vector<stored::Reply>{w.run(r, World::admin())};
  items.insert(items.begin(), w.items.begin(), w.items.end());
  for (const auto& item : items)
    for (const auto& e : item.emails().emails()) {
      auto& one = t.emails.emplace_back();
      auto& email = *one.mutable_email();
      email = e.email();
      email.clear_places();
      email.clear_lost_places();
      one.set_wire(e.wire());
      one.set_content(e.content());
      t.bodies[e.email().blob()] = w.blobs.read(e.location());
      for (const auto& at : rows[e.id()]) add_place(at, *email.add_places(), *one.add_rows());
      auto all = lost[e.id()];
      for (const auto& p : e.email().lost_places()) {
        bool stands = std::ranges::any_of(all, [&](const RowAt& o) { return o.mailbox == p.mailbox() && o.row.uid() == p.uid(); });
        if (stands) continue;
        stored::Row row;
        row.set_uid(p.uid());
        if (p.deleted()) row.set_flags_lo(model::kDeletedBit.lo);
        all.push_back({p.mailbox(), row});
      }
      std::ranges::sort(all, {}, [](const RowAt& o) { return std::pair(o.mailbox, o.row.uid()); });
      for (const auto& at : all) add_place(at, *email.add_lost_places(), *one.add_lost_rows());
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
    if (at == 0) some.mutable_marks()->Assign(t.marks.begin(), t.marks.end());
    if (at == 0) some.mutable_seen()->Assign(t.seen.begin(), t.seen.end());
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
  EXPECT_EQ(x.account.SerializeAsString(), y.account.SerializeAsString());
  ASSERT_EQ(x.mailboxes.size(), y.mailboxes.size());
  for (auto* t : {&x, &y})
    for (auto& m : t->mailboxes)
      if (m.destroyed()) m.set_modseq(0), m.set_updated_modseq(0);   // the work behind goes on with it
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
  auto text = [](const auto& list) {
    std::string out;
    for (const auto& one : list) out += one.SerializeAsString() + "/";
    return out;
  };
  EXPECT_EQ(text(x.marks), text(y.marks));
  EXPECT_EQ(text(x.seen), text(y.seen));
  auto threads_of = [&](World& w) {
    auto r = w.request();
    r.mutable_get_threads()->mutable_ids()->Assign(threads.begin(), threads.end());
    std::string text;
    for (const auto& t : w.run(r).threads().threads()) text += t.SerializeAsString() + "/";
    return text;
  };
  EXPECT_EQ(threads_of(a), threads_of(b));
}

// A mailbox that goes with three emails, of which one stands elsewhere too and one stood there twice.
void fill_deleted(World& w) {
  auto make = w.request();
  make.mutable_create_mailbox()->add_path("Gone");
  make.mutable_create_mailbox()->add_path("Sub");
  auto gone = w.run(make).created().id();
  w.add(World::message("eight", "in gone", "<g1@x>"), gone, {"$Label1"});
  w.add(World::message("nine", "in gone too", "<g2@x>", "<g1@x>"), gone, {"\\Seen"});
  w.add(World::message("ten", "and elsewhere", "<g3@x>"), gone);
  w.copy(gone, {1, 1}, gone, false);
  w.copy(gone, {3, 3}, w.mailbox_named("INBOX"), false);
  w.store_flags(gone, {2, 2}, stored::StoreFlags::ADD, {"\\Flagged"});   // after its row was made
  auto drop = w.request();
  drop.mutable_delete_mailbox()->set_id(gone);
  EXPECT_EQ(code(w.run(drop)), "");
  w.work_all();
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
  fill_deleted(w);
  auto share = w.request();
  share.mutable_set_acl()->set_mailbox(inbox);
  share.mutable_set_acl()->set_principal(7);
  share.mutable_set_acl()->set_rights(model::kLookup | model::kRead | model::kKeepSeen);
  w.run(share);
  auto own = w.request();
  own.mutable_update_mailbox()->set_id(inbox);
  own.mutable_update_mailbox()->set_private_seen(true);
  w.run(own);
  auto sees = w.request();
  auto& s = *sees.mutable_store_flags();
  s.set_mailbox(inbox);
  for (std::uint32_t uid : {1u, 1u, 3u, 3u}) s.add_uid_ranges(uid);
  s.set_mode(stored::StoreFlags::ADD);
  s.add_flags("\\Seen");
  s.set_unchanged_since(UINT64_MAX);
  w.run(sees, World::user(7));
  auto marks = w.request();
  for (char c : {'m', 'n'}) {
    auto& m = *marks.mutable_take_marks()->add_marks();
    m.set_id(std::string(kMarkBytes, c));
    m.set_until(w.now + 10'000 * (c - 'l'));
  }
  w.run(marks, World::deliver(1));
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

// What was deleted there can be had here: by itself, with its mailbox, for as long and no longer.
TEST(StoreLoad, DeletedMailComesBack) {
  World a, b;
  fill(a);
  b.now = a.now;
  ASSERT_EQ(load(b, take(a)), "");
  for (World* w : {&a, &b}) {
    auto list = w->request();
    list.mutable_list_deleted();
    auto last = w->run(list);
    std::map<std::string, std::uint64_t> kinds;
    std::uint64_t mailbox = 0, email = 0;
    w->items.push_back(last);
    for (const auto& i : w->items)
      for (const auto& thing : i.deleted().things()) {
        ++kinds[thing.kind()];
        if (thing.kind() == "mailbox") {
          mailbox = thing.id();
          EXPECT_EQ(thing.emails(), 4u);   // rows
          EXPECT_EQ(thing.name(), "Gone/Sub");
        } else {
          email = thing.id();
          EXPECT_EQ(thing.subject(), "other again");
          EXPECT_EQ(thing.name(), "INBOX");
        }
      }
    EXPECT_EQ(kinds, (std::map<std::string, std::uint64_t>{{"email", 1}, {"mailbox", 1}}));
    auto back = w->request();
    back.mutable_undelete()->add_emails(email);
    EXPECT_EQ(w->run(back).undeleted().emails(), 1u);
    back = w->request();
    back.mutable_undelete()->set_mailbox(static_cast<std::uint32_t>(mailbox));
    auto whole = w->run(back);
    EXPECT_EQ(whole.undeleted().emails(), 4u);
    EXPECT_EQ(whole.undeleted().name(), "Gone/Sub");
    w->work_all();
  }
  expect_same(a, b);
  World c;
  World d;
  fill(c);
  d.now = c.now;
  ASSERT_EQ(load(d, take(c)), "");
  for (World* w : {&c, &d}) {
    w->now += 15 * 86'400;
    w->work_all();
    EXPECT_EQ(rest(*w).emails_size(), 0);
    EXPECT_EQ(rest(*w).mailboxes_size(), 0);
  }
  expect_same(c, d);
}

// A mailbox that was deleted a moment ago has its emails yet: they are told with it.
// An account that was deleted there comes in as one, and back as it was.
TEST(StoreLoad, ADeletedAccount) {
  World a, b;
  fill(a);
  b.now = a.now + 86'400;
  auto t = take(a);
  t.account.set_deleted(static_cast<std::uint64_t>(a.now));
  ASSERT_EQ(load(b, t), "");
  auto get = b.request();
  get.mutable_get_account();
  auto shared = b.request(7);
  shared.mutable_list_shared();
  for (bool reopened : {false, true}) {
    if (reopened) b.reopen();
    EXPECT_EQ(code(b.run(get)), "NOT_FOUND");
    EXPECT_EQ(b.run(get, World::admin()).account().record().deleted(), static_cast<std::uint64_t>(a.now));
    EXPECT_EQ(b.run(shared).shared().accounts_size(), 0);
    EXPECT_EQ(load(b, t), "EXISTS");
  }
  auto back = b.request();
  back.mutable_undelete();
  EXPECT_EQ(code(b.run(back, World::admin())), "");
  b.now = a.now;
  expect_same(a, b);
  EXPECT_EQ(b.run(shared).shared().accounts_size(), 1);
  // Not for longer than there: and a time to come is none.
  World c;
  c.now = a.now;
  t.account.set_deleted(UINT64_MAX);
  ASSERT_EQ(load(c, t), "");
  EXPECT_EQ(c.run(get, World::admin()).account().record().deleted(), static_cast<std::uint64_t>(c.now));
  c.now += 14 * 86'400;
  EXPECT_EQ(code(c.run(back, World::admin())), "NOT_FOUND");
}

TEST(StoreLoad, NotEmptiedYet) {
  World a;
  a.info();
  auto make = a.request();
  make.mutable_create_mailbox()->add_path("Gone");
  auto gone = a.run(make).created().id();
  auto id = a.add(World::message("body"), gone).email();
  auto drop = a.request();
  drop.mutable_delete_mailbox()->set_id(gone);
  a.run(drop);
  auto hidden = rest(a);
  ASSERT_EQ(hidden.mailboxes_size(), 1);
  ASSERT_EQ(hidden.rows_size(), 1);
  EXPECT_EQ(hidden.rows(0).row().email(), id);
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
  auto deleted = [](Taken& t) -> stored::LoadAccount::One& {
    for (auto& one : t.emails)
      for (const auto& row : one.lost_rows())
        if (one.email().destroyed() && row.modseq()) return one;
    ADD_FAILURE() << "no deleted email with a row";
    return t.emails[0];
  };
  auto dead = [](Taken& t) -> records::Mailbox& {
    return *std::ranges::find_if(t.mailboxes, [](const auto& m) { return m.destroyed() != 0; });
  };
  EXPECT_EQ(with([&](Taken& t) { deleted(t).mutable_email()->set_destroyed(0); }), "INVALID");
  EXPECT_EQ(with([&](Taken& t) { t.emails[0].mutable_email()->set_destroyed(5); }), "INVALID");
  EXPECT_EQ(with([&](Taken& t) { deleted(t).clear_lost_rows(); }), "INVALID");
  EXPECT_EQ(with([&](Taken& t) { deleted(t).mutable_email()->mutable_lost_places(0)->set_mailbox(1); }), "INVALID");
  EXPECT_EQ(with([&](Taken& t) { deleted(t).mutable_lost_rows(0)->set_modseq(1ull << 60); }), "INVALID");
  EXPECT_EQ(with([&](Taken& t) { deleted(t).mutable_email()->set_pop3_uidl("a b"); }), "INVALID");
  EXPECT_EQ(with([&](Taken& t) { dead(t).set_destroyed(0); }), "INVALID");   // its emails are not in it
  EXPECT_EQ(with([&](Taken& t) { dead(t).set_uidnext(1); }), "INVALID");
  EXPECT_EQ(with([&](Taken& t) { t.marks[0].set_id("short"); }), "INVALID");
  EXPECT_EQ(with([&](Taken& t) { t.marks[0].set_until(0); }), "INVALID");
  EXPECT_EQ(with([&](Taken& t) { t.seen[0].set_uid_ranges(1, 4'000'000'000); }), "INVALID");
  EXPECT_EQ(with([&](Taken& t) { t.seen[0].set_mailbox(dead(t).id()); }), "INVALID");
  EXPECT_EQ(with([&](Taken& t) { t.seen[0].set_principal(0); }), "INVALID");
  EXPECT_EQ(with([](Taken& t) {   // two emails under one UID
              t.emails[1] = t.emails[0];
              t.emails[1].mutable_email()->set_id(t.emails[0].email().id() + 1);
            }),
            "INVALID");
}

TEST(StoreLoad, Limits) {
  World a;
  fill(a);
  auto t = take(a);
  t.mailboxes[0].set_uidnext(UINT32_MAX);
  auto seen = [&](std::uint32_t blocks) {
    World b;
    auto one = t;
    one.seen.resize(1);
    one.seen[0].clear_uid_ranges();
    one.seen[0].add_uid_ranges(64);
    one.seen[0].add_uid_ranges(64 * (blocks + 1) - 1);
    return load(b, one);
  };
  EXPECT_EQ(seen(kMaxRowsPerRead), "");
  EXPECT_EQ(seen(kMaxRowsPerRead + 1), "LIMIT");
  auto lost = [&](std::size_t n) {
    World b;
    auto one = t;
    auto it = std::ranges::find_if(one.emails, [](const auto& e) { return e.email().destroyed() != 0; });
    while (static_cast<std::size_t>(it->lost_rows_size()) < n) {
      it->mutable_email()->add_lost_places()->set_mailbox(999);
      it->add_lost_rows();
    }
    return load(b, one);
  };
  EXPECT_EQ(lost(kMaxLostPlaces), "");
  EXPECT_EQ(lost(kMaxLostPlaces + 1), "LIMIT");
}

}  // namespace
}  // namespace postern::store
