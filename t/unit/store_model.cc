// A random workload against a plain model of mailboxes, emails, rows and flags.  After each operation the
// answers are compared; now and then everything is: sheets, counts recomputed from the model, changes and
// deltas replayed by a client that only follows them.  For both engines, with restarts in between; with and without a
// mailbox that shows all mail, which comes, goes and is renamed.
#include <algorithm>
#include <array>
#include <random>
#include <set>

#include "store_test.h"
#include "store/keys.h"

namespace postern::store {
namespace {

constexpr std::uint64_t kWords = model::kFirstKeywordBit;

struct ModelRow {
  std::uint64_t email = 0;
  bool deleted = false;
};
struct ModelEmail {
  std::uint64_t thread = 0;
  std::uint64_t size = 0;
  std::set<std::string> keywords;   // "\\Seen" and so on, and keywords
};

struct Model {
  std::map<std::uint64_t, ModelEmail> emails;
  std::map<std::uint32_t, std::map<std::uint32_t, ModelRow>> boxes;
  // Deleted, and still to be had.
  std::map<std::uint64_t, ModelEmail> dead_emails;
  std::map<std::uint32_t, std::map<std::uint32_t, ModelRow>> dead_boxes;
  std::uint32_t trash = 0;
  std::uint32_t all = 0;   // the mailbox that shows all mail

  std::set<std::uint32_t> members(std::uint64_t email) const {
    std::set<std::uint32_t> out;
    for (auto& [box, rows] : boxes)
      for (auto& [uid, row] : rows)
        if (row.email == email && !row.deleted) out.insert(box);
    return out;
  }
  bool has_rows(std::uint64_t email) const {
    for (auto& [box, rows] : boxes)
      for (auto& [uid, row] : rows)
        if (row.email == email && box != all) return true;
    return false;
  }
  void drop_orphans() {
    std::erase_if(emails, [this](auto& e) {
      if (has_rows(e.first)) return false;
      dead_emails.insert(e);
      return true;
    });
    if (all) std::erase_if(boxes[all], [this](auto& row) { return !emails.contains(row.second.email); });
  }
  void drop_rows(std::uint64_t email) {
    for (auto& [_, rows] : boxes)
      std::erase_if(rows, [&](auto& row) { return row.second.email == email; });
    drop_orphans();
  }
  void revive(std::uint64_t email) {
    if (auto dead = dead_emails.extract(email)) emails.insert(std::move(dead));
  }
  bool unread(std::uint64_t email) const {
    auto& k = emails.at(email).keywords;
    return !k.contains("\\Seen") && !k.contains("\\Draft");
  }
};

struct Counts {
  std::uint32_t rows = 0, unseen_rows = 0, deleted_rows = 0, total_emails = 0, unread_emails = 0,
                total_threads = 0, unread_threads = 0;
  std::uint64_t bytes = 0;
  bool operator==(const Counts&) const = default;
};
std::ostream& operator<<(std::ostream& o, const Counts& c) {
  return o << c.rows << " rows, " << c.unseen_rows << " unseen, " << c.deleted_rows << " deleted, "
           << c.total_emails << " emails, " << c.unread_emails << " unread, " << c.total_threads
           << " threads, " << c.unread_threads << " unread threads, " << c.bytes << " bytes";
}

std::map<std::uint32_t, Counts> recount(const Model& m) {
  std::map<std::uint32_t, Counts> out;
  std::map<std::uint64_t, std::set<std::uint32_t>> members;
  for (auto& [id, _] : m.emails) members[id] = m.members(id);
  for (auto& [box, rows] : m.boxes) {
    Counts& c = out[box];
    std::set<std::uint64_t> threads;
    for (auto& [uid, row] : rows) {
      auto& e = m.emails.at(row.email);
      ++c.rows;
      c.bytes += e.size;
      c.unseen_rows += !e.keywords.contains("\\Seen");
      c.deleted_rows += row.deleted;
    }
    for (auto& [id, in] : members)
      if (in.contains(box)) {
        ++c.total_emails;
        c.unread_emails += m.unread(id);
        threads.insert(m.emails.at(id).thread);
      }
    c.total_threads = static_cast<std::uint32_t>(threads.size());
    for (std::uint64_t t : threads) {
      bool unread = false;
      for (auto& [id, in] : members) {
        if (m.emails.at(id).thread != t || !m.unread(id) || in.empty()) continue;
        auto elsewhere = in;
        elsewhere.erase(m.all);
        bool only_trash = elsewhere.size() == 1 && in.contains(m.trash);
        unread |= box == m.trash ? in.contains(m.trash) : !only_trash;
      }
      c.unread_threads += unread;
    }
  }
  return out;
}

// A client that never looks at the whole, but follows /changes and deltas.
struct Follower {
  std::uint64_t email_state = 0, thread_state = 0, mailbox_state = 0;
  std::set<std::uint64_t> emails, threads, mailboxes;
  // What it last read of each: an object that changed and was not told of differs from it.
  std::map<std::uint64_t, std::string> email_seen, mailbox_seen;
  std::map<std::uint32_t, std::uint64_t> modseq;
  std::map<std::uint32_t, std::map<std::uint32_t, model::Flags>> rows;
};

class Workload {
 public:
  Workload(bool berkeley, unsigned seed, bool all) : w(berkeley), with_all_(all), random_(seed) {
    if (with_all_) {
      w.options.all_mail = "All Mail";
      w.options.keep_changes = 100 * 365 * 86'400ll;   // the work behind must not forget what the follower has not asked for
      w.reopen();
    }
    for (auto& m : w.mailboxes()) {
      if (m.role() == "trash") model.trash = m.id();
      if (m.all()) model.all = m.id();
      model.boxes[m.id()];
    }
  }

  void forget_dead() {
    model.dead_emails.clear();
    model.dead_boxes.clear();
  }

  void step() {
    one_step();
    if (model.all && !testing::Test::HasFatalFailure()) show_all();
  }
  void compare();
  void follow();

  World w;
  Model model;
  Follower follower;

 private:
  void one_step() {
    switch (pick(16)) {
      case 0: case 1: case 2: return add();
      case 3: case 4: case 5: return flags();
      case 6: return copy(false);
      case 7: return copy(true);
      case 8: return expunge();
      case 9: case 10: return update();
      case 11: return pick(4) ? flags() : create();
      case 12: return pick(6) ? add() : remove();
      case 13: return undelete_email();
      case 14: return undelete_box();
      default: return with_all_ && pick(3) == 0 ? configure() : w.reopen();
    }
  }

  // Each email has one row in the mailbox that shows all mail: it keeps the one it had, or a new one has come.
  void show_all() {
    auto& rows = model.boxes[model.all];
    std::set<std::uint64_t> have;
    for (auto& [_, row] : rows) have.insert(row.email);
    std::uint32_t last = rows.empty() ? 0 : rows.rbegin()->first;
    auto sheet = w.sheet(model.all);
    for (std::size_t i = 0; i < sheet->size(); ++i) {
      auto r = sheet->row(i);
      if (rows.contains(r.uid)) continue;
      ASSERT_GT(r.uid, last);
      ASSERT_TRUE(model.emails.contains(r.email));
      ASSERT_TRUE(have.insert(r.email).second) << "twice";
      rows[r.uid] = {r.email, false};
    }
    for (auto& [id, _] : model.emails) ASSERT_TRUE(have.contains(id)) << "email " << id;
  }

  // Another name for it, or none.
  void configure() {
    w.options.all_mail = std::array{"All Mail", "Everything", ""}[pick(3)];
    w.reopen();
    w.info();
    w.work_all();
    auto all = w.info().all_mail();
    ASSERT_EQ(all != 0, !w.options.all_mail.empty());
    if (all) ASSERT_EQ(w.mailbox(all).name(), w.options.all_mail);
    if (all == model.all) return;
    model.boxes.erase(model.all);
    follower.rows.erase(model.all);
    follower.modseq.erase(model.all);
    model.all = all;
    if (all) model.boxes[all];
  }

  std::uint32_t pick(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }
  std::uint32_t any_box() {
    auto it = model.boxes.begin();
    std::advance(it, pick(static_cast<std::uint32_t>(model.boxes.size())));
    return it->first;
  }
  std::vector<std::uint32_t> any_ranges(std::uint32_t box) {
    std::vector<std::uint32_t> uids;
    for (auto& [uid, _] : model.boxes[box]) uids.push_back(uid);
    if (uids.empty()) return {1, 1};
    if (pick(6) == 0) return {1, UINT32_MAX};
    std::vector<std::uint32_t> out;
    for (std::uint32_t n = 1 + pick(3); n-- > 0;) {
      std::uint32_t a = uids[pick(static_cast<std::uint32_t>(uids.size()))], b = a + pick(4);
      out.push_back(a);
      out.push_back(b);
    }
    return out;
  }
  static bool in(const std::vector<std::uint32_t>& ranges, std::uint32_t uid) {
    for (std::size_t i = 0; i < ranges.size(); i += 2)
      if (uid >= ranges[i] && uid <= ranges[i + 1]) return true;
    return false;
  }
  std::vector<std::string> any_flags(bool deleted) {
    static const std::vector<std::string> all = {"\\Seen", "\\Flagged", "\\Draft",
                                                 "word",   "other",     "\\Deleted"};
    std::vector<std::string> out;
    for (auto& f : all)
      if ((deleted || f != "\\Deleted") && pick(3) == 0) out.push_back(f);
    return out;
  }

  void add() {
    std::string body = "message " + std::to_string(pick(50));
    std::string id = "id" + std::to_string(pick(40)), other = pick(2) ? "id" + std::to_string(pick(40)) : "";
    auto r = w.request();
    *r.mutable_add_emails() = World::message(body, pick(3) ? "Re: topic" : "else", id, other);
    auto& t = *r.mutable_add_emails()->add_targets();
    t.set_account(1);
    std::set<std::uint32_t> boxes = {any_box()};
    if (pick(4) == 0) boxes.insert(any_box());
    for (auto b : boxes) t.add_mailboxes(b);
    auto keywords = any_flags(false);
    for (auto& k : keywords) t.add_keywords(k);
    t.set_deleted(pick(10) == 0);
    auto reply = w.run(r);
    if (model.all && boxes == std::set{model.all}) {
      ASSERT_EQ(reply.added().results(0).error().code(), "CANNOT");
      return;
    }
    ASSERT_FALSE(reply.added().results(0).has_error()) << reply.added().results(0).error().what();
    auto& one = reply.added().results(0);
    model.emails[one.email()] = {one.thread(), body.size(), {keywords.begin(), keywords.end()}};
    for (auto& p : one.places()) model.boxes[p.mailbox()][p.uid()] = {one.email(), t.deleted()};
  }

  void flags() {
    std::uint32_t box = any_box();
    auto ranges = any_ranges(box);
    auto mode = static_cast<stored::StoreFlags::Mode>(pick(3));
    auto names = any_flags(true);
    auto reply = w.store_flags(box, ranges, mode, names);
    ASSERT_EQ(code(reply), "");
    for (auto& [uid, row] : model.boxes[box]) {
      if (!in(ranges, uid)) continue;
      auto& k = model.emails[row.email].keywords;
      if (mode == stored::StoreFlags::REPLACE) k.clear(), row.deleted = false;
      for (auto& n : names) {
        if (n == "\\Deleted")
          row.deleted = mode != stored::StoreFlags::REMOVE;
        else if (mode == stored::StoreFlags::REMOVE)
          k.erase(n);
        else
          k.insert(n);
      }
    }
  }

  void copy(bool move) {
    std::uint32_t from = any_box(), to = any_box();
    auto ranges = any_ranges(from);
    if (model.boxes[to].size() > 300) return;
    auto reply = w.copy(from, ranges, to, move);
    if (code(reply) == "LIMIT") return;
    bool cannot = model.all && (to == model.all || (move && from == model.all));
    ASSERT_EQ(code(reply), cannot ? "CANNOT" : "");
    if (cannot) return;
    auto& c = reply.copied();
    std::vector<std::uint32_t> expected;
    for (auto& [uid, _] : model.boxes[from])
      if (in(ranges, uid)) expected.push_back(uid);
    ASSERT_EQ(expected, std::vector<std::uint32_t>(c.from_uids().begin(), c.from_uids().end()));
    for (int i = 0; i < c.from_uids_size(); ++i) {
      ModelRow row = model.boxes[from].at(c.from_uids(i));
      if (move) model.boxes[from].erase(c.from_uids(i));
      ASSERT_FALSE(model.boxes[to].contains(c.to_uids(i)));
      model.boxes[to][c.to_uids(i)] = row;
    }
  }

  void expunge() {
    std::uint32_t box = any_box();
    auto reply = w.expunge(box);
    ASSERT_EQ(code(reply), "");
    std::vector<std::uint32_t> expected;
    for (auto& [uid, row] : model.boxes[box])
      if (row.deleted) expected.push_back(uid);
    auto& got = reply.expunged().uids();
    ASSERT_EQ(expected, std::vector<std::uint32_t>(got.begin(), got.end()));
    std::set<std::uint64_t> everywhere;   // what leaves the mailbox that shows all mail
    for (auto uid : expected) {
      if (box == model.all) everywhere.insert(model.boxes[box][uid].email);
      model.boxes[box].erase(uid);
    }
    for (auto email : everywhere) model.drop_rows(email);
    model.drop_orphans();
  }

  void update() {
    if (model.emails.empty()) return;
    auto it = model.emails.begin();
    std::advance(it, pick(static_cast<std::uint32_t>(model.emails.size())));
    std::uint64_t id = it->first;
    auto before = model.members(id);
    auto r = w.request();
    auto& u = *r.mutable_update_emails()->add_updates();
    u.set_id(id);
    bool destroy = pick(8) == 0;
    std::set<std::uint32_t> after = before;
    std::string refused;
    after.erase(model.all);
    if (destroy) {
      u.set_destroy(true);
    } else if (pick(2)) {
      auto names = any_flags(false);
      u.set_set_keywords(true);
      for (auto& n : names) u.add_keywords(n);
      if (!before.empty()) it->second.keywords = {names.begin(), names.end()};
    } else {
      std::uint32_t a = any_box(), b = any_box();
      u.add_add_mailboxes(a);
      if (!model.all || a != model.all) after.insert(a);
      if (b != a) u.add_remove_mailboxes(b), after.erase(b);
      if (after.empty() || (model.all && b == model.all && b != a)) refused = "INVALID";
    }
    auto reply = w.run(r);
    ASSERT_EQ(code(reply), "");
    ASSERT_EQ(reply.updated().errors(0).code(), before.empty() ? "NOT_FOUND" : refused);
    if (before.empty() || !refused.empty()) return;
    if (destroy) return model.drop_rows(id);
    for (auto box : before)
      if (!after.contains(box) && (!model.all || box != model.all))
        std::erase_if(model.boxes[box], [&](auto& row) { return row.second.email == id; });
    for (auto box : after)
      if (!before.contains(box)) model.boxes[box][w.mailbox(box).uidnext() - 1] = {id, false};
  }

  void create() {
    auto r = w.request();
    r.mutable_create_mailbox()->add_path("box" + std::to_string(pick(6)));
    r.mutable_create_mailbox()->set_may_exist(true);
    auto reply = w.run(r);
    ASSERT_EQ(code(reply), "");
    model.boxes[reply.created().id()];
  }

  void remove() {
    std::uint32_t box = any_box();
    auto r = w.request();
    r.mutable_delete_mailbox()->set_id(box);
    if (!w.mailbox(box).role().empty()) return;
    ASSERT_EQ(code(w.run(r)), "");
    model.dead_boxes.insert(model.boxes.extract(box));
    model.drop_orphans();
    follower.rows.erase(box);
    follower.modseq.erase(box);
  }

  void undelete_email() {
    if (model.dead_emails.empty()) return;
    auto it = model.dead_emails.begin();
    std::advance(it, pick(static_cast<std::uint32_t>(model.dead_emails.size())));
    std::uint64_t id = it->first;
    std::uint32_t to = any_box();
    auto r = w.request();
    r.mutable_undelete()->add_emails(id);
    r.mutable_undelete()->set_to(to);
    auto reply = w.run(r);
    bool cannot = model.all && to == model.all;
    ASSERT_EQ(code(reply), cannot ? "CANNOT" : "");
    if (cannot) return;
    ASSERT_EQ(reply.undeleted().places(0).mailbox(), to);
    std::uint32_t uid = reply.undeleted().places(0).uid();
    ASSERT_FALSE(model.boxes[to].contains(uid));
    model.revive(id);
    model.boxes[to][uid] = {id, false};
  }

  void undelete_box() {
    if (model.dead_boxes.empty()) return;
    auto it = model.dead_boxes.begin();
    std::advance(it, pick(static_cast<std::uint32_t>(model.dead_boxes.size())));
    auto r = w.request();
    r.mutable_undelete()->set_mailbox(it->first);
    auto reply = w.run(r);
    ASSERT_EQ(code(reply), "");
    ASSERT_EQ(reply.undeleted().emails(), it->second.size());
    auto& rows = model.boxes[reply.undeleted().mailbox()];
    std::uint32_t uid = 0;
    for (auto& [_, row] : it->second) {
      model.revive(row.email);
      rows[++uid] = {row.email, false};
    }
    model.dead_boxes.erase(it);
  }

  bool with_all_;
  std::mt19937 random_;
};

model::Flags bits(const std::set<std::string>& keywords, const stored::AccountInfo& info) {
  model::Flags f;
  for (auto& k : keywords) {
    if (auto bit = model::system_flag(k)) {
      f = f | model::Flags::bit(*bit);
      continue;
    }
    for (int i = 0; i < info.keywords_size(); ++i)
      if (info.keywords(i) == k) f = f | model::Flags::bit(static_cast<int>(kWords) + i);
  }
  return f;
}

void Workload::compare() {
  // A healthy account: whatever was done to it, fsck finds nothing.
  for (std::uint64_t account : {1, 0})
    for (auto& f : w.check(false, account)) FAIL() << f.kind() << ", " << f.key() << ": " << f.what();
  auto counts = recount(model);
  auto info = w.info();
  std::uint64_t used = 0;
  for (auto& [_, e] : model.emails) used += e.size;
  ASSERT_EQ(info.used_bytes(), used);
  ASSERT_EQ(info.used_emails(), model.emails.size());
  std::set<std::uint32_t> seen;
  for (auto& m : w.mailboxes()) {
    seen.insert(m.id());
    ASSERT_TRUE(counts.contains(m.id()));
    Counts c{m.rows(),          m.unseen_rows(),   m.deleted_rows(),   m.total_emails(),
             m.unread_emails(), m.total_threads(), m.unread_threads(), m.bytes()};
    ASSERT_EQ(c, counts[m.id()]) << m.name();
    auto sheet = w.sheet(m.id());
    auto& rows = model.boxes[m.id()];
    ASSERT_EQ(sheet->size(), rows.size());
    std::size_t i = 0;
    for (auto& [uid, row] : rows) {
      auto r = sheet->row(i++);
      ASSERT_EQ(r.uid, uid);
      ASSERT_EQ(r.email, row.email);
      auto f = bits(model.emails[row.email].keywords, info);
      ASSERT_EQ(r.flags, row.deleted ? f | model::kDeletedBit : f);
      ASSERT_EQ(r.thread, model.emails[row.email].thread);
      ASSERT_LE(r.modseq, m.modseq());
      ASSERT_LT(uid, m.uidnext());
    }
  }
  ASSERT_EQ(seen.size(), model.boxes.size());
  auto all = w.sheet(0);
  std::size_t visible = 0;
  for (auto& [id, e] : model.emails) {
    auto in = model.members(id);
    if (in.empty()) continue;
    ++visible;
    std::size_t at = all->find_email(id);
    ASSERT_LT(at, all->size());
    auto places = all->places(at);
    ASSERT_EQ(std::set<std::uint32_t>(places.begin(), places.end()), in);
    ASSERT_EQ(all->flags(at), bits(e.keywords, info));
  }
  ASSERT_EQ(all->size(), visible);
}

std::string describe(const Model& m, std::uint64_t email) {
  std::string out;
  for (auto& k : m.emails.at(email).keywords) out += k + " ";
  for (auto b : m.members(email)) out += std::to_string(b) + " ";
  return out;
}

std::string describe(const records::Mailbox& m) {
  return m.name() + " " + std::to_string(m.total_emails()) + " " + std::to_string(m.unread_emails()) + " " +
         std::to_string(m.total_threads()) + " " + std::to_string(m.unread_threads());
}

void Workload::follow() {
  std::mt19937 random(static_cast<unsigned>(follower.email_state));
  std::set<std::uint64_t> told;
  auto pull = [&](stored::GetChanges::Type type, std::uint64_t& state, std::set<std::uint64_t>& known) {
    told.clear();
    std::uint32_t offset = 0, max = random() % 3 ? 0 : 1 + random() % 5;
    for (int rounds = 0; rounds < 10'000; ++rounds) {
      auto reply = w.changes(type, state, max, offset);
      ASSERT_EQ(code(reply), "") << state;
      auto& c = reply.changes();
      if (max) ASSERT_LE(c.created_size() + c.updated_size() + c.destroyed_size(), static_cast<int>(max));
      for (auto id : c.created()) known.insert(id), told.insert(id);
      for (auto id : c.updated()) {
        ASSERT_TRUE(known.contains(id)) << "updated before it was created";
        told.insert(id);
      }
      for (auto id : c.destroyed()) known.erase(id);
      state = c.new_since();
      offset = c.new_offset();
      if (!c.has_more()) return;
    }
    FAIL() << "changes never end";
  };
  pull(stored::GetChanges::EMAIL, follower.email_state, follower.emails);
  for (auto id : told)
    if (follower.emails.contains(id) && model.emails.contains(id))
      follower.email_seen[id] = describe(model, id);
  for (auto id : follower.emails)
    if (model.emails.contains(id)) ASSERT_EQ(follower.email_seen[id], describe(model, id)) << "email " << id;
  pull(stored::GetChanges::MAILBOX, follower.mailbox_state, follower.mailboxes);
  std::set<std::uint64_t> boxes;
  for (auto& m : w.mailboxes()) {
    boxes.insert(m.id());
    if (told.contains(m.id())) follower.mailbox_seen[m.id()] = describe(m);
    ASSERT_EQ(follower.mailbox_seen[m.id()], describe(m));
  }
  ASSERT_EQ(follower.mailboxes, boxes);
  pull(stored::GetChanges::THREAD, follower.thread_state, follower.threads);
  std::set<std::uint64_t> emails, threads;
  for (auto& [id, e] : model.emails)
    if (!model.members(id).empty()) emails.insert(id), threads.insert(e.thread);
  ASSERT_EQ(follower.emails, emails);
  ASSERT_EQ(follower.threads, threads);
  auto info = w.info();
  for (auto& [box, rows] : model.boxes) {
    auto d = w.delta(box, follower.modseq[box]);
    auto& mine = follower.rows[box];
    for (auto uid : d.expunged()) mine.erase(uid);
    for (auto& r : d.rows()) mine[r.uid()] = {r.flags_lo(), r.flags_hi()};
    follower.modseq[box] = d.modseq();
    std::map<std::uint32_t, model::Flags> wanted;
    for (auto& [uid, row] : rows) {
      auto f = bits(model.emails[row.email].keywords, info);
      wanted[uid] = row.deleted ? f | model::kDeletedBit : f;
    }
    ASSERT_TRUE(mine == wanted) << "mailbox " << box;
  }
}

class StoreModel : public testing::TestWithParam<std::tuple<bool, unsigned, bool>> {};

TEST_P(StoreModel, RandomWorkload) {
  auto [berkeley, seed, all] = GetParam();
  Workload load(berkeley, seed, all);
  std::uint64_t modseq = 0;
  for (int i = 0; i < (berkeley ? 250 : 600); ++i) {
    load.w.now += i % 3;
    // F14: the clock is set back and forward, and passes 2038.
    if (i % 50 == 49) {
      std::int64_t jump = std::array<std::int64_t, 4>{-86'400, 172'800, -3'600, 400'000'000}[i / 50 % 4];
      load.w.now += jump;
      if (jump > 14 * 86'400) load.forget_dead();  // what was deleted before is no longer kept
    }
    load.step();
    ASSERT_FALSE(testing::Test::HasFatalFailure()) << "seed " << seed << " step " << i;
    auto now = load.w.info().modseq();
    ASSERT_GE(now, modseq);
    modseq = now;
    if (i % 10 == 0) load.compare();
    if (i % 17 == 0) load.follow();
    // A new process knows what the old one did, from its rows alone.
    if (i % 41 == 40) load.w.reopen();
    ASSERT_FALSE(testing::Test::HasFatalFailure()) << "seed " << seed << " step " << i;
  }
  load.compare();
  load.follow();
}

std::vector<std::tuple<bool, unsigned, bool>> runs() {
  std::vector<std::tuple<bool, unsigned, bool>> out;
  for (unsigned seed = 1; seed <= 12; ++seed) out.emplace_back(false, seed, false);
  for (unsigned seed = 101; seed <= 103; ++seed) out.emplace_back(true, seed, false);
  for (unsigned seed = 201; seed <= 210; ++seed) out.emplace_back(false, seed, true);
  for (unsigned seed = 301; seed <= 302; ++seed) out.emplace_back(true, seed, true);
  return out;
}
std::string name_of(const testing::TestParamInfo<StoreModel::ParamType>& p) {
  auto [berkeley, seed, all] = p.param;
  return (berkeley ? "berkeley" : "memory") + std::to_string(seed) + (all ? "all" : "");
}
INSTANTIATE_TEST_SUITE_P(Seeds, StoreModel, testing::ValuesIn(runs()), name_of);

}  // namespace
}  // namespace postern::store
