// One request sees one revision of an index; what happens to the index meanwhile costs a second try, not the answer.
#include "cmd/searchd/answer.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/system.h"
#include "client/search_client.h"
#include "index/writer.h"

namespace {

using namespace postern;
using namespace postern::searchd;

class AskTwice : public ::testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void open() {
    auto w = index::Writer::open(folder_);
    ASSERT_TRUE(w) << w.error().what;
    writer_ = std::move(*w);
  }
  // Emails 1 to 20 with 500 words each, all of them new.
  void write() {
    if (!writer_) open();
    std::string body = "Subject: revision" + std::to_string(++revision_) + "\r\n\r\n";
    for (int i = 0; i < 500; ++i) body += "w" + std::to_string(i) + " ";
    for (std::uint64_t e = 1; e <= 20; ++e) ASSERT_TRUE(writer_->put(e, index::extract(body), index::kNoLanguage));
    writer_->set_covered({1, revision_});
    ASSERT_TRUE(writer_->commit(false));
  }
  static search::Ask subject(std::string text) {
    search::Ask ask;
    ask.set_epoch(1);
    auto& q = *ask.add_questions();
    q.set_how(search::Question::WORDS);
    q.set_fields(index::bit(index::Field::subject));
    q.set_text(std::move(text));
    return ask;
  }
  // What searchd asks of one revision, after `meanwhile`: all words of it, so that one that was overtaken is noticed.
  AskReader asking(std::function<void()> meanwhile) {
    return [this, meanwhile](index::Reader& r) -> base::Result<search::Answer> {
      ++asked_;
      meanwhile();
      for (int i = 0; i < 500; ++i)
        if (auto found = r.search({.kind = index::Query::Kind::words, .text = "w" + std::to_string(i)}); !found) return base::pass(found);
      search::Answer out;
      out.set_modseq(r.covered().modseq);
      return out;
    };
  }

  std::string folder_ = std::filesystem::temp_directory_path() / ("postern-answer-" + base::random_token(8));
  std::unique_ptr<index::Writer> writer_;
  std::uint64_t revision_ = 0;
  int asked_ = 0;
};

TEST_F(AskTwice, OfARevisionThatIsOvertakenAskedOnceMore) {
  write();
  auto overtake = [this] {
    for (int n = 0; asked_ == 1 && n < 6; ++n) write();
  };
  Answered a = ask_twice(folder_, nullptr, asking(overtake));
  EXPECT_EQ(asked_, 2);
  ASSERT_TRUE(a.reader) << a.trouble;
  EXPECT_EQ(a.answer.modseq(), revision_);  // the newest one
  EXPECT_FALSE(a.damaged);
  // A reader that is kept sees what came since.
  write();
  a = ask_twice(folder_, std::move(a.reader), asking([] {}));
  EXPECT_EQ(a.answer.modseq(), revision_);
  // Once: who is overtaken each time gets no answer, and the messages are scanned; the index is not called damaged.
  asked_ = 0;
  Answered none = ask_twice(folder_, nullptr, asking([this] {
    for (int n = 0; n < 6; ++n) write();
  }));
  EXPECT_EQ(asked_, 2);
  EXPECT_FALSE(none.reader);
  EXPECT_FALSE(none.damaged);
  EXPECT_EQ(none.answer.modseq(), 0u);
}

TEST_F(AskTwice, AfterTheFoldersWereExchanged) {
  write();
  Answered a = ask_twice(folder_, nullptr, asking([] {}));
  ASSERT_TRUE(a.reader);
  ASSERT_TRUE(writer_->optimize());
  writer_.reset();
  a = ask_twice(folder_, std::move(a.reader), asking([] {}));
  EXPECT_EQ(a.answer.modseq(), revision_);
  ASSERT_TRUE(a.reader);
}

TEST_F(AskTwice, AnIndexThatIsAbsentIsNoTroubleAndADamagedOneIs) {
  Answered a = ask_twice(folder_, nullptr, asking([] {}));
  EXPECT_EQ(asked_, 0);
  EXPECT_EQ(a.trouble, "");
  EXPECT_FALSE(a.damaged);
  write();
  writer_.reset();
  std::filesystem::resize_file(folder_ + "/iamglass", 0);
  a = ask_twice(folder_, nullptr, asking([] {}));
  EXPECT_NE(a.trouble, "");
  EXPECT_TRUE(a.damaged);
}

TEST_F(AskTwice, OfAnotherLifeOfTheAccountNothingIsTold) {
  write();
  auto ask = subject("revision1");
  Answered a = answer(folder_, nullptr, ask, nullptr);
  EXPECT_TRUE(a.answer.covered());
  ASSERT_EQ(a.answer.found_size(), 1);
  EXPECT_EQ(client::unpack_ids(a.answer.found(0).ids())->size(), 20u);
  ask.set_epoch(2);
  a = answer(folder_, nullptr, ask, nullptr);
  EXPECT_FALSE(a.answer.covered());
  EXPECT_EQ(a.answer.found_size(), 0);
}

}  // namespace
