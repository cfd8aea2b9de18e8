// service/commands.h: rows of runner.command, right and wrong, and how they add up in postern.conf.
#include "service/commands.h"

#include <gtest/gtest.h>

#include "service/config.h"

namespace postern::service {
namespace {

std::string error_of(std::string_view row) {
  auto c = parse_command(row);
  return c ? "" : c.error().what;
}

TEST(Commands, ARowSaysAll) {
  auto c = parse_command(" pipe:report  args=2 options network time=1m memory=none output=1K processes=3 gives=text/html\t/bin/report -x {SENDER} ");
  ASSERT_TRUE(c) << c.error().what;
  EXPECT_EQ(c->first, "pipe:report");
  const Command& r = c->second;
  EXPECT_EQ(r.argv, (std::vector<std::string>{"/bin/report", "-x", "{SENDER}"}));
  EXPECT_TRUE(r.options && r.network);
  EXPECT_EQ(r.args, 2u);
  EXPECT_EQ(r.gives, "text/html");
  EXPECT_EQ(r.limits.seconds, 60u);
  EXPECT_EQ(r.limits.memory, UINT64_MAX);
  EXPECT_EQ(r.limits.output, 1024u);
  EXPECT_EQ(r.limits.processes, 3u);
}

TEST(Commands, WhatIsNotSaidIsNotAllowed) {
  auto c = parse_command("sendmail /usr/sbin/sendmail");
  ASSERT_TRUE(c);
  EXPECT_FALSE(c->second.options || c->second.network || c->second.dsn || c->second.deliver_by);
  EXPECT_EQ(c->second.args, 0u);
  EXPECT_EQ(c->second.limits.seconds, 0u);
}

TEST(Commands, WhatASendmailKnows) {
  auto c = parse_command("sendmail dsn deliverby /usr/libexec/postern/submit --");
  ASSERT_TRUE(c);
  EXPECT_TRUE(c->second.dsn && c->second.deliver_by);
}

TEST(Commands, ErrorsSayWhatWasExpected) {
  EXPECT_EQ(error_of("notify:xmpp args=10 /bin/x"), "");
  for (const char* row : {"", "notify: /bin/x", "report /bin/report", "pipe: /bin/x", "pipe:\x01 /bin/x"}) EXPECT_NE(error_of(row).find("expected text:TYPE"), std::string::npos) << row;
  EXPECT_NE(error_of("pipe:a").find("absolute path"), std::string::npos);
  EXPECT_NE(error_of("pipe:a report").find("report: expected args=N"), std::string::npos);
  EXPECT_NE(error_of("pipe:a time=0 /x").find("time=0: expected a time"), std::string::npos);
  EXPECT_NE(error_of("pipe:a output=none /x").find("expected a size"), std::string::npos);
}

TEST(Commands, Limits) {
  EXPECT_EQ(error_of("pipe:a args=" + std::to_string(kMaxCommandArgs) + " /x"), "");
  EXPECT_NE(error_of("pipe:a args=" + std::to_string(kMaxCommandArgs + 1) + " /x"), "");
  EXPECT_EQ(error_of("pipe:" + std::string(kMaxCommandName - 5, 'a') + " /x"), "");
  EXPECT_NE(error_of("pipe:" + std::string(kMaxCommandName - 4, 'a') + " /x"), "");
  std::string row = "pipe:a";
  for (std::size_t i = 1; i < kMaxCommandWords; ++i) row += " /x";
  EXPECT_EQ(error_of(row), "");
  EXPECT_NE(error_of(row + " /x"), "");
}

TEST(Commands, RowsAddUpAndOffTakesAway) {
  Config c;
  ASSERT_TRUE(c.set("runner.command", "pipe:a /bin/a", "test"));
  ASSERT_TRUE(c.set("runner.command", "pipe:b /bin/b", "test"));
  ASSERT_TRUE(c.set("runner.command", "pipe:a /bin/c", "test"));
  ASSERT_TRUE(c.set("runner.command", "text:application/pdf off", "test"));
  auto bad = c.set("runner.command", "pipe:a b", "FILE:3");
  ASSERT_FALSE(bad);
  EXPECT_TRUE(bad.error().what.starts_with("FILE:3: runner.command = pipe:a b: b: expected"));
  auto rows = parse_commands(c.raw("runner.command"));
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->at("pipe:a").argv[0], "/bin/c");
  EXPECT_TRUE(rows->contains("pipe:b"));
  EXPECT_FALSE(rows->contains("text:application/pdf"));
  EXPECT_EQ(rows->size() + 1, parse_commands("")->size() + 2);
}

}  // namespace
}  // namespace postern::service
