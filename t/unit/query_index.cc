// What an index says of the conditions of a filter never changes an answer: random filters, with hints of a real index that
// holds some messages whole, some in part and some not at all, agree with the obvious evaluator.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <map>

#include "client/search_client.h"
#include "index/extract.h"
#include "index/question.h"
#include "index/writer.h"
#include "query/ask_index.h"
#include "query/limits.h"
#include "query_world.h"

namespace {

using namespace postern;
using namespace postern::query_world;

constexpr std::uint64_t kCovered = 60;

struct Folder {
  std::string path;
  Folder() {
    char name[] = "/tmp/postern-query-index-XXXXXX";
    path = std::string(::mkdtemp(name)) + "/1";
  }
  ~Folder() { std::filesystem::remove_all(std::filesystem::path(path).parent_path()); }
};

// What searchd does with a request.
search::Answer ask(index::Reader& reader, const std::vector<LeafQuestion>& questions) {
  search::Answer out;
  out.set_covered(true);
  out.set_modseq(reader.covered().modseq);
  using How = index::Question::How;
  for (const LeafQuestion& q : questions) {
    How how = q.question.how() == search::Question::SUBSTRING ? How::substring : q.question.how() == search::Question::WORDS ? How::words : How::fuzzy;
    auto found = index::ask(reader, {how, static_cast<index::Fields>(q.question.fields()), q.question.text()});
    EXPECT_TRUE(found) << found.error().what;
    search::Found& f = *out.add_found();
    f.set_everything(found->everything);
    f.set_ids(client::pack_ids(found->ids));
    for (float w : found->weights) f.add_weights(w);
    f.set_decided(found->decided);
    f.set_open(client::pack_ids(found->open));
  }
  auto incomplete = reader.incomplete();
  EXPECT_TRUE(incomplete);
  out.set_incomplete(client::pack_ids(*incomplete));
  return out;
}

// Messages of which the even ones are in the index, some of them in part; rows above kCovered are newer than it.
struct Indexed {
  Folder folder;
  std::vector<Message> messages;
  std::unique_ptr<index::Reader> reader;

  Indexed(World& world, std::size_t n) {
    auto writer = index::Writer::open(folder.path);
    EXPECT_TRUE(writer) << writer.error().what;
    for (std::size_t i = 0; i < n; ++i) {
      messages.push_back(world.message());
      Message& m = messages.back();
      m.row.email = i + 1;
      bool is_new = i % 5 == 4;  // the index has heard nothing of it
      m.row.modseq = is_new ? kCovered + 1 + i : 1 + i % kCovered;
      if (is_new) continue;
      if (i % 7 == 6) {
        EXPECT_TRUE((*writer)->put_unread(m.row.email));
      } else {
        EXPECT_TRUE((*writer)->put(m.row.email, index::extract(m.raw), index::kNoLanguage));
      }
    }
    (*writer)->set_covered({1, kCovered});
    EXPECT_TRUE((*writer)->commit(false));
    auto opened = index::Reader::open(folder.path);
    EXPECT_TRUE(opened) << opened.error().what;
    reader = std::move(*opened);
  }
};

TEST(Hints, AgreeWithTheObviousEvaluator) {
  World world(41);
  Indexed all(world, 120);
  std::size_t decided = 0, by_columns = 0, asked = 0;
  for (int round = 0; round < 400; ++round) {
    Filter f;
    f.set_root(world.tree(f, 3));
    Filter raw = f;
    f.bind({7, kKeywords, 900'000});
    raw.take_binding(f);
    auto questions = questions_of(f);
    if (questions.empty()) continue;
    auto hints = hints_of(questions, ask(*all.reader, questions), {});
    ASSERT_TRUE(hints);
    Filter hinted = f;
    hinted.set_hints(hints);
    for (Message& m : all.messages) {
      m.row.places = m.places;
      m.row.flags_of_thread = &m.thread;
      bool wanted = obvious(raw, raw.root(), m);
      Truth t = evaluate(hinted, m.row, nullptr);
      ASSERT_TRUE(t == Truth::unknown || (t == Truth::yes) == wanted) << describe(raw, raw.root()) << "\n" << m.raw;
      if (!hints->possible(m.row.email, m.row.modseq)) ASSERT_FALSE(wanted) << describe(raw, raw.root()) << "\n" << m.raw;
      BodyMatcher matcher(f);
      matcher.feed(m.raw);
      for (auto r : matcher.finish()) matcher.header(std::string_view(m.raw).substr(r.begin, r.end - r.begin));
      std::vector<bool> hits = matcher.hits();
      Content content{Content::Header::whole, std::string_view(m.raw).substr(0, m.raw.find("\r\n\r\n") + 4), m.attachment, &hits};
      ASSERT_EQ(evaluate(hinted, m.row, &content) == Truth::yes, wanted) << describe(raw, raw.root()) << "\n" << m.raw;
      ++asked;
      decided += t != Truth::unknown;
      by_columns += evaluate(f, m.row, nullptr) != Truth::unknown;
    }
  }
  EXPECT_GT(decided, by_columns + asked / 10);  // they do say something
}

TEST(Hints, ACommonWordIsAnsweredWithoutALookAtTheText) {
  World world(17);
  Indexed all(world, 400);
  std::size_t yes = 0, open = 0;
  for (const char* needle : {"apple", "pple", "fig", "e", "date"}) {
    for (auto view : {Condition::View::source, Condition::View::reader}) {
      Filter f;
      f.set_root(f.add({.op = Op::body, .view = view, .text = needle}));
      f.bind({7, kKeywords, 0});
      auto questions = questions_of(f);
      auto hints = hints_of(questions, ask(*all.reader, questions), {});
      for (const Message& m : all.messages) {
        if (m.row.modseq > kCovered || (m.row.email - 1) % 7 == 6) continue;
        Truth t = hints->of(f.root(), m.row.email, m.row.modseq);
        yes += t == Truth::yes;
        open += t == Truth::unknown;
      }
    }
  }
  // Cut words, references, accents: these alone are looked at.
  EXPECT_GT(yes, 500u);
  EXPECT_LT(open, yes / 2);
  // Another collation compares other characters.
  Filter f;
  f.set_root(f.add({.op = Op::body, .text = "apple"}));
  f.bind({.account = 7, .keywords = kKeywords, .collation = mime::Collation::octet});
  auto questions = questions_of(f);
  auto hints = hints_of(questions, ask(*all.reader, questions), {});
  for (const Message& m : all.messages) EXPECT_NE(hints->of(f.root(), m.row.email, m.row.modseq), Truth::yes);
}

struct Needle {
  const char* text;
  Condition::Match match;
};

// Of one condition on the body.
std::shared_ptr<const Hints> hints_about(index::Reader& reader, Filter& f, Needle needle) {
  f.set_root(f.add({.op = Op::body, .match = needle.match, .text = needle.text}));
  f.bind({7, kKeywords, 0});
  auto questions = questions_of(f);
  return hints_of(questions, ask(reader, questions), {});
}

TEST(Hints, NewAndIncompleteMessagesAreNeverRuledOut) {
  World world(3);
  Indexed all(world, 40);
  Filter f;
  auto hints = hints_about(*all.reader, f, {"nowhere", Condition::Match::substring});
  ASSERT_TRUE(hints && hints->narrows());
  for (std::size_t i = 0; i < all.messages.size(); ++i) {
    const Row& r = all.messages[i].row;
    bool whole = i % 5 != 4 && i % 7 != 6;
    EXPECT_EQ(hints->of(f.root(), r.email, r.modseq), whole ? Truth::no : Truth::unknown) << i;
    EXPECT_EQ(hints->possible(r.email, r.modseq), !whole);
    // A flag that changed later makes it look new.
    EXPECT_EQ(hints->of(f.root(), r.email, kCovered + 1), Truth::unknown);
    // And \Deleted says nothing of how it is with the index.
    Row deleted = r;
    deleted.flags = model::kDeletedBit;
    Filter hinted = f;
    hinted.set_hints(hints);
    EXPECT_EQ(evaluate(hinted, deleted, nullptr), Truth::unknown);
  }
}

TEST(Hints, WordsAndStemsAreAnsweredByTheIndexAlone) {
  World world(3);
  Folder folder;
  auto writer = index::Writer::open(folder.path);
  ASSERT_TRUE(writer);
  const char* texts[] = {"The connection was lost again and again on Monday morning.", "We are connecting the houses to the network now, as I said.",
                         "Nothing of that sort is in this third one, I am afraid."};
  for (std::uint64_t i = 0; i < 3; ++i)
    ASSERT_TRUE((*writer)->put(i + 1, index::extract(std::string("Content-Language: en\r\nContent-Type: text/plain\r\n\r\n") + texts[i]), index::find_language("en")));
  (*writer)->set_covered({1, 5});
  ASSERT_TRUE((*writer)->commit(false));
  auto reader = index::Reader::open(folder.path);
  ASSERT_TRUE(reader);
  auto answers = [&](Needle n) {
    Filter f;
    auto hints = hints_about(**reader, f, n);
    std::string out;
    for (std::uint64_t e = 1; e <= 3; ++e) out += "ny?"[static_cast<int>(hints->of(f.root(), e, 1))];
    return out;
  };
  EXPECT_EQ(answers({"connect", Condition::Match::words}), "nnn");
  EXPECT_EQ(answers({"connection", Condition::Match::words}), "ynn");
  EXPECT_EQ(answers({"lost again", Condition::Match::words}), "ynn");
  EXPECT_EQ(answers({"again lost", Condition::Match::words}), "nnn");
  EXPECT_EQ(answers({"connect", Condition::Match::substring}), "yyn");
  EXPECT_EQ(answers({"lost again", Condition::Match::substring}), "?nn");
  EXPECT_EQ(answers({"connected", Condition::Match::fuzzy}), "yyn");
  Filter f;
  auto hints = hints_about(**reader, f, {"connection", Condition::Match::fuzzy});
  EXPECT_EQ(std::max(hints->relevance(1), hints->relevance(2)), 100u);
  EXPECT_EQ(hints->relevance(3), 1u);  // it was found by other means
}

TEST(Hints, SetsOfIds) {
  std::vector<std::uint64_t> small = {1, 63, 64, 1000}, large = {5, 1ull << 40};
  for (const auto& ids : {small, large}) {
    IdSet s(ids);
    for (std::uint64_t id : ids) {
      EXPECT_TRUE(s.has(id));
      EXPECT_FALSE(s.has(id + 1) && id != 63);
    }
    EXPECT_FALSE(s.has(0));
    auto back = client::unpack_ids(client::pack_ids(ids));
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, ids);
  }
  EXPECT_FALSE(IdSet().has(0));
  for (const char* bad : {"\x00", "\x05\x00", "\x80", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x01"}) {
    std::string bytes = bad[0] ? std::string(bad) : std::string(1, '\0');
    if (bytes == "\x05") bytes += '\0';
    EXPECT_FALSE(client::unpack_ids(bytes)) << bytes;
  }
}

TEST(Hints, AnswersThatMakeNoSenseSayNothing) {
  Filter f;
  f.set_root(f.add({.op = Op::body, .text = "x"}));
  f.bind({7, kKeywords, 0});
  auto questions = questions_of(f);
  search::Answer a;
  EXPECT_FALSE(hints_of(questions, a, {}));  // not covered
  a.set_covered(true);
  EXPECT_FALSE(hints_of(questions, a, {}));  // nothing found for a question
  a.add_found()->set_ids("\x05");
  EXPECT_TRUE(hints_of(questions, a, {}));
  a.mutable_found(0)->add_weights(1);
  a.mutable_found(0)->add_weights(1);
  EXPECT_FALSE(hints_of(questions, a, {}));  // more weights than ids
  a.mutable_found(0)->clear_weights();
  a.set_incomplete("\x80");
  EXPECT_FALSE(hints_of(questions, a, {}));
}

TEST(Hints, AtMostSoManyQuestions) {
  Filter f;
  std::int32_t root = f.add({});
  f.set_root(root);
  for (std::size_t i = 0; i <= client::kMaxQuestions; ++i) f.append_child(root, f.add({.op = Op::text, .text = "x"}));
  f.bind({7, kKeywords, 0});
  EXPECT_EQ(questions_of(f).size(), client::kMaxQuestions);
}

}  // namespace
