// Base subjects, and which thread a new email joins.
#include "store/threading.h"

#include "store/limits.h"
#include "store_test.h"

namespace postern::store {
namespace {

TEST(BaseSubject, Rfc5256Marks) {
  EXPECT_EQ(base_subject("hello"), "hello");
  EXPECT_EQ(base_subject("Re: Hello"), "hello");
  EXPECT_EQ(base_subject("RE: re: Fwd:  FW:hello  (fwd) (fwd)"), "hello");
  EXPECT_EQ(base_subject("[list] Re: [list] hello\t world"), "hello world");
  EXPECT_EQ(base_subject("Re [2]: hello"), "hello");
  EXPECT_EQ(base_subject("[Fwd: Re: hello]"), "hello");
  EXPECT_EQ(base_subject("[only a blob]"), "[only a blob]");
  EXPECT_EQ(base_subject("regarding"), "regarding");
  EXPECT_EQ(base_subject(""), "");
  EXPECT_EQ(base_subject("Re:"), "");
  EXPECT_LE(base_subject(std::string(100'000, 'x')).size(), kMaxHashedId);
  std::string nested;
  for (int i = 0; i < 20'000; ++i) nested += "Re: [";
  base_subject(nested);  // linear, and comes to an end
}

TEST(ThreadHashes, AreBounded) {
  records::Content c;
  EXPECT_TRUE(thread_hashes(c).empty());
  for (int i = 0; i < 100'000; ++i) c.add_references("r" + std::to_string(i));
  EXPECT_EQ(thread_hashes(c).size(), kMaxThreadIds);
  records::Content twice;
  twice.add_message_id("a");
  twice.add_in_reply_to("a");
  twice.add_references("a");
  EXPECT_EQ(thread_hashes(twice).size(), 1u);
}

class Threading : public testing::Test {
 protected:
  World w;
  std::uint64_t add(const std::string& subject, const std::string& id, const std::string& reference = "") {
    return w.add(World::message("b" + id + subject, subject, id, reference), 0).thread();
  }
};

TEST_F(Threading, RepliesJoinBySharedIdAndSubject) {
  auto t = add("topic", "1");
  EXPECT_EQ(add("Re: topic", "2", "1"), t);
  EXPECT_EQ(add("re: Topic", "3", "2"), t);
  EXPECT_NE(add("another", "4", "1"), t);       // the subject changed
  EXPECT_NE(add("topic", "5"), t);              // nothing shared
  EXPECT_EQ(add("Fwd: topic", "6", "1"), t);
  // A reply that comes before what it answers.
  auto early = add("Re: late", "8", "7");
  EXPECT_EQ(add("late", "7"), early);
  // The same across a restart.
  w.reopen();
  EXPECT_EQ(add("Re: topic", "9", "6"), t);
  auto r = w.request();
  r.mutable_get_threads()->add_ids(t);
  r.mutable_get_threads()->add_ids(12345);
  auto reply = w.run(r);
  ASSERT_EQ(reply.threads().threads_size(), 1);
  EXPECT_EQ(reply.threads().threads(0).emails_size(), 5);
  EXPECT_EQ(reply.threads().not_found(0), 12345u);
}

TEST_F(Threading, TwoCopiesInOneCallAreOneThread) {
  auto r = w.request();
  *r.mutable_add_emails() = World::message("x", "s", "id");
  r.mutable_add_emails()->add_targets()->set_account(1);
  r.mutable_add_emails()->add_targets()->set_account(1);
  auto reply = w.run(r);
  EXPECT_EQ(reply.added().results(0).thread(), reply.added().results(1).thread());
  EXPECT_NE(reply.added().results(0).email(), reply.added().results(1).email());
  EXPECT_EQ(w.info().modseq(), 2u);  // one commit after the birth
}

TEST_F(Threading, AThreadThatIsGoneIsNotJoined) {
  auto t = add("topic", "1");
  auto inbox = w.mailbox_named("INBOX");
  w.store_flags(inbox, {1, 1}, stored::StoreFlags::ADD, {"\\Deleted"});
  w.expunge(inbox);
  EXPECT_NE(add("Re: topic", "2", "1"), t);
}

TEST_F(Threading, AFullThreadGoesOnAsANewOne) {
  auto t = add("topic", "0");
  for (std::size_t i = 1; i < kMaxThreadMembers; ++i) ASSERT_EQ(add("Re: topic", std::to_string(i), "0"), t);
  auto next = add("Re: topic", "more", "0");
  EXPECT_NE(next, t);
  EXPECT_EQ(add("Re: topic", "evenmore", "0"), next);
}

}  // namespace
}  // namespace postern::store
