// Scripts, the vacation response and marks: names, quota, activation, expiry, fsck.
#include "model/script.h"
#include "store/keys.h"
#include "store/limits.h"
#include "store_test.h"

namespace postern::store {
namespace {

class ScriptsTest : public testing::TestWithParam<bool> {
 protected:
  stored::Reply put(const std::string& name, const std::string& text, bool activate = false, std::uint32_t id = 0) {
    auto r = w.request();
    auto& p = *r.mutable_put_script();
    p.set_id(id);
    p.set_name(name);
    p.set_text(text);
    p.set_activate(activate);
    return w.run(r);
  }
  stored::Reply rename(std::uint32_t id, const std::string& name) {
    auto r = w.request();
    r.mutable_put_script()->set_id(id);
    r.mutable_put_script()->set_name(name);
    return w.run(r);
  }
  stored::Reply remove(std::uint32_t id) {
    auto r = w.request();
    r.mutable_delete_script()->set_id(id);
    return w.run(r);
  }
  stored::Reply activate(std::uint32_t id) {
    auto r = w.request();
    r.mutable_activate_script()->set_id(id);
    return w.run(r);
  }
  stored::Scripts list() {
    auto r = w.request();
    r.mutable_get_scripts();
    return w.run(r).scripts();
  }
  stored::Scripts active(const std::string& have = "", const Principal& who = World::deliver(1)) {
    auto r = w.request();
    r.mutable_get_scripts()->set_active(true);
    r.mutable_get_scripts()->set_text(true);
    r.mutable_get_scripts()->set_have_sha256(have);
    return w.run(r, who).scripts();
  }
  std::string names() {
    std::string out;
    auto all = list();
    for (auto& s : all.scripts()) out += s.name() + (s.id() == all.active() ? "* " : " ");
    return out;
  }
  std::vector<bool> take(const std::vector<std::pair<std::string, std::int64_t>>& marks, bool keep = false) {
    auto r = w.request();
    for (auto& [id, until] : marks) {
      auto& m = *r.mutable_take_marks()->add_marks();
      m.set_id(mark(id));
      m.set_until(until);
      m.set_keep(keep);
    }
    auto reply = w.run(r, World::deliver(1));
    EXPECT_EQ(code(reply), "");
    return {reply.marks().found().begin(), reply.marks().found().end()};
  }
  bool seen(const std::string& id) {
    auto r = w.request();
    r.mutable_get_marks()->add_ids(mark(id));
    return w.run(r, World::deliver(1)).marks().found(0);
  }
  static std::string mark(std::string id) {
    id.resize(kMarkBytes, '.');
    return id;
  }
  std::size_t rows(char kind) {
    std::size_t n = 0;
    auto snapshot = w.engine->snapshot(1).value();
    (void)snapshot->scan(keys::join(kind), keys::after(keys::join(kind)), 10'000,
                         [&](std::string_view, std::string_view) { return ++n, true; });
    return n;
  }
  void damage(const std::string& key) {
    ASSERT_TRUE(w.engine->overwrite_raw(1, key, "a flipped bit"));
    w.reopen();
  }
  // Found, mended, and nothing more.
  void mend(const std::string& kind) {
    auto found = w.check();
    EXPECT_TRUE(std::ranges::any_of(found, [&](auto& f) { return f.kind() == kind; })) << found.size();
    w.check(true);
    EXPECT_EQ(w.check().size(), 0u);
  }
  World w{GetParam()};
  std::uint32_t inbox = w.mailbox_named("INBOX");
};
INSTANTIATE_TEST_SUITE_P(Engines, ScriptsTest, testing::Bool(),
                         [](const auto& p) { return p.param ? "berkeley" : "memory"; });

TEST_P(ScriptsTest, PutListGet) {
  EXPECT_EQ(put("b", "keep;").script_put().id(), 1u);
  EXPECT_EQ(put("a", "stop;", true).script_put().id(), 2u);
  w.reopen();
  EXPECT_EQ(names(), "a* b ");
  EXPECT_EQ(list().used_bytes(), 10u);
  auto again = put("b", "discard;");
  EXPECT_TRUE(again.script_put().existed());
  EXPECT_EQ(again.script_put().id(), 1u);
  auto r = w.request();
  r.mutable_get_scripts()->set_name("b");
  r.mutable_get_scripts()->set_text(true);
  auto one = w.run(r).scripts();
  EXPECT_EQ(one.text(), "discard;");
  base::Sha256 hash;
  hash.update("discard;");
  EXPECT_EQ(one.scripts(0).sha256(), base::view(hash.finish()));
  r.mutable_get_scripts()->set_name("c");
  EXPECT_EQ(w.run(r).scripts().scripts_size(), 0);
  r.mutable_get_scripts()->clear_name();
  EXPECT_EQ(code(w.run(r)), "INVALID") << "the texts of all at once";
}

TEST_P(ScriptsTest, DeliveryGetsTheActiveOneUnlessItHasIt) {
  EXPECT_EQ(active().scripts_size(), 0);
  put("main", "keep;", true);
  auto one = active();
  EXPECT_EQ(one.text(), "keep;");
  auto same = active(one.scripts(0).sha256());
  EXPECT_EQ(same.scripts_size(), 1);
  EXPECT_EQ(same.text(), "");
  put("main", "stop;");
  EXPECT_EQ(active(one.scripts(0).sha256()).text(), "stop;");
  activate(0);
  EXPECT_EQ(active().scripts_size(), 0);
}

// What decided a delivery must be the account's still when it is committed.
TEST_P(ScriptsTest, AStaleDeliveryIsRefused) {
  auto state_of = [](const stored::Scripts& s) {
    stored::ScriptState out;
    out.set_epoch(s.epoch());
    out.set_script_modseq(s.script_modseq());
    out.set_vacation_modseq(s.vacation_modseq());
    return out;
  };
  auto deliver = [this](const stored::ScriptState& by) {
    auto r = w.request();
    *r.mutable_add_emails() = World::message("Subject: x\r\n\r\n");
    auto& t = *r.mutable_add_emails()->add_targets();
    t.set_account(1);
    *t.mutable_decided_by() = by;
    return w.run(r, World::deliver(1)).added().results(0).error().code();
  };
  auto none = state_of(active());
  EXPECT_EQ(deliver(none), "");
  put("main", "keep;", true);
  EXPECT_EQ(deliver(none), "CHANGED");
  auto first = state_of(active());
  EXPECT_EQ(deliver(first), "");
  put("main", "discard;");
  EXPECT_EQ(deliver(first), "CHANGED") << "a new text";
  auto second = state_of(active());
  put("other", "keep;");
  activate(2);
  EXPECT_EQ(deliver(second), "CHANGED") << "another script";
  auto third = state_of(active());
  auto r = w.request();
  r.mutable_set_vacation()->mutable_vacation()->set_enabled(true);
  w.run(r);
  EXPECT_EQ(deliver(third), "CHANGED") << "a vacation response";
  auto last = state_of(active());
  EXPECT_EQ(deliver(last), "");
  last.set_epoch(last.epoch() + 1);
  EXPECT_EQ(deliver(last), "CHANGED") << "another account of this number";
}

TEST_P(ScriptsTest, NamesAreUnique) {
  auto a = put("a", "keep;").script_put().id(), b = put("b", "keep;").script_put().id();
  EXPECT_EQ(code(rename(a, "b")), "EXISTS");
  EXPECT_EQ(code(rename(a, "a")), "") << "its own";
  EXPECT_EQ(code(rename(a, "x/y")), "INVALID");
  EXPECT_EQ(code(rename(77, "c")), "NOT_FOUND");
  EXPECT_EQ(code(rename(a, "c")), "");
  EXPECT_EQ(names(), "b c ");
  auto r = w.request();
  r.mutable_put_script()->set_name("b");
  r.mutable_put_script()->set_text("x");
  r.mutable_put_script()->set_must_be_new(true);
  EXPECT_EQ(code(w.run(r)), "EXISTS");
  EXPECT_EQ(code(remove(b)), "");
  EXPECT_EQ(code(remove(b)), "NOT_FOUND");
  EXPECT_EQ(put("b", "keep;").script_put().id(), 3u) << "an id is never used again";
}

TEST_P(ScriptsTest, TheActiveOneStays) {
  auto a = put("a", "keep;", true).script_put().id();
  EXPECT_EQ(code(remove(a)), "ACTIVE");
  EXPECT_EQ(code(activate(9)), "NOT_FOUND");
  rename(a, "z");
  EXPECT_EQ(names(), "z* ");
  auto before = w.info().modseq();
  EXPECT_EQ(code(activate(a)), "");
  EXPECT_EQ(w.info().modseq(), before) << "nothing had to change";
  EXPECT_EQ(code(activate(0)), "");
  EXPECT_EQ(code(remove(a)), "");
  EXPECT_EQ(names(), "");
}

TEST_P(ScriptsTest, EveryChangeIsSeenByWatchersAndByTheState) {
  auto state = w.info().script_modseq();
  w.changed.clear();
  auto a = put("a", "keep;").script_put();
  EXPECT_EQ(w.info().script_modseq(), a.modseq());
  EXPECT_GT(a.modseq(), state);
  ASSERT_EQ(w.changed.size(), 1u);
  EXPECT_EQ(w.changed[0].modseq, a.modseq());
  activate(a.id());
  EXPECT_GT(w.info().script_modseq(), a.modseq());
  EXPECT_EQ(w.info().email_modseq(), w.info().email_modseq());
  auto r = w.request();
  r.mutable_set_vacation()->mutable_vacation()->set_enabled(true);
  auto scripts = w.info().script_modseq();
  w.run(r);
  EXPECT_EQ(w.info().script_modseq(), scripts);
  EXPECT_EQ(w.info().vacation_modseq(), w.info().modseq());
  EXPECT_TRUE(w.check().empty());
}

TEST_P(ScriptsTest, Quota) {
  w.options.max_scripts = 2;
  w.options.max_script_bytes = 10;
  w.reopen();
  EXPECT_EQ(code(put("a", "12345678901")), "OVER_QUOTA");
  EXPECT_EQ(code(put("a", "1234567890")), "");
  EXPECT_EQ(code(put("b", "")), "");
  EXPECT_EQ(code(put("c", "")), "OVER_QUOTA");
  EXPECT_EQ(code(put("b", "1")), "OVER_QUOTA");
  EXPECT_EQ(code(put("a", "123456789")), "");
  EXPECT_EQ(code(put("b", "1")), "");
  EXPECT_EQ(list().max_scripts(), 2u);
  EXPECT_EQ(list().max_bytes(), 10u);
}

TEST_P(ScriptsTest, SizesAtTheLimit) {
  EXPECT_EQ(code(put("a", std::string(model::kMaxScriptBytes, '#'))), "");
  EXPECT_EQ(code(put("a", std::string(model::kMaxScriptBytes + 1, '#'))), "LIMIT");
  EXPECT_EQ(active().scripts_size(), 0);
  auto r = w.request();
  r.mutable_set_vacation()->mutable_vacation()->set_text(std::string(kMaxVacationBytes, 'x'));
  EXPECT_EQ(code(w.run(r)), "LIMIT");
  r.mutable_set_vacation()->mutable_vacation()->set_text(std::string(kMaxVacationBytes - 10, 'x'));
  EXPECT_EQ(code(w.run(r)), "");
  r.mutable_set_vacation()->mutable_vacation()->set_text(std::string("a\0b", 3));
  EXPECT_EQ(code(w.run(r)), "INVALID");
}

TEST_P(ScriptsTest, VacationIsKept) {
  auto r = w.request();
  auto& v = *r.mutable_set_vacation()->mutable_vacation();
  v.set_enabled(true);
  v.set_from(1'800'000'000);
  v.set_subject("");
  v.set_text("away \";stop;\r\n.\r\n");
  EXPECT_EQ(code(w.run(r)), "");
  w.reopen();
  auto got = active().vacation();
  EXPECT_EQ(got.SerializeAsString(), v.SerializeAsString());
  EXPECT_TRUE(got.has_subject());
  EXPECT_FALSE(got.has_to());
}

TEST_P(ScriptsTest, MarksEndAtTheirTime) {
  EXPECT_EQ(take({{"a", w.now + 100}, {"b", w.now + 50}}), (std::vector<bool>{false, false}));
  auto before = w.info().modseq();
  EXPECT_TRUE(seen("a"));
  EXPECT_FALSE(seen("c"));
  w.now += 49;
  EXPECT_EQ(take({{"b", w.now + 100}}, true), std::vector<bool>{true}) << "keeps its time";
  EXPECT_EQ(w.info().modseq(), before) << "no client sees a mark";
  w.now += 1;
  EXPECT_FALSE(seen("b"));
  EXPECT_TRUE(seen("a"));
  EXPECT_EQ(take({{"a", w.now + 1'000}}), std::vector<bool>{true}) << "a new time";
  w.now += 60;
  EXPECT_TRUE(seen("a"));
  EXPECT_EQ(rows('K'), 2u);
  w.reopen();
  w.work_all();
  EXPECT_EQ(rows('K'), 1u);
  EXPECT_EQ(rows('O'), 1u);
  EXPECT_TRUE(w.check().empty());
  EXPECT_EQ(take({{"d", w.now}}), std::vector<bool>{false});
  EXPECT_FALSE(seen("d")) << "its time is now";
}

TEST_P(ScriptsTest, MarksAskedFor) {
  auto r = w.request();
  r.mutable_get_marks()->add_ids("short");
  EXPECT_EQ(code(w.run(r)), "INVALID");
  r.mutable_get_marks()->clear_ids();
  for (int i = 0; i < kMaxMarksAsked; ++i) r.mutable_get_marks()->add_ids(mark(std::to_string(i)));
  EXPECT_EQ(w.run(r).marks().found_size(), kMaxMarksAsked);
  r.mutable_get_marks()->add_ids(mark("more"));
  EXPECT_EQ(code(w.run(r)), "LIMIT");
  r = w.request();
  for (int i = 0; i <= kMaxMarksAsked; ++i) r.mutable_take_marks()->add_marks()->set_id(mark(std::to_string(i)));
  EXPECT_EQ(code(w.run(r)), "LIMIT");
}

TEST_P(ScriptsTest, FsckMendsScripts) {
  auto a = put("a", "keep;", true).script_put().id(), b = put("b", "stop;").script_put().id();
  EXPECT_TRUE(w.check().empty());
  damage(keys::script(b));
  mend("script");
  EXPECT_EQ(names(), "a* recovered-2 ") << "a text without a name gets one";
  damage(keys::script_text(a));
  mend("script");
  EXPECT_EQ(names(), "recovered-2 ") << "a name without a text goes, and is active no more";
  kv::Batch batch;
  records::Script s;
  s.set_id(9);
  s.set_name("nine");
  batch.put(keys::script(9), s.SerializeAsString());
  batch.put(keys::script_text(9), "");
  ASSERT_TRUE(w.engine->commit(1, batch));
  w.reopen();
  mend("script");
  EXPECT_EQ(put("new", "keep;").script_put().id(), 10u);
}

TEST_P(ScriptsTest, FsckMendsMarks) {
  take({{"a", w.now + 100}, {"b", w.now + 100}, {"c", w.now + 100}});
  kv::Batch batch;
  batch.del(keys::mark_end(static_cast<std::uint64_t>(w.now) + 100, mark("a")));
  batch.del(keys::mark(mark("b")));
  ASSERT_TRUE(w.engine->commit(1, batch));
  w.reopen();
  mend("mark");
  damage(keys::mark(mark("c")));
  mend("mark");
  EXPECT_EQ(rows('K'), 1u);
  EXPECT_EQ(rows('O'), 1u);
}

TEST_P(ScriptsTest, DeletedAccountsTakeTheirsAlong) {
  put("a", "keep;", true);
  take({{"a", w.now + 10'000'000}});
  stored::Request r;
  r.mutable_delete_account()->set_account(1);
  EXPECT_EQ(code(w.run(r, World::admin())), "");
  w.now += w.options.keep_deleted + 86'400;
  w.reopen();
  w.work_all();
  for (char kind : std::string("SCKO")) EXPECT_EQ(rows(kind), 0u) << kind;
}

TEST(Scripts, LoadedAsTheyWere) {
  World a, b;
  auto r = a.request();
  r.mutable_put_script()->set_name("main");
  r.mutable_put_script()->set_text("keep;");
  r.mutable_put_script()->set_activate(true);
  a.run(r);
  r = a.request();
  r.mutable_get_account();
  auto account = a.run(r, World::admin()).account().record();
  r = a.request();
  r.mutable_get_scripts()->set_active(true);
  r.mutable_get_scripts()->set_text(true);
  auto script = a.run(r).scripts();
  auto load = [&](bool with_script) {
    auto l = b.request();
    auto& begin = *l.mutable_load_account();
    begin.set_begin(true);
    *begin.mutable_account() = account;
    for (auto& m : a.mailboxes()) *begin.add_mailboxes() = m;
    if (with_script) {
      *begin.add_scripts()->mutable_script() = script.scripts(0);
      begin.mutable_scripts(0)->set_text(script.text());
      begin.mutable_vacation()->set_enabled(true);
    }
    EXPECT_EQ(code(b.run(l, World::admin())), "");
    l = b.request();
    l.mutable_load_account()->set_finish(true);
    return code(b.run(l, World::admin()));
  };
  EXPECT_EQ(load(false), "INVALID") << "the active script is not there";
  EXPECT_EQ(load(true), "");
  r = b.request();
  r.mutable_get_scripts()->set_active(true);
  r.mutable_get_scripts()->set_text(true);
  auto loaded = b.run(r).scripts();
  EXPECT_EQ(loaded.scripts(0).SerializeAsString(), script.scripts(0).SerializeAsString());
  EXPECT_EQ(loaded.text(), "keep;");
  EXPECT_TRUE(b.check().empty());
}

}  // namespace
}  // namespace postern::store
