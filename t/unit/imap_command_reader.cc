#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "imap/command_reader.h"

namespace {

using namespace postern::imap;
using Step = CommandReader::Step;

// Feeds `bytes` in pieces of `piece`; every literal that fits is kept.  Gives the commands.
std::vector<std::string> commands(std::string_view bytes, std::size_t piece,
                                  ReaderLimits limits = kLimitsAfterLogin) {
  CommandReader r(limits);
  std::vector<std::string> out;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    std::string_view in = bytes.substr(at, piece);
    while (!in.empty()) {
      switch (r.feed(in)) {
        case Step::more:
          break;
        case Step::literal:
          if (r.literal_fits()) {
            r.keep_literal();
          } else {
            r.drop_command();
          }
          break;
        case Step::command:
          out.emplace_back(r.text());
          r.next();
          break;
        case Step::dropped:
          out.emplace_back("<dropped>");
          break;
        case Step::too_big:
          out.emplace_back("<too big>");
          return out;
      }
    }
  }
  return out;
}

TEST(CommandReader, LinesInPiecesOfAnySize) {
  for (std::size_t n : {1u, 2u, 3u, 7u, 1000u}) {
    auto c = commands("a NOOP\r\nb NOOP\nc X {3}\r\nxyz {2+}\r\n\r\n Y\r\n", n);
    ASSERT_EQ(c.size(), 3u) << n;
    EXPECT_EQ(c[0], "a NOOP");
    EXPECT_EQ(c[1], "b NOOP");
    EXPECT_EQ(c[2], "c X {3}\r\nxyz {2}\r\n\r\n Y");
  }
}

TEST(CommandReader, LiteralEvent) {
  CommandReader r(kLimitsAfterLogin);
  std::string_view in = "a APPEND x ~{12+}\r\nrest";
  ASSERT_EQ(r.feed(in), Step::literal);
  EXPECT_EQ(r.text(), "a APPEND x ");
  EXPECT_EQ(r.literal().size, 12u);
  EXPECT_FALSE(r.literal().sync);
  EXPECT_TRUE(r.literal().binary);
  EXPECT_EQ(r.tag(), "a");
  EXPECT_EQ(in, "rest");
  r.stream_literal();
  in = "\r\n";
  ASSERT_EQ(r.feed(in), Step::command);
  EXPECT_EQ(r.text(), "a APPEND x ~{12*}\r\n");
}

TEST(CommandReader, EmptyLiteral) {
  auto c = commands("a LOGIN {0}\r\n {0+}\r\n\r\n", 1);
  ASSERT_EQ(c.size(), 1u);
  EXPECT_EQ(c[0], "a LOGIN {0}\r\n {0}\r\n");
}

TEST(CommandReader, TextLimit) {
  std::string fits = "a " + std::string(kMaxCommandBeforeLogin - 2, 'x');
  EXPECT_EQ(commands(fits + "\n", 1000, {}).at(0), fits);
  EXPECT_EQ(commands(fits + "x\n", 1000, {}).at(0), "<too big>");
  // Without any line end: refused as soon as the limit is passed.
  EXPECT_EQ(commands(std::string(kMaxCommandBeforeLogin + 1, '('), 1000, {}).at(0), "<too big>");
}

TEST(CommandReader, LiteralLimits) {
  std::string many = "a X";
  for (std::size_t i = 0; i < kMaxLiteralsBeforeLogin; ++i) many += " {1+}\r\nx";
  EXPECT_EQ(commands(many + "\r\n", 100, {}).at(0).substr(0, 3), "a X");
  EXPECT_EQ(commands(many + " {1+}\r\nx\r\n", 100, {}).at(0), "<too big>");
  // A synchronizing literal that is refused ends its command; the client sends the next one.
  auto c = commands("a LOGIN {9999999}\r\nb NOOP\r\n", 5, {});
  ASSERT_EQ(c.size(), 1u);
  EXPECT_EQ(c[0], "b NOOP");
  // Without synchronization its bytes, and those of the literals after it, are read away.
  c = commands("a LOGIN {9000+}\r\n" + std::string(9000, '\n') + " {3+}\r\nabc d\r\nb NOOP\r\n", 5, {});
  ASSERT_EQ(c.size(), 2u);
  EXPECT_EQ(c[0], "<dropped>");
  EXPECT_EQ(c[1], "b NOOP");
  EXPECT_EQ(commands("a LOGIN {99999999999+}\r\nx", 5, {}).at(0), "<too big>");
}

TEST(CommandReader, LiteralMinus) {
  ReaderLimits l = kLimitsAfterLogin;
  l.max_nonsync = 4096;
  EXPECT_EQ(commands("a X {4096+}\r\n" + std::string(4096, 'x') + "\r\n", 999, l).at(0).size(),
            4 + 8 + 4096u);
  EXPECT_EQ(commands("a X {4097+}\r\n" + std::string(4097, 'x') + "\r\n", 999, l).at(0), "<too big>");
}

TEST(CommandReader, NotLiterals) {
  for (const char* line :
       {"a X {}", "a X {-1}", "a X {18446744073709551616}", "a X {1}x", "a X {+}", "a X {5*}", "a X 5}"})
    EXPECT_EQ(commands(std::string(line) + "\r\n", 3).at(0), line);
  LiteralHeader h;
  std::size_t at = 0;
  EXPECT_TRUE(literal_at_end("a {18446744073709551615}", h, at));
  EXPECT_EQ(h.size, UINT64_MAX);
}

TEST(CommandReader, Tag) {
  CommandReader r;
  std::string_view in = "+x {1}\r\n";
  ASSERT_EQ(r.feed(in), Step::literal);
  EXPECT_EQ(r.tag(), "*");
  r.next();
  std::string long_tag(kMaxTag + 1, 't');
  long_tag += " x {1}\r\n";
  in = long_tag;
  ASSERT_EQ(r.feed(in), Step::literal);
  EXPECT_EQ(r.tag(), "*");
}

}  // namespace
