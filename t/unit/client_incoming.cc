// client::Incoming: what happens to a message at the door, however its bytes arrive.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "client/incoming.h"
#include "proto/records.pb.h"
#include "proto/stored.pb.h"

namespace postern::client {
namespace {

std::string spool() {
  return ::testing::TempDir();
}

// The bytes that stored would get.
std::string sent(const Incoming& in) {
  stored::AddEmails add;
  auto fds = in.fill(add);
  EXPECT_TRUE(fds);
  if (!fds) return {};
  if (fds->empty()) {
    EXPECT_FALSE(add.body_in_descriptor());
    return add.body();
  }
  EXPECT_TRUE(add.body_in_descriptor());
  EXPECT_TRUE(add.body().empty());
  struct stat st{};
  EXPECT_EQ(::fstat((*fds)[0].get(), &st), 0);
  EXPECT_TRUE(S_ISREG(st.st_mode));
  std::string out(static_cast<std::size_t>(st.st_size), '\0');
  EXPECT_EQ(::pread((*fds)[0].get(), out.data(), out.size(), 0), st.st_size);
  return out;
}

std::string through(std::string_view message, std::size_t piece, bool raw = false) {
  Incoming in(spool(), raw);
  for (std::size_t at = 0; at < message.size(); at += piece)
    EXPECT_TRUE(in.append(message.substr(at, piece)));
  EXPECT_TRUE(in.finish());
  auto out = sent(in);
  EXPECT_EQ(in.size(), out.size());
  return out;
}

TEST(Incoming, LineEnds) {
  struct Case {
    std::string in, out;
  };
  const Case cases[] = {
      {"", ""},
      {"\n", "\r\n"},
      {"a\nb\r\nc\rd\n", "a\r\nb\r\nc\rd\r\n"},
      {"\r\r\n\n\r", "\r\r\n\r\n\r"},
      {"no end", "no end"},
      {std::string("nul\0\n\0", 6), std::string("nul\0\r\n\0", 7)},
      {"\xff\x80\n", "\xff\x80\r\n"},
  };
  for (const auto& c : cases)
    for (std::size_t piece : {1, 2, 3, 1000})
      EXPECT_EQ(through(c.in, piece), c.out) << c.in << " by " << piece;
  EXPECT_EQ(through("a\nb\r\n", 1, true), "a\nb\r\n");
}

TEST(Incoming, LargeOnesGoToTheSpool) {
  // At the limit, one past it, and much larger: the same bytes either way.
  for (std::size_t size : {kInlineBody - 1, kInlineBody, kInlineBody + 1, kInlineBody * 5}) {
    std::string message = "Subject: large\r\n\r\n";
    while (message.size() < size) message += "0123456789012345678901234567890123456789\r\n";
    message.resize(size);
    EXPECT_TRUE(through(message, 4096) == through(message, 100'000)) << size;
    Incoming in(spool());
    ASSERT_TRUE(in.append(message));
    ASSERT_TRUE(in.finish());
    stored::AddEmails add;
    auto fds = in.fill(add);
    ASSERT_TRUE(fds);
    EXPECT_EQ(fds->empty(), in.size() <= kInlineBody) << size;
    // A second request gets the same.
    EXPECT_TRUE(sent(in) == sent(in));
  }
}

TEST(Incoming, Memfd) {
  Incoming in("");
  std::string message = "Subject: large\n\n" + std::string(kInlineBody * 2, 'x');
  ASSERT_TRUE(in.append(message));
  ASSERT_TRUE(in.finish());
  EXPECT_EQ(sent(in).size(), message.size() + 2);
}

TEST(Incoming, SpoolThatIsNotThere) {
  Incoming in("/nonexistent/spool");
  auto ok = in.append("Subject: large\n\n" + std::string(kInlineBody * 2, 'x'));
  if (ok) ok = in.finish();
  ASSERT_FALSE(ok);
  EXPECT_NE(ok.error().what.find("/nonexistent/spool"), std::string::npos) << ok.error().what;
}

TEST(Incoming, Record) {
  Incoming in(spool());
  ASSERT_TRUE(in.append(
      "Received: from a by b; Thu, 4 Jun 2020 10:00:00 +0200\n"
      "Received: from c by d; Wed, 3 Jun 2020 10:00:00 +0200\n"
      "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\nDate: Fri, 5 Jun 2020 07:08:09 +0000\n\nHello world\n"));
  ASSERT_TRUE(in.finish());
  EXPECT_EQ(in.received_date(), 1591257600);  // the topmost
  EXPECT_EQ(in.record().sent, 1591340889);
  records::Content content;
  ASSERT_TRUE(content.ParseFromString(in.record().content));
  EXPECT_EQ(content.subject(), "Grüße");
  EXPECT_EQ(content.preview(), "Hello world");
  stored::AddEmails add;
  ASSERT_TRUE(in.fill(add));
  EXPECT_EQ(add.wire(), in.record().wire);
  EXPECT_EQ(add.content(), in.record().content);
  EXPECT_EQ(add.sent(), 1591340889);
}

TEST(Incoming, NoDates) {
  Incoming in(spool());
  ASSERT_TRUE(in.append("Subject: none\nReceived: by nobody\n\n"));
  ASSERT_TRUE(in.finish());
  EXPECT_EQ(in.received_date(), 0);
  EXPECT_EQ(in.record().sent, 0);
}

}  // namespace
}  // namespace postern::client
