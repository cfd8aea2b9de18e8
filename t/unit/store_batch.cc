// AddBatch: all or none, replacing in the same commit, what it answers when it is repeated.
#include <fcntl.h>
#include <sys/mman.h>

#include "store/keys.h"
#include "store/limits.h"
#include "store_test.h"

namespace postern::store {
namespace {

class Batch : public testing::TestWithParam<bool> {
 protected:
  World w{GetParam()};
  std::uint32_t inbox = w.mailbox_named("INBOX");
  std::uint32_t sent = w.mailbox_named("Sent");

  stored::Request batch(std::vector<std::string> bodies) {
    auto r = w.request();
    r.mutable_add_batch()->set_mailbox(inbox);
    for (auto& b : bodies) add(r, b);
    return r;
  }
  static stored::AddBatch::One& add(stored::Request& r, const std::string& body) {
    auto& one = *r.mutable_add_batch()->add_messages();
    auto m = World::message(body, body);
    one.set_body(body);
    one.set_wire(m.wire());
    one.set_content(m.content());
    return one;
  }
  std::string put(const std::string& body) {
    auto r = w.request();
    r.mutable_put_blob()->set_body(body);
    return w.run(r).blobs().blobs(0).hash();
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, Batch, testing::Bool(),
                         [](const auto& p) { return p.param ? "berkeley" : "memory"; });

TEST_P(Batch, MessagesComeInOrderUnderOneModseq) {
  auto r = batch({"one", "two"});
  r.mutable_add_batch()->mutable_messages(0)->add_keywords("\\Seen");
  r.mutable_add_batch()->mutable_messages(1)->set_deleted(true);
  r.mutable_add_batch()->mutable_messages(1)->set_received(1000);
  std::string hash = put("three");
  auto& three = add(r, "three");
  three.clear_body();
  three.set_blob(hash);
  auto reply = w.run(r);
  ASSERT_EQ(reply.added().results_size(), 3) << reply.error().what();
  for (int i = 0; i < 3; ++i) {
    const auto& one = reply.added().results(i);
    EXPECT_EQ(one.places(0).uid(), static_cast<std::uint32_t>(i + 1));
    EXPECT_EQ(one.modseq(), reply.added().results(0).modseq());
    EXPECT_EQ(one.uidvalidity(), w.mailbox(inbox).uidvalidity());
  }
  w.reopen();
  auto got = w.emails({reply.added().results(1).email(), reply.added().results(2).email()});
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(w.blobs.read(got[0].location()), "two");
  EXPECT_EQ(got[0].email().received(), 1000);
  EXPECT_TRUE(got[0].email().places(0).deleted());
  EXPECT_EQ(w.blobs.read(got[1].location()), "three");
  EXPECT_EQ(w.mailbox(inbox).rows(), 3u);
  EXPECT_EQ(w.mailbox(inbox).unseen_rows(), 2u);
}

TEST_P(Batch, AllOrNone) {
  auto bad_flag = batch({"one", "two"});
  bad_flag.mutable_add_batch()->mutable_messages(1)->add_keywords("not a flag");
  EXPECT_EQ(code(w.run(bad_flag)), "INVALID");
  auto no_blob = batch({"one"});
  add(no_blob, "x").clear_body();
  no_blob.mutable_add_batch()->mutable_messages(1)->set_blob(std::string(32, 'x'));
  EXPECT_EQ(code(w.run(no_blob)), "NOT_FOUND");
  auto both = batch({"one"});
  both.mutable_add_batch()->mutable_messages(0)->set_blob(put("one"));
  EXPECT_EQ(code(w.run(both)), "INVALID");
  auto malformed = batch({"one", "two"});
  malformed.mutable_add_batch()->mutable_messages(1)->set_content("\xff\xff");
  EXPECT_EQ(code(w.run(malformed)), "INVALID");
  auto nowhere = batch({"one"});
  nowhere.mutable_add_batch()->set_mailbox(999);
  EXPECT_EQ(code(w.run(nowhere)), "NOT_FOUND");
  EXPECT_EQ(code(w.run(batch({}))), "INVALID");
  auto r = batch({"12345", "67890"});
  EXPECT_EQ(code(w.run(r, World::user(1, 9))), "OVER_QUOTA");
  EXPECT_EQ(w.mailbox(inbox).rows(), 0u);
  EXPECT_EQ(w.mailbox(inbox).uidnext(), 1u);
  EXPECT_EQ(code(w.run(r, World::user(1, 10))), "");
}

TEST_P(Batch, AMessageIsReplacedInTheSameCommit) {
  auto old = w.add(World::message("old", "old"), inbox);
  w.copy(inbox, {1, 1}, sent, false);
  auto r = batch({"new"});
  r.mutable_add_batch()->set_replace_mailbox(inbox);
  r.mutable_add_batch()->set_replace_uid(1);
  auto reply = w.run(r);
  ASSERT_EQ(code(reply), "");
  EXPECT_EQ(reply.added().results(0).places(0).uid(), 2u);
  EXPECT_EQ(w.mailbox(inbox).rows(), 1u);
  EXPECT_EQ(w.mailbox(sent).rows(), 1u);  // its copy is another row
  // It is gone: a second time nothing comes in its place.
  EXPECT_EQ(code(w.run(r)), "GONE");
  r.mutable_add_batch()->set_replace_mailbox(999);
  EXPECT_EQ(code(w.run(r)), "GONE");
  EXPECT_EQ(w.mailbox(inbox).rows(), 1u);
  // Into another mailbox, and within a quota that has room only for one of the two.
  r.mutable_add_batch()->set_replace_mailbox(inbox);
  r.mutable_add_batch()->set_replace_uid(2);
  r.mutable_add_batch()->set_mailbox(sent);
  EXPECT_EQ(code(w.run(r, World::user(1, 5))), "OVER_QUOTA");
  EXPECT_EQ(code(w.run(r, World::user(1, 6))), "");
  EXPECT_EQ(w.mailbox(inbox).rows(), 0u);
  EXPECT_EQ(w.mailbox(sent).rows(), 2u);
  EXPECT_EQ(w.info().used_bytes(), 6u);
}

TEST_P(Batch, ARepeatedOneAnswersTheSame) {
  auto r = batch({"one", "two"});
  r.set_client(5);
  r.set_sequence(1);
  auto first = w.run(r);
  w.reopen();
  EXPECT_EQ(w.run(r).SerializeAsString(), first.SerializeAsString());
  EXPECT_EQ(w.mailbox(inbox).rows(), 2u);
}

TEST_P(Batch, ThroughADescriptor) {
  auto r = batch({"one", "two"});
  Call call;
  call.who = World::user(1);
  int fd = ::memfd_create("batch", MFD_CLOEXEC);
  call.body = base::Fd(fd);
  ASSERT_TRUE(base::write_all(fd, r.add_batch().SerializeAsString()));
  r.mutable_add_batch()->clear_messages();
  r.mutable_add_batch()->set_in_descriptor(true);
  call.request = r;
  EXPECT_EQ(w.run(call).added().results_size(), 2);
  EXPECT_EQ(w.mailbox(inbox).rows(), 2u);
  // None came, or one that is no batch.
  EXPECT_EQ(code(w.run(r)), "INVALID");
  Call bad;
  bad.who = World::user(1);
  fd = ::memfd_create("batch", MFD_CLOEXEC);
  bad.body = base::Fd(fd);
  ASSERT_TRUE(base::write_all(fd, "\xff\xff"));
  bad.request = r;
  EXPECT_EQ(code(w.run(bad)), "INVALID");
}

TEST_P(Batch, LimitIsWhatOneCommitMayTouch) {
  std::vector<std::string> bodies(kMaxBatch, "x");
  EXPECT_EQ(w.run(batch(bodies)).added().results_size(), static_cast<int>(kMaxBatch));
  bodies.push_back("x");
  EXPECT_EQ(code(w.run(batch(bodies))), "LIMIT");
}

// A body that comes twice in one commit is counted twice: it must outlive the first of its emails.
TEST_P(Batch, ABodyLivesAsLongAsOneOfItsEmails) {
  auto reply = w.run(batch({"same", "same"}));
  ASSERT_EQ(reply.added().results_size(), 2);
  auto snapshot = w.engine->snapshot(1);
  ASSERT_TRUE(snapshot);
  auto row = (*snapshot)->get(keys::blob(reply.added().results(0).blob()));
  ASSERT_TRUE(row && *row);
  records::AccountBlob b;
  ASSERT_TRUE(b.ParseFromString(**row));
  EXPECT_EQ(b.emails(), 2u);
}

}  // namespace
}  // namespace postern::store
