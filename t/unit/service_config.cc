// postern.conf: values, bounds, and errors that name file and line (RELIABILITY X05).
#include "service/config.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "base/file.h"
#include "service/command_line.h"

namespace postern::service {
namespace {

struct Folder {
  std::string path;
  Folder() {
    char name[] = "/tmp/postern-config-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  base::Result<Config> load(const std::string& text) {
    EXPECT_TRUE(base::write_file(path + "/postern.conf", text));
    return Config::load(path);
  }
  std::string error(const std::string& text) {
    auto c = load(text);
    return c ? "" : c.error().what.substr(path.size());
  }
};

TEST(Config, DefaultsOfEveryOptionAreValid) {
  for (const auto& o : options()) {
    Config c;
    EXPECT_TRUE(c.set(o.name, o.fallback, "test") || o.fallback.empty()) << o.name;
  }
}

TEST(Config, ReadsKindsCommentsContinuationsAndCrlf) {
  Folder f;
  auto c = f.load("# comment\r\nlog_level = debug\r\nstore.cache = 64M\nimap.timeout = 45m\n"
                  "store.default_mailboxes = Drafts:drafts,\n  Sent:sent\nimap.connections_per_account = none");
  ASSERT_TRUE(c) << c.error().what;
  EXPECT_EQ(c->text("log_level"), "debug");
  EXPECT_EQ(c->number("store.cache"), 64u << 20);
  EXPECT_EQ(c->number("imap.timeout"), 2700u);
  EXPECT_EQ(c->list("store.default_mailboxes").size(), 2u);
  EXPECT_EQ(c->number("imap.connections_per_account"), kNone);
  EXPECT_TRUE(c->is_default("hostname"));
}

TEST(Config, X05ErrorsNameFileAndLine) {
  Folder f;
  EXPECT_TRUE(f.error("\nlog_levle = debug\n").starts_with("/postern.conf:2: unknown key"));
  EXPECT_TRUE(f.error("segment_size = 1M\n").find("did you mean store.segment_size?") != std::string::npos);
  EXPECT_TRUE(f.error("imap.login_failures = 0\n").find(":1: imap.login_failures = 0: expected a number from 1 to 100") != std::string::npos);
  EXPECT_TRUE(f.error("imap.login_failures = 1000000000000000000000000000000\n").find("expected a number") != std::string::npos);
  EXPECT_TRUE(f.error("lmtp.delivered_to = maybe\n").find("expected yes or no") != std::string::npos);
  EXPECT_TRUE(f.error("just words\n").find(":1: expected KEY = VALUE") != std::string::npos);
  EXPECT_TRUE(f.error("log = " + std::string(1 << 20, 'x')).find(":1: line is longer") != std::string::npos);
  EXPECT_TRUE(f.error("include = postern.conf\n").find("nested too deeply") != std::string::npos);
  EXPECT_TRUE(f.error("include = absent.conf\n").find("absent.conf") != std::string::npos);
}

TEST(Config, IncludeIsRelativeToItsFile) {
  Folder f;
  ASSERT_TRUE(base::write_file(f.path + "/more.conf", "log_level = error\n"));
  auto c = f.load("include = more.conf\n");
  ASSERT_TRUE(c) << c.error().what;
  EXPECT_EQ(c->text("log_level"), "error");
}

TEST(CommandLine, TakesOptionsOfItsProgramOnly) {
  std::string a0 = "imapd", a1 = "-C", a2 = "/x", a3 = "--imap.timeout=60m", a4 = "--clients=7";
  char* argv[] = {a0.data(), a1.data(), a2.data(), a3.data(), a4.data()};
  auto c = parse_command_line(5, argv, "imapd");
  ASSERT_TRUE(c) << c.error().what;
  EXPECT_EQ(c->conf_dir, "/x");
  EXPECT_EQ(c->clients, 7u);
  EXPECT_EQ(c->settings.size(), 1u);
  EXPECT_FALSE(parse_command_line(5, argv, "lmtpd"));
}

}  // namespace
}  // namespace postern::service
