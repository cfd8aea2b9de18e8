// Annotations of emails (RFC 5257): who reads and writes which, limits, what follows an email and what does not.
#include "model/annotation.h"
#include "store/annotations.h"
#include "store/keys.h"
#include "store_test.h"

namespace postern::store {
namespace {

struct Note {
  std::string entry, value;
  bool shared = false;
};

class AnnotationsTest : public testing::TestWithParam<bool> {
 protected:
  AnnotationsTest() {
    for (int i = 0; i < 3; ++i) w.add(World::message("body " + std::to_string(i)), inbox);
  }
  static void put(Annotations& out, const std::vector<Note>& notes) {
    for (const Note& n : notes) {
      auto& one = *out.Add();
      one.set_entry(n.entry);
      one.set_shared(n.shared);
      one.set_remove(n.value == "NIL");
      if (n.value != "NIL") one.set_value(n.value);
    }
  }
  stored::Reply store(std::vector<std::uint32_t> ranges, const std::vector<Note>& notes,
                      const Principal& who = World::user(1), std::uint64_t since = UINT64_MAX) {
    auto r = w.request();
    auto& s = *r.mutable_store_annotations();
    s.set_mailbox(inbox);
    s.mutable_uid_ranges()->Assign(ranges.begin(), ranges.end());
    put(*s.mutable_annotations(), notes);
    s.set_unchanged_since(since);
    return w.run(r, who);
  }
  // "/comment=x /comment!=y": shared ones with "!", removed ones without a value.
  std::string notes(std::uint32_t uid, const Principal& who = World::user(1), std::uint32_t mailbox = 0) {
    auto r = w.request();
    auto& g = *r.mutable_get_emails();
    g.set_mailbox(mailbox ? mailbox : inbox);
    g.add_uids(uid);
    g.set_annotations(true);
    auto reply = w.run(r, who);
    std::string out;
    for (auto& e : reply.emails().emails())
      for (auto& a : e.annotations()) {
        if (!out.empty()) out += ' ';
        out += a.entry() + (a.shared() ? "!" : "") + (a.remove() ? "" : "=" + a.value());
      }
    return out;
  }
  void grant(std::uint64_t who, Rights rights) {
    auto r = w.request();
    r.mutable_set_acl()->set_mailbox(inbox);
    r.mutable_set_acl()->set_principal(who);
    r.mutable_set_acl()->set_rights(rights);
    EXPECT_EQ(code(w.run(r)), "");
  }
  World w{GetParam()};
  std::uint32_t inbox = w.mailbox_named("INBOX"), sent = w.mailbox_named("Sent");
};
INSTANTIATE_TEST_SUITE_P(Engines, AnnotationsTest, testing::Bool(),
                         [](const auto& p) { return p.param ? "berkeley" : "memory"; });

TEST_P(AnnotationsTest, OneOfEachKindAndBothStay) {
  EXPECT_EQ(notes(1), "");
  auto reply = store({1, 2}, {{"/comment", "mine"}, {"/comment", "ours", true}});
  EXPECT_EQ(code(reply), "");
  EXPECT_EQ(reply.annotations_stored().rows_size(), 2);
  w.reopen();
  EXPECT_EQ(notes(1), "/comment!=ours /comment=mine");
  EXPECT_EQ(notes(2), "/comment!=ours /comment=mine");
  EXPECT_EQ(notes(3), "");
  store({1, 1}, {{"/comment", "NIL"}, {"/altsubject", std::string("a\0b", 3)}});
  EXPECT_EQ(notes(1), "/comment!=ours /altsubject=" + std::string("a\0b", 3) + " /comment");
}

// MODSEQ and watchers, as a change of flags; flags, counts and JMAP's state stay.
TEST_P(AnnotationsTest, ARowIsTouchedAndNothingElse) {
  auto before = w.info();
  auto box = w.mailbox(inbox);
  auto reply = store({2, 2}, {{"/comment", "x"}});
  auto after = w.info();
  EXPECT_EQ(after.modseq(), before.modseq() + 1);
  EXPECT_EQ(after.email_modseq(), before.email_modseq());
  EXPECT_EQ(w.changed.back().modseq, after.modseq());
  EXPECT_EQ(w.mailbox(inbox).modseq(), after.modseq());
  EXPECT_EQ(w.mailbox(inbox).unseen_rows(), box.unseen_rows());
  EXPECT_EQ(reply.annotations_stored().previous_modseq(), box.modseq());
  auto sheet = w.sheet(inbox);
  EXPECT_EQ(sheet->row(1).modseq, after.modseq());
  EXPECT_LT(sheet->row(0).modseq, after.modseq());
  w.reopen();
  EXPECT_EQ(w.sheet(inbox)->row(1).modseq, after.modseq());
  EXPECT_TRUE(w.check(false, 1, true).empty());
  // UNCHANGEDSINCE spares it.
  reply = store({1, 3}, {{"/comment", "y"}}, World::user(1), before.modseq());
  ASSERT_EQ(reply.annotations_stored().modified_size(), 1);
  EXPECT_EQ(reply.annotations_stored().modified(0), 2u);
  EXPECT_EQ(notes(2), "/comment=x");
  EXPECT_EQ(notes(3), "/comment=y");
}

TEST_P(AnnotationsTest, RightsDecide) {
  store({1, 1}, {{"/comment", "mine"}, {"/comment", "ours", true}});
  auto bob = World::user(2);
  EXPECT_EQ(code(store({1, 1}, {{"/comment", "his"}}, bob)), "DENIED");
  grant(2, model::kLookup | model::kRead);
  EXPECT_EQ(notes(1, bob), "/comment!=ours") << "nobody's own but his";
  EXPECT_EQ(code(store({1, 1}, {{"/comment", "his"}}, bob)), "") << "r is enough for private ones";
  EXPECT_EQ(code(store({1, 1}, {{"/comment", "his", true}}, bob)), "DENIED");
  grant(2, model::kLookup | model::kRead | model::kAnnotate);
  EXPECT_EQ(code(store({1, 1}, {{"/comment", "all of us", true}}, bob)), "");
  EXPECT_EQ(notes(1, bob), "/comment!=all of us /comment=his");
  EXPECT_EQ(notes(1), "/comment!=all of us /comment=mine");
  EXPECT_EQ(notes(1, World::admin()), "/comment!=all of us /comment=mine /comment=his");
}

TEST_P(AnnotationsTest, CopiesShareThemAndTheyGoWithTheEmail) {
  store({1, 1}, {{"/comment", "x"}});
  w.copy(inbox, {1, 1}, sent, false);
  EXPECT_EQ(notes(1, World::user(1), sent), "/comment=x");
  w.copy(inbox, {1, 1}, sent, true);
  EXPECT_EQ(notes(2, World::user(1), sent), "/comment=x");
  // Deleted and forgotten.
  for (std::uint32_t uid : {1u, 2u}) {
    auto r = w.request();
    auto& s = *r.mutable_store_flags();
    s.set_mailbox(sent);
    s.add_uid_ranges(uid);
    s.add_uid_ranges(uid);
    s.add_flags("\\Deleted");
    s.set_unchanged_since(UINT64_MAX);
    w.run(r);
  }
  auto r = w.request();
  r.mutable_expunge()->set_mailbox(sent);
  r.mutable_expunge()->set_all_deleted(true);
  EXPECT_EQ(code(w.run(r)), "");
  w.now += w.store->options().keep_deleted + 1;
  std::vector<Changed> changed;
  w.store->queue_work(1);
  while (w.store->work_behind(changed)) {
  }
  auto snapshot = w.engine->snapshot(1).value();
  std::size_t left = 0;
  ASSERT_TRUE(snapshot->scan(keys::join('o'), keys::after(keys::join('o')), 100,
                             [&](std::string_view, std::string_view) { return ++left; }));
  EXPECT_EQ(left, 0u);
}

TEST_P(AnnotationsTest, ComeWithNewMail) {
  auto r = w.request();
  *r.mutable_add_emails() = World::message("new");
  auto& t = *r.mutable_add_emails()->add_targets();
  t.set_account(1);
  t.add_mailboxes(inbox);
  put(*t.mutable_annotations(), {{"/comment", "from the start"}, {"/comment", "for all", true}});
  EXPECT_EQ(w.run(r).added().results(0).error().code(), "");
  EXPECT_EQ(notes(4), "/comment!=for all /comment=from the start");
  t.mutable_annotations(0)->set_entry("no name");
  EXPECT_EQ(w.run(r).added().results(0).error().code(), "INVALID");
  EXPECT_EQ(w.mailbox(inbox).rows(), 4u);
}

TEST_P(AnnotationsTest, Limits) {
  std::vector<Note> most;
  for (std::size_t i = 0; i < model::kMaxAnnotations; ++i) most.push_back({"/vendor/x/" + std::to_string(i), "v"});
  EXPECT_EQ(code(store({1, 1}, most)), "");
  EXPECT_EQ(code(store({1, 1}, {{"/comment", "one more"}})), "LIMIT");
  EXPECT_EQ(code(store({1, 1}, {{"/comment", "shared ones count apart", true}})), "");
  EXPECT_EQ(code(store({1, 1}, {{"/vendor/x/0", "another value"}})), "");
  EXPECT_EQ(code(store({1, 1}, {{"/vendor/x/0", "NIL"}})), "");
  EXPECT_EQ(code(store({1, 1}, {{"/comment", "one more"}})), "");
  // All or none of one commit.
  EXPECT_EQ(code(store({1, 2}, {{"/altsubject", "x"}})), "LIMIT");
  EXPECT_EQ(notes(2), "");
  std::string big(model::kMaxAnnotationValue, 'x');
  EXPECT_EQ(code(store({3, 3}, {{"/comment", big}})), "");
  EXPECT_EQ(code(store({3, 3}, {{"/comment", big + "x"}})), "LIMIT");
  EXPECT_EQ(code(store({3, 3}, {{"/vendor/a/1", big}, {"/vendor/a/2", big}})), "");
  EXPECT_EQ(code(store({3, 3}, {{"/vendor/a/3", big}})), "LIMIT") << "all names and values together";
  for (auto bad : {"", "comment", "/a//b", "/*", "/1"}) EXPECT_EQ(code(store({1, 1}, {{bad, "x"}})), "INVALID") << bad;
  EXPECT_EQ(code(store({1, 1}, {{"/1/flags/seen", "maybe"}})), "INVALID");
  // What tells of removals is bounded too.
  for (std::size_t i = 0; i < 3 * model::kMaxAnnotations; ++i)
    for (auto value : {"v", "NIL"}) ASSERT_EQ(code(store({2, 2}, {{"/vendor/y/" + std::to_string(i), value}})), "");
  auto rows = annotations_of(*w.engine, 1, w.sheet(inbox)->row(1).email);
  ASSERT_TRUE(rows);
  EXPECT_LE(rows->size(), 2 * model::kMaxAnnotations + 1);
}

TEST(AnnotationRows, ReadBackOnlyWhatTheyAre) {
  AnnotationRow row{7, "/comment", 5, false, std::string("v\0w", 3)};
  std::string key = keys::annotation(9, 7, "/comment"), value = encode_annotation(row);
  auto back = decode_annotation(key, value);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->value, row.value);
  EXPECT_EQ(back->principal, 7u);
  EXPECT_FALSE(decode_annotation(key.substr(0, 17), value));
  EXPECT_FALSE(decode_annotation(key, value.substr(0, 8)));
  value[8] = 1;
  EXPECT_FALSE(decode_annotation(key, value)) << "what is removed has no value";
  value[8] = 2;
  EXPECT_FALSE(decode_annotation(key, value));
}

}  // namespace
}  // namespace postern::store
