// The audit log: a chain that shows every change, over rotation, restarts, torn ends and a file cut short.
#include "audit/log.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

namespace postern::audit {
namespace {

namespace fs = std::filesystem;

class AuditLog : public ::testing::Test {
 protected:
  AuditLog() {
    char dir[] = "/tmp/postern-audit-XXXXXX";
    home_ = ::mkdtemp(dir);
  }
  ~AuditLog() override { fs::remove_all(home_); }

  std::unique_ptr<Log> open(const Head& known = {}, std::uint64_t rotate = kRotateBytes) {
    auto log = Log::open(home_ + "/a", known, rotate);
    EXPECT_TRUE(log.has_value()) << (log ? "" : log.error().what);
    return log ? std::move(*log) : nullptr;
  }
  // The first line that does not fit, from 1; 0: none.
  int broken() {
    Chain chain;
    int at = 0, bad = 0;
    auto ok = each_line(home_ + "/a", [&](std::string_view line, const std::string&, std::uint64_t) {
      ++at;
      if (chain.next(line)) return true;
      bad = at;
      return false;
    });
    EXPECT_TRUE(ok.has_value());
    lines_ = at;
    end_ = chain.head();
    return bad;
  }
  std::string current() { return home_ + "/a/" + kCurrent; }

  std::string home_;
  int lines_ = 0;
  Head end_;
};

TEST_F(AuditLog, ChainHoldsOverRestarts) {
  Head end;
  for (int round = 0; round < 3; ++round) {
    auto log = open(end);
    for (int i = 0; i < 5; ++i)
      ASSERT_TRUE(log->add("delete mailbox", {{"account", "7"}, {"what", "W\xc3\xb6rk \"x\"\n"}}).has_value());
    EXPECT_FALSE(log->synced());
    ASSERT_TRUE(log->sync().has_value());
    EXPECT_TRUE(log->synced());
    end = log->head();
    EXPECT_EQ(broken(), 0);
    EXPECT_EQ(end_, end);
  }
  EXPECT_EQ(lines_, 15);
  auto text = *base::read_file(current());
  auto e = parse_line(text.substr(0, text.find('\n')));
  ASSERT_TRUE(e.has_value());
  EXPECT_EQ(e->number, 1u);
  EXPECT_EQ(e->action, "delete mailbox");
  EXPECT_EQ(e->fields, (Fields{{"account", "7"}, {"what", "W\xc3\xb6rk \"x\"\n"}}));
  struct stat st {};
  ASSERT_EQ(::stat(current().c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 07777 & ~0027u, st.st_mode & 07777) << "not for others";
}

TEST_F(AuditLog, RotationCarriesTheChainOn) {
  auto log = open({}, 1'000);
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(log->add("x", {{"i", std::to_string(i)}}).has_value());
  EXPECT_GT(files(home_ + "/a")->size(), 3u);
  EXPECT_EQ(broken(), 0);
  EXPECT_EQ(lines_, 40);
  log = open(log->head(), 1'000);
  ASSERT_TRUE(log->add("y", {}).has_value());
  EXPECT_EQ(broken(), 0);
  EXPECT_EQ(end_.number, 41u);
  // A whole file that is gone shows.
  fs::remove((*files(home_ + "/a"))[1]);
  EXPECT_NE(broken(), 0);
}

TEST_F(AuditLog, EveryChangeShows) {
  {
    auto log = open();
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(log->add("x", {{"i", std::to_string(i)}}).has_value());
  }
  auto text = *base::read_file(current());
  for (std::size_t at = 0; at + 1 < text.size(); at += 3) {
    auto changed = text;
    changed[at] = static_cast<char>(changed[at] ^ 2);
    ASSERT_TRUE(base::write_file(current(), changed).has_value());
    int bad = broken();
    // A change of the last line is for the remembered end to tell.
    bool last = at > text.rfind('\n', text.size() - 2);
    EXPECT_TRUE(bad != 0 || (last && !(end_.sha256 == base::sha256(text)))) << at;
  }
  // A line taken out, and two that changed places.
  auto first = text.find('\n') + 1, second = text.find('\n', first) + 1, third = text.find('\n', second) + 1;
  ASSERT_TRUE(base::write_file(current(), text.substr(0, first) + text.substr(second)).has_value());
  EXPECT_EQ(broken(), 2);
  ASSERT_TRUE(base::write_file(current(), text.substr(0, first) + text.substr(second, third - second) +
                                              text.substr(first, second - first) + text.substr(third))
                  .has_value());
  EXPECT_EQ(broken(), 2);
}

TEST_F(AuditLog, CutAtTheEndShowsForEver) {
  Head end;
  {
    auto log = open();
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(log->add("x", {}).has_value());
    end = log->head();
  }
  auto text = *base::read_file(current());
  auto cut = text.substr(0, text.rfind('\n', text.size() - 2) + 1);
  ASSERT_TRUE(base::write_file(current(), cut).has_value());
  EXPECT_EQ(broken(), 0);
  EXPECT_FALSE(end_ == end);   // only the remembered end knows
  {
    auto log = open(end);
    ASSERT_TRUE(log->add("y", {}).has_value());
    end = log->head();
  }
  EXPECT_EQ(broken(), 10);
  EXPECT_NE(base::read_file(current())->find("was cut"), std::string::npos);
  { auto log = open(end); }   // it is told once
  EXPECT_EQ(base::read_file(current())->find("was cut"), base::read_file(current())->rfind("was cut"));
  // All of it gone.
  fs::remove(current());
  { auto log = open(end); }
  EXPECT_EQ(broken(), 1);
}

TEST_F(AuditLog, TornEndIsTakenOff) {
  Head end;
  {
    auto log = open();
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(log->add("x", {}).has_value());
    end = log->head();
  }
  auto text = *base::read_file(current());
  ASSERT_TRUE(base::write_file(current(), text + text.substr(0, 40)).has_value());
  auto log = open(end);
  ASSERT_TRUE(log->add("y", {}).has_value());
  EXPECT_EQ(broken(), 0);
  EXPECT_EQ(end_.number, 5u);   // one says what was taken off
}

TEST_F(AuditLog, HostileLines) {
  for (const std::string& line :
       {std::string(), std::string("{}"), std::string("[1]"), std::string(kMaxLine + 1, 'x'), std::string(20'000, '['),
        std::string("{\"n\":\"1\",\"prev\":\"" + std::string(64, '0') + "\",\"action\":\"x\"}"),
        std::string("{\"n\":1,\"prev\":\"00\",\"action\":\"x\"}"),
        std::string("{\"n\":-1,\"prev\":\"" + std::string(64, '0') + "\",\"action\":\"x\"}")})
    EXPECT_FALSE(parse_line(line).has_value()) << line.substr(0, 60);
  Head h{7, base::sha256("x")};
  EXPECT_EQ(*decode_head(encode(h)), h);
  EXPECT_FALSE(decode_head("short").has_value());
  // Values are cut, bad UTF-8 is written out.
  auto e = parse_line(make_line({}, 0, "a", {{"v", std::string(kMaxValue + 5, 'v')}, {"b", "\xff"}, {"z", "007"}}));
  ASSERT_TRUE(e.has_value());
  EXPECT_EQ(e->fields[0].second.size(), kMaxValue);
  EXPECT_EQ(e->fields[1].second, "\\xff");
  EXPECT_EQ(e->fields[2].second, "007");
  EXPECT_EQ(e->time, "1970-01-01T00:00:00Z");
}

}  // namespace
}  // namespace postern::audit
