// What is written is found: words, phrases, prefixes, negation, substrings; and what happens to an index.
#include "index/reader.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xapian.h>

#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "base/system.h"
#include "index/limits.h"
#include "index/order.h"
#include "index/writer.h"
#include "index_word_pairs.h"

namespace {

using namespace postern;
using namespace postern::index;
using Kind = Query::Kind;

class Index : public ::testing::Test {
 protected:
  void SetUp() override {
    dir_ = std::filesystem::temp_directory_path() / ("postern-index-" + base::random_token(8));
    folder_ = folder_of(dir_, 7);
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  void open() {
    auto w = Writer::open(folder_);
    ASSERT_TRUE(w) << w.error().what;
    writer_ = std::move(*w);
  }
  void put(std::uint64_t email, std::string_view message) {
    if (!writer_) open();
    auto ok = writer_->put(email, extract(message), find_language("en"));
    ASSERT_TRUE(ok) << ok.error().what;
  }
  // "Subject: SUBJECT", and a body.
  void put(std::uint64_t email, std::string_view subject, std::string_view body) {
    put(email, "Subject: " + std::string(subject) + "\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + std::string(body));
  }
  void commit(bool sync = true) {
    writer_->set_covered({3, ++modseq_});
    auto ok = writer_->commit(sync);
    ASSERT_TRUE(ok) << ok.error().what;
  }
  Reader& reader() {
    if (!reader_) {
      auto r = Reader::open(folder_);
      EXPECT_TRUE(r) << r.error().what;
      reader_ = std::move(*r);
    }
    return *reader_;
  }
  std::string found(const Query& q) {
    auto ids = reader().search(q);
    if (!ids) return ids.error().code + ": " + ids.error().what;
    return list(*ids);
  }
  std::string words(std::string text, Fields fields = kReaderText) { return found({.kind = Kind::words, .fields = fields, .text = text}); }
  std::string stems(std::string text, std::string_view language = "") {
    return found({.kind = Kind::words, .stemmed = true, .language = find_language(language), .text = text});
  }
  std::string phrase(std::string text) { return found({.kind = Kind::phrase, .text = text}); }
  std::string prefix(std::string text) { return found({.kind = Kind::prefix, .text = text}); }
  std::string part(std::string_view needle, Fields fields = kTextSource) {
    auto c = reader().candidates(needle, fields);
    if (!c) return c.error().code;
    return c->everything ? "all" : list(c->ids);
  }
  static std::string list(const Ids& ids) {
    std::string out;
    for (auto id : ids) out += (out.empty() ? "" : " ") + std::to_string(id);
    return out;
  }
  std::string digest() {
    reader_.reset();
    auto d = reader().digest();
    reader_.reset();
    return d ? *d : d.error().what;
  }

  std::string dir_, folder_;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<Reader> reader_;
  std::uint64_t modseq_ = 0;
};

TEST_F(Index, Words) {
  put(1, "Budget meeting", "The cats are running.");
  put(5, "Holiday", "A cat runs; meetings bore it.");
  put(9, "Nothing", "東京都に行く, 京都にも");
  commit();
  EXPECT_EQ(words("meeting"), "1");
  EXPECT_EQ(words("CAT"), "5");
  EXPECT_EQ(stems("meeting"), "1 5");
  EXPECT_EQ(stems("cat run"), "1 5");
  EXPECT_EQ(stems("the cat"), "1 5");  // a stop word is passed over,
  EXPECT_EQ(stems("the"), "1");        // unless there is no other
  EXPECT_EQ(words("budget cats"), "");  // not in one field
  EXPECT_EQ(words("budget", bit(Field::body)), "");
  EXPECT_EQ(words("budget", bit(Field::subject)), "1");
  EXPECT_EQ(words("東京"), "9");
  EXPECT_EQ(words("京都"), "9");
  EXPECT_EQ(words("東"), "9");
  EXPECT_EQ(words("北京"), "");
  EXPECT_EQ(words("..."), "");
}

TEST_F(Index, Phrases) {
  put(1, "one", "please find the report attached");
  put(2, "two", "please report what you find; the end");
  put(3, "find", "the");
  put(4, "four", "東京都 の 京都市");
  commit();
  EXPECT_EQ(phrase("find the report"), "1");
  EXPECT_EQ(phrase("find the"), "1 2");
  EXPECT_EQ(phrase("report the"), "");
  EXPECT_EQ(phrase("find"), "1 2 3");
  EXPECT_EQ(phrase("京都市"), "4");
  EXPECT_EQ(phrase("都市"), "4");
  EXPECT_EQ(phrase("東京市"), "");
  EXPECT_EQ(phrase("の 京"), "4");
  EXPECT_EQ(phrase("の"), "4");
}

TEST_F(Index, PrefixesAndNegation) {
  put(1, "posting", "x");
  put(2, "postern", "y");
  put(3, "gate", "x");
  commit();
  EXPECT_EQ(prefix("post"), "1 2");
  EXPECT_EQ(prefix("poster"), "2");
  Query post{.kind = Kind::prefix, .text = "post"}, x{.kind = Kind::words, .text = "x"};
  EXPECT_EQ(found({.kind = Kind::none_of, .children = {post}}), "3");
  EXPECT_EQ(found({.kind = Kind::all_of, .children = {post, x}}), "1");
  EXPECT_EQ(found({.kind = Kind::any_of, .children = {post, x}}), "1 2 3");
  EXPECT_EQ(found({.kind = Kind::none_of, .children = {post, x}}), "");
  EXPECT_EQ(found({.kind = Kind::all_of}), "1 2 3");
  EXPECT_EQ(found({.kind = Kind::any_of}), "");
  EXPECT_EQ(found({.kind = Kind::none_of}), "1 2 3");
  EXPECT_EQ(found({}), "1 2 3");
}

TEST_F(Index, StemsInTheLanguageOfTheText) {
  put(1, "Content-Language: de\r\n\r\nDie alten Häuser");
  put(2, "Content-Language: fr\r\n\r\nLes réunions");
  put(3, "a", "Die Besprechung wurde auf Donnerstag verschoben, weil am Montag niemand in den Häusern war.");
  commit();
  EXPECT_EQ(stems("Haus", "de"), "1 3");
  EXPECT_EQ(stems("réunion", "fr"), "2");
  EXPECT_EQ(stems("reunion", "fr"), "2");
  EXPECT_EQ(stems("haus"), "1 3");      // of no language: those that the index has
  EXPECT_EQ(stems("reunion"), "2");
  auto info = reader().info();
  ASSERT_TRUE(info);
  ASSERT_EQ(info->languages.size(), 2u);
  EXPECT_EQ(name_of(info->languages[0]), "de");
}

TEST_F(Index, EachLanguagesFormsMeetAndItsExactWordsStay) {
  std::uint64_t n = 0;
  auto text = [](const WordPair& p, const char* word) {
    return "Content-Language: " + std::string(p.language) + "\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n(" + word + ")\r\n";
  };
  for (const WordPair& p : kWordPairs) {
    put(++n, text(p, p.one));
    put(++n, text(p, p.different));
  }
  commit();
  n = 0;
  for (const WordPair& p : kWordPairs) {
    std::string with_one = std::to_string(++n), with_different = std::to_string(++n);
    auto has = [](const std::string& ids, const std::string& id) { return (" " + ids + " ").contains(" " + id + " "); };
    for (const char* form : {p.one, p.other}) {
      EXPECT_TRUE(has(stems(form, p.language), with_one)) << p.language << " " << form;
      EXPECT_FALSE(has(stems(form, p.language), with_different)) << p.language << " " << form;
    }
    EXPECT_FALSE(has(stems(p.different, p.language), with_one)) << p.language;
    EXPECT_TRUE(has(words(p.one), with_one)) << p.language;      // as it stands
    EXPECT_FALSE(has(words(p.other), with_one)) << p.language;
    EXPECT_TRUE(has(phrase(p.one), with_one)) << p.language;
    EXPECT_FALSE(has(phrase(p.other), with_one)) << p.language;
  }
}

TEST_F(Index, AQuestionOfNoLanguageIsAskedInAFew) {
  const char* kinds[] = {"de", "fr", "it", "es", "nl"};  // most of the last
  static_assert(kMaxQueryLanguages == 4);
  for (std::uint64_t i = 0; i < 5; ++i)
    for (std::uint64_t n = 0; n <= i; ++n) put(i * 10 + n + 1, std::string("Content-Language: ") + kinds[i] + "\r\n\r\nHaus");
  commit();
  EXPECT_EQ(stems("Häusern"), "");
  EXPECT_NE(stems("Häusern", "de"), "");
  for (std::uint64_t n = 0; n < 5; ++n) put(100 + n, "Content-Language: de\r\n\r\nHaus");
  commit();
  reader_.reset();
  EXPECT_NE(stems("Häusern"), "");
}

TEST_F(Index, Fields) {
  put(1, "From: Ann <ann@a.example>\r\nTo: bob@b.example\r\nCc: cid@c.example\r\nBcc: dan@d.example\r\nX-Thing: eve\r\n"
         "Content-Type: application/x; name=\"ferry.bin\"\r\n\r\nbytes");
  commit();
  EXPECT_EQ(words("ann", bit(Field::from)), "1");
  EXPECT_EQ(words("ann", bit(Field::to)), "");
  EXPECT_EQ(words("bob", bit(Field::to)), "1");
  EXPECT_EQ(words("cid", bit(Field::cc)), "1");
  EXPECT_EQ(words("dan", bit(Field::bcc)), "1");
  EXPECT_EQ(words("eve", kAnyHeader), "1");
  EXPECT_EQ(words("ann", kAnyHeader), "1");
  EXPECT_EQ(words("eve"), "");
  EXPECT_EQ(words("ferry", bit(Field::attachment)), "1");
  EXPECT_EQ(words("ferry"), "1");
  EXPECT_EQ(words("bytes"), "");  // no text
}

TEST_F(Index, DocumentsAreFoundByTheirWords) {
  Document d = extract("Subject: x\r\n\r\nsee what is attached");
  ASSERT_TRUE(d.add({.field = Field::document, .text = "All Meetings of this quarter", .prose = true, .seen = kSeenByAll}));
  open();
  ASSERT_TRUE(writer_->put(1, d, find_language("en")));
  put(2, "Meetings", "quarter");
  commit();
  EXPECT_EQ(words("meetings"), "1 2");
  EXPECT_EQ(stems("meeting"), "1 2");
  EXPECT_EQ(phrase("this quarter"), "1");
  EXPECT_EQ(words("quarter", bit(Field::document)), "1");
  EXPECT_EQ(words("attached", bit(Field::document)), "");
  EXPECT_EQ(part("eeting"), "2");  // a part of the text, as IMAP has it: a document is none
  auto c = reader().candidates("uarte", kReaderText);
  ASSERT_TRUE(c);
  EXPECT_EQ(list(c->ids), "1 2");
  EXPECT_TRUE(c->decided);
  EXPECT_EQ(list(c->open), "");
}

TEST_F(Index, Substrings) {
  put(1, "Meeting", "overtaken by events");
  put(2, "x", "take it");
  put(3, "Content-Type: text/html\r\n\r\n<div class=\"takeaway\">food</div>");
  put(4, "From: mistake@example.org\r\n\r\nnone");
  put(5, "y", "たがい 京都市");
  put(6, "z", std::string(100, 'q') + "mid" + std::string(100, 'r'));
  commit();
  EXPECT_EQ(part("take"), "1 2 3 4");
  EXPECT_EQ(part("take", kBodySource), "1 2 3");
  EXPECT_EQ(part("take", bit(Field::body)), "1 2");
  EXPECT_EQ(part("take", bit(Field::from)), "4");
  EXPECT_EQ(part("aken by ev"), "1");
  EXPECT_EQ(part("taken b events"), "");
  EXPECT_EQ(part("took"), "");
  EXPECT_EQ(part("class=\"take"), "3");
  EXPECT_EQ(part("都市"), "5");
  EXPECT_EQ(part("都"), "5");
  EXPECT_EQ(part("たか"), "5");  // as the collation decomposes it
  EXPECT_EQ(part("qmidr"), "6");
  EXPECT_EQ(part(std::string(90, 'q') + "mid"), "6");
  EXPECT_EQ(part("subject: meet"), "1");
  EXPECT_EQ(part("--"), "all");
}

TEST_F(Index, SubstringsOfSeveralWordsStandSideBySide) {
  put(1, "find the report", "please report what you find");
  put(2, "report", "the, \r\n  find of reports");
  put(3, "Content-Type: text/html\r\n\r\n<p class=\"find the report\">the report<br>you <b>find</b></p>");
  put(4, "From: Bob <@relay.example,@hub.example:bob@b.example>\r\nX-Thing: find the report\r\n\r\n" + std::string(100, 'q') + " find\r\n");
  put(5, "x", "please " + std::string(100, 'r') + " find " + std::string(70, 's') + "t");
  put(6, "y", "\u6771\u4eac\u90fd find \u5e02\u5834 the");
  commit();
  EXPECT_EQ(part("ind the repo"), "1 3 4");
  EXPECT_EQ(part("ind the repo", kBodySource), "3");
  EXPECT_EQ(part("the find", kBodySource), "2");  // what stands between is for the text to say
  EXPECT_EQ(part("the find"), "2 4");              // of header fields the order is not known
  EXPECT_EQ(part("report find", kBodySource), "");
  EXPECT_EQ(part("find of rep"), "2");
  EXPECT_EQ(part("the report<br>yo"), "3");
  EXPECT_EQ(part("the report you"), "3");
  EXPECT_EQ(part("find you"), "");
  EXPECT_EQ(part("report br you b"), "3");  // br is a word of markup alone
  EXPECT_EQ(part("find the y"), "");
  EXPECT_EQ(part("p class=\"find"), "3");
  EXPECT_EQ(phrase("find the report"), "1");  // markup is no text
  EXPECT_EQ(part("subject: find"), "1");
  EXPECT_EQ(part("x-thing: find the"), "4");
  EXPECT_EQ(part("bob <bob@b"), "4");
  EXPECT_EQ(part("hub.example:bob@b"), "4");
  EXPECT_EQ(part("hub relay"), "");
  EXPECT_EQ(part("qqq find"), "4");
  EXPECT_EQ(part(std::string(80, 'r') + " find"), "5");
  EXPECT_EQ(part("please " + std::string(100, 'r') + " find s"), "5");
  EXPECT_EQ(part("please find"), "");
  EXPECT_EQ(part("find " + std::string(70, 's')), "5");
  EXPECT_EQ(phrase("please " + std::string(100, 'r') + " find"), "5");
  EXPECT_EQ(phrase("please " + std::string(99, 'r') + " find"), "");
  EXPECT_EQ(part("\u4eac\u90fd find \u5e02"), "6");
  EXPECT_EQ(part("\u6771\u4eac find"), "");
  EXPECT_EQ(part("find \u5e02\u5834 the"), "6");
  EXPECT_EQ(part("find \u5e02 the"), "");
}

TEST_F(Index, TheOrderOfTheFirstWordsCounts) {
  std::string needle;
  for (std::size_t i = 0; i < kMaxSteps; ++i) needle += "w" + std::to_string(i) + " ";
  put(1, "x", "one " + needle + "behind gap last");
  commit();
  EXPECT_EQ(part(needle + "behind"), "1");
  EXPECT_EQ(part("w2 w1"), "");
  EXPECT_EQ(part(needle.substr(0, needle.size() - 1)), "1");
  EXPECT_EQ(part(needle + "last"), "1");  // kMaxSteps and one: not looked at
  EXPECT_EQ(part(needle.substr(3) + "last"), "");
}

// Another word that the order calls by the same mark.
std::string double_of(const std::string& word) {
  for (std::size_t n = 0;; ++n)
    if (std::string other = "w" + std::to_string(n); mark_of("B" + other) == mark_of("B" + word)) return other;
}

TEST_F(Index, NeighboursWithTheSameMarksAreTold) {
  std::string find = double_of("find"), report = double_of("report");
  put(1, "x", find + " " + report + " and report, find");
  put(2, "x", find + " report, report " + find + " " + report);
  put(3, "x", "find report");
  commit();
  EXPECT_EQ(part("find report"), "3");
  EXPECT_EQ(phrase("find report"), "3");
  EXPECT_EQ(part(find + " report"), "2");
  EXPECT_EQ(phrase(find + " report"), "2");
  EXPECT_EQ(part(find + " " + report), "1 2");
  EXPECT_EQ(phrase(find + " " + report + " and"), "1");
  EXPECT_EQ(part("nd report, find"), "1");
}

TEST_F(Index, AnOrderThatIsDamaged) {
  put(1, "x", "some words to be found");
  put(2, "x", "other words");
  commit();
  writer_.reset();
  {
    Xapian::WritableDatabase db(folder_);
    auto d = db.get_document(1);
    d.set_data("no order");
    db.replace_document(1, d);
    db.commit();
  }
  EXPECT_EQ(part("other words"), "2");
  EXPECT_EQ(part("words to"), "REBUILD");
  EXPECT_EQ(phrase("words to").substr(0, 7), "REBUILD");
}

TEST_F(Index, TooManyWordsFit) {
  open();
  for (std::uint64_t i = 0; i < 3; ++i) {
    std::string body;
    for (std::size_t n = 0; n < 4'000; ++n) body += " w" + std::to_string(i * 4'000 + n);
    put(i + 1, "x", body);
  }
  commit();
  static_assert(kMaxExpansion == 10'000);
  EXPECT_EQ(part("w"), "all");
  EXPECT_EQ(part("w1199"), "1 3");
  EXPECT_TRUE(prefix("w").starts_with("LIMIT")) << prefix("w");
  EXPECT_EQ(prefix("w1199"), "1 3");
}

TEST_F(Index, QuestionsThatAreTooLarge) {
  put(1, "x", "y");
  commit();
  Query many{.kind = Kind::any_of};
  many.children.resize(kMaxQueryNodes - 1, {.kind = Kind::words, .text = "y"});
  EXPECT_EQ(found(many), "1");
  many.children.emplace_back();
  EXPECT_TRUE(found(many).starts_with("LIMIT"));
  Query deep;
  for (std::size_t i = 1; i < kMaxQueryDepth; ++i) deep = Query{.kind = Kind::all_of, .children = {deep}};
  EXPECT_EQ(found(deep), "1");
  EXPECT_TRUE(found({.kind = Kind::all_of, .children = {deep}}).starts_with("LIMIT"));
  EXPECT_EQ(words(std::string(kMaxQueryText, ' ')), "");
  EXPECT_TRUE(words(std::string(kMaxQueryText + 1, ' ')).starts_with("LIMIT"));
  std::string text;
  for (std::size_t i = 0; i < kMaxQueryWords; ++i) text += "y ";
  EXPECT_EQ(words(text + "z"), "1");  // the first kMaxQueryWords count
  EXPECT_EQ(phrase(text), "");
  for (std::size_t i = 0; i < 10'000; ++i) text += "y ";
  EXPECT_TRUE(phrase(text).starts_with("LIMIT"));
  EXPECT_EQ(words(std::string(kMaxQueryText, 'y')), "");
  EXPECT_EQ(words("\xff\xfe y \x80"), "1");
}

TEST_F(Index, Ranking) {
  put(1, "x", "apple apple apple");
  put(2, "x", "apple and many other words that make it longer than the first one by far");
  put(3, "x", "pear");
  commit();
  Query q{.kind = Kind::words, .stemmed = true, .text = "apples"};
  auto best = reader().rank(q, 10);
  ASSERT_TRUE(best);
  ASSERT_EQ(best->size(), 2u);
  EXPECT_EQ((*best)[0].email, 1u);
  EXPECT_GT((*best)[0].weight, (*best)[1].weight);
  EXPECT_EQ(reader().rank(q, 1)->size(), 1u);
  std::vector<std::uint64_t> among = {2, 3};
  auto some = reader().weigh(q, among);
  ASSERT_TRUE(some);
  ASSERT_EQ(some->size(), 1u);
  EXPECT_EQ((*some)[0].email, 2u);
}

TEST_F(Index, WhatIsMissingOrIncomplete) {
  put(2, "x", "y");
  ASSERT_TRUE(writer_->put_unread(4));
  put(6, "x", "y");
  ASSERT_TRUE(writer_->remove(6));
  ASSERT_TRUE(writer_->remove(99));
  commit();
  std::vector<std::uint64_t> asked = {1, 2, 3, 4, 5, 6, 5'000'000'000};
  EXPECT_EQ(list(*reader().missing(asked)), "1 3 5 6 5000000000");
  EXPECT_EQ(list(*reader().incomplete()), "4");
  EXPECT_EQ(list(*writer_->ids()), "2 4");
  EXPECT_EQ(reader().info()->incomplete, 1u);
  EXPECT_EQ(reader().covered().modseq, modseq_);
  EXPECT_EQ(reader().covered().epoch, 3u);
  EXPECT_EQ(words("y"), "2");
}

TEST_F(Index, LimitsOfOneMessage) {
  std::string body;
  for (std::size_t i = 0; i < kMaxTermsPerEmail + 10; ++i) body += "t" + std::to_string(i) + " ";
  put(1, "many", body);
  put(2, "long", std::string((kMaxPieces + 1) * kTermOverlap, 'l'));
  put(3, "longer", std::string((kMaxPieces + 1) * kTermOverlap + 1, 'l'));
  std::string again;
  for (std::size_t i = 0; i < kMaxPositions; ++i) again += "a ";
  put(4, "words", again);
  EXPECT_FALSE(writer_->put(0, {}, kNoLanguage));
  EXPECT_TRUE(writer_->put(kMaxEmail, {}, kNoLanguage));
  EXPECT_TRUE(writer_->remove(kMaxEmail));
  auto over = writer_->put(kMaxEmail + 1, {}, kNoLanguage);
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().code, "LIMIT");
  commit();
  EXPECT_EQ(list(*reader().incomplete()), "1 3 4");
  EXPECT_EQ(words("t0"), "1");
}

TEST_F(Index, ReadersSeeWholeCommits) {
  put(1, "one", "x");
  commit();
  ASSERT_EQ(words("x"), "1");
  put(2, "two", "x");
  EXPECT_FALSE(*reader().refresh());
  EXPECT_EQ(words("x"), "1");
  commit(false);
  EXPECT_EQ(words("x"), "1");  // its own revision still
  EXPECT_TRUE(*reader().refresh());
  EXPECT_EQ(words("x"), "1 2");
  EXPECT_EQ(part("tw"), "2");
  put(3, "three", "x");
  writer_.reset();  // not committed
  EXPECT_FALSE(*reader().refresh());
  open();
  EXPECT_EQ(list(*writer_->ids()), "1 2");
  EXPECT_EQ(writer_->covered().modseq, modseq_);
}

TEST_F(Index, AReaderThatWasOvertaken) {
  std::string body;
  for (int i = 0; i < 500; ++i) body += "w" + std::to_string(i) + " ";
  for (std::uint64_t i = 1; i < 20; ++i) put(i, "x", body);
  commit();
  ASSERT_EQ(words("w7").substr(0, 3), "1 2");
  std::string code;
  for (int round = 0; round < 6 && code.empty(); ++round) {
    for (std::uint64_t i = 1; i < 20; ++i) put(i, "x", body + std::to_string(round));
    commit(false);
    for (int i = 0; i < 500 && code.empty(); ++i) {
      auto r = reader().search({.kind = Kind::words, .text = "w" + std::to_string(i)});
      if (!r) code = r.error().code;
    }
  }
  EXPECT_EQ(code, "MODIFIED");
  ASSERT_TRUE(*reader().refresh());
  EXPECT_EQ(words("w7").substr(0, 3), "1 2");
}

TEST_F(Index, GrownEqualsRebuilt) {
  auto fill = [&](bool slowly) {
    for (std::uint64_t i = 1; i <= 60; ++i) {
      put(i, "Subject " + std::to_string(i), "Text number " + std::to_string(i) + " with münchen und 東京" + std::to_string(i % 7));
      if (slowly && i % 7 == 0) commit(i % 2 == 0);
    }
  };
  fill(true);
  for (std::uint64_t i : {3, 14, 15}) ASSERT_TRUE(writer_->remove(i));
  put(20, "again", "the same");
  put(20, "Subject 20", "Text number 20 with münchen und 東京6");
  commit();
  std::string grown = digest();
  ASSERT_TRUE(writer_->optimize());
  writer_.reset();
  std::string packed = digest();
  ASSERT_TRUE(Writer::discard(folder_));
  fill(false);
  for (std::uint64_t i : {3, 14, 15}) ASSERT_TRUE(writer_->remove(i));
  commit();
  EXPECT_EQ(digest(), grown);
  EXPECT_EQ(packed, grown);
  EXPECT_EQ(grown.size(), 64u);
}

TEST_F(Index, OptimizeKeepsAllAndForgetsWords) {
  put(1, "one", "zebra");
  put(2, "two", "gnu");
  commit();
  ASSERT_EQ(part("ebr"), "1");
  ASSERT_TRUE(writer_->remove(1));
  commit();
  ASSERT_TRUE(writer_->optimize());
  writer_.reset();
  auto gone = reader().refresh();
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, "REBUILD");
  reader_.reset();
  EXPECT_EQ(part("gnu"), "2");
  EXPECT_EQ(part("ebr"), "");
  EXPECT_EQ(reader().covered().modseq, modseq_);
  EXPECT_FALSE(std::filesystem::exists(folder_ + ".packed"));
  put(3, "three", "zebra");
  commit();
  reader_.reset();
  EXPECT_EQ(part("ebr"), "3");
}

TEST_F(Index, ManyWordsOverManyCommits) {
  std::uint64_t n = 0;
  std::size_t bytes = 0;
  while (bytes < 3 * kDictionaryChunk) {
    std::string body;
    for (int i = 0; i < 200; ++i) body += "word" + std::to_string(n * 200 + static_cast<std::uint64_t>(i)) + " ";
    bytes += body.size();
    put(++n, "x", body);
    commit(false);
    if (reader_) ASSERT_TRUE(*reader_->refresh());
    ASSERT_EQ(part("ord" + std::to_string((n - 1) * 200 + 199)), std::to_string(n));
  }
  EXPECT_EQ(part("word7 "), "1");
  writer_.reset();
  put(++n, "x", "word7 another");
  commit();
  reader_.reset();
  // Those words, and x, another, subject, content, type, text, plain, charset, utf, 8.
  EXPECT_EQ(reader().info()->terms, (n - 1) * 200 + 10);
}

TEST_F(Index, WhatIsNoIndex) {
  auto none = Reader::open(folder_);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, "NOT_FOUND");
  put(1, "x", "y");
  commit();
  writer_.reset();
  struct stat st {};
  EXPECT_NE(::stat((folder_ + "/unsynced").c_str(), &st), 0);
  std::ofstream(folder_ + "/unsynced") << "another boot";
  for (int i = 0; i < 2; ++i) {
    auto r = Reader::open(folder_);
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().code, "REBUILD");
    auto w = Writer::open(folder_);
    ASSERT_FALSE(w);
    EXPECT_EQ(w.error().code, "REBUILD");
    std::filesystem::remove(folder_ + "/unsynced");
    std::ofstream(folder_ + "/iamglass") << "damaged";
  }
  ASSERT_TRUE(Writer::discard(folder_));
  put(2, "x", "y");
  commit();
  EXPECT_EQ(words("y"), "2");
}

TEST_F(Index, AFlushThatWasNotSyncedSaysSo) {
  put(1, "x", "y");
  commit(false);
  EXPECT_FALSE(writer_->synced());
  EXPECT_TRUE(std::filesystem::exists(folder_ + "/unsynced"));
  EXPECT_EQ(words("y"), "1");
  commit(true);
  EXPECT_TRUE(writer_->synced());
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/unsynced"));
  // Closed before it was: the next writer knows, or the folder is flushed by itself.
  commit(false);
  writer_.reset();
  open();
  EXPECT_FALSE(writer_->synced());
  writer_.reset();
  ASSERT_TRUE(Writer::flush(folder_));
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/unsynced"));
  open();
  EXPECT_TRUE(writer_->synced());
}

// What Xapian notices is an error that says so; its blocks have no checksums, so it does not notice everything.
TEST_F(Index, DamagedFiles) {
  for (std::uint64_t i = 1; i < 40; ++i) put(i, "x", "some words to be found in here " + std::to_string(i));
  commit();
  writer_.reset();
  for (const char* file : {"/postlist.glass", "/iamglass"}) {
    std::string good = *base::read_file(folder_ + file);
    for (const std::string& bad : {std::string(), std::string(good.size(), '\0'), std::string(good.size(), 'x')}) {
      std::ofstream(folder_ + file, std::ios::binary) << bad;
      auto r = Reader::open(folder_);
      base::Result<Ids> found;
      if (r) found = (*r)->search({.kind = Kind::words, .text = "words"});
      const base::Error* e = !r ? &r.error() : !found ? &found.error() : nullptr;
      ASSERT_TRUE(e) << file;
      EXPECT_EQ(e->code, "REBUILD") << file << ": " << e->what;
    }
    std::ofstream(folder_ + file, std::ios::binary) << good;
  }
  EXPECT_EQ(words("39"), "39");
}

}  // namespace
