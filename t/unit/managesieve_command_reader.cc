// Commands cut from bytes that come in any pieces; strings out.  RFC 5804 4.
#include "managesieve/command_reader.h"

#include <gtest/gtest.h>

namespace postern::managesieve {
namespace {

using Step = CommandReader::Step;

// Each command as its words, "s:text", "n:5", "a:ATOM"; "BAD", "TOO_BIG" and "FATAL"; the same for every split.
std::string read(std::string_view all, std::size_t max_literals = 100) {
  std::string first;
  for (std::size_t piece : {std::size_t(1), std::size_t(2), std::size_t(7), all.size()}) {
    CommandReader r(max_literals);
    std::string out;
    bool fatal = false;
    for (std::size_t at = 0; at < all.size() && !fatal; at += piece) {
      std::string_view in = all.substr(at, piece);
      for (;;) {
        Step s = r.feed(in);
        if (s == Step::more) break;
        if (s == Step::command)
          for (auto& w : r.words())
            out += (w.kind == Word::Kind::string ? "s:" : w.kind == Word::Kind::number ? "n:" : "a:") + w.text + " ";
        out += s == Step::bad ? "BAD" : s == Step::too_big ? "TOO_BIG" : s == Step::fatal ? "FATAL" : "|";
        if ((fatal = s == Step::fatal)) break;
        r.next();
      }
    }
    if (!fatal && !r.idle()) out += "...";
    if (piece == 1) first = out;
    EXPECT_EQ(out, first) << "pieces of " << piece;
  }
  return first;
}

TEST(ManageSieveReader, Words) {
  EXPECT_EQ(read("CAPABILITY\r\nnoop \"a\\\"b\\\\\"\r\n"), "a:CAPABILITY |a:noop s:a\"b\\ |");
  EXPECT_EQ(read("HAVESPACE \"x\" 4294967295\n"), "a:HAVESPACE s:x n:4294967295 |");
  EXPECT_EQ(read("HAVESPACE \"x\" 4294967296\r\n"), "BAD");
  EXPECT_EQ(read("HAVESPACE \"x\" 007\r\nX 0\r\n"), "BADa:X n:0 |");
  EXPECT_EQ(read("\r\n"), "|");
  EXPECT_EQ(read("\"\"\r\n"), "s: |") << "an answer to a challenge";
}

TEST(ManageSieveReader, Literals) {
  using namespace std::string_literals;
  EXPECT_EQ(read("PUTSCRIPT {1+}\r\na {5+}\r\nk\"\r\n\0\r\nX\r\n"s), "a:PUTSCRIPT s:a s:k\"\r\n\0 |a:X |"s);
  EXPECT_EQ(read("PUTSCRIPT {0+}\r\n {0+}\r\n\r\n"), "a:PUTSCRIPT s: s: |");
  EXPECT_EQ(read("{3+}\r\nabc\r\n"), "s:abc |");
  EXPECT_EQ(read("X {3}\r\n"), "BAD") << "a literal of servers";
  EXPECT_EQ(read("X {+}\r\nY\r\n"), "BADa:Y |");
  EXPECT_EQ(read("X {3+} \r\nY\r\n"), "BADa:Y |");
  EXPECT_EQ(read("X {3+}\r\nab"), "...");
}

TEST(ManageSieveReader, LiteralsAtTheLimit) {
  std::string fits(100, 'x'), more(101, 'x');
  EXPECT_EQ(read("P {100+}\r\n" + fits + "\r\n"), "a:P s:" + fits + " |");
  EXPECT_EQ(read("P {101+}\r\n" + more + " {2+}\r\nhi\r\nQ\r\n"), "TOO_BIGa:Q |");
  EXPECT_EQ(read("P {60+}\r\n" + fits.substr(40) + " {41+}\r\n" + fits.substr(59) + "\r\nQ\r\n"), "TOO_BIGa:Q |");
  EXPECT_EQ(read("P {4294967295+}\r\n"), "FATAL");
  EXPECT_EQ(read("P {99999999999999999999999+}\r\n"), "BAD") << "no number at all";
  EXPECT_EQ(read("P {18446744073709551615+}\r\n"), "FATAL");
  EXPECT_EQ(read("P {" + std::to_string(kMaxSwallow + 1) + "+}\r\n"), "FATAL");
  EXPECT_EQ(read("P {" + std::to_string(kMaxSwallow) + "+}\r\n"), "...");
}

TEST(ManageSieveReader, LinesAtTheLimit) {
  std::string fits = "X \"" + std::string(kMaxText - 4, 'y') + "\"";
  EXPECT_EQ(read(fits + "\r\n").substr(0, 6), "a:X s:");
  EXPECT_EQ(read("X \"" + std::string(kMaxText, 'y') + "\"\r\n"), "FATAL");
  EXPECT_EQ(read(std::string(kMaxText + 10, 'y')), "FATAL") << "no end of line";
}

TEST(ManageSieveReader, ArgumentsAtTheLimit) {
  std::string words = "X";
  for (std::size_t i = 0; i < kMaxArguments; ++i) words += " \"\"";
  EXPECT_NE(read(words + "\r\n"), "BAD");
  EXPECT_EQ(read(words + " \"\"\r\n"), "BAD");
}

TEST(ManageSieveReader, WhatIsAgainstTheGrammar) {
  for (const char* bad : {"X  \"a\"", "X \"a\"\"b\"", " X", "X ", "X \"a", "X \"\\n\"", "X \"\xff\"", "X (a)", "X \\"})
    EXPECT_EQ(read(std::string(bad) + "\r\nNOOP\r\n"), "BADa:NOOP |") << bad;
  EXPECT_EQ(read(std::string("X \"a\0b\"\r\n", 9)), "BAD");
  // What a refused command announces is read away, and is no command.
  EXPECT_EQ(read("X  \"a\" {8+}\r\nLOGOUT\r\n\r\nNOOP\r\n"), "BADa:NOOP |");
}

TEST(ManageSieveReader, Strings) {
  EXPECT_EQ(to_string(""), "\"\"");
  EXPECT_EQ(to_string("a\"b\\c"), "\"a\\\"b\\\\c\"");
  EXPECT_EQ(to_string("a\r\nb"), "{4}\r\na\r\nb");
  EXPECT_EQ(to_string("\xff"), "{1}\r\n\xff");
  EXPECT_EQ(to_string(std::string(kMaxQuotedOut, 'x'))[0], '"');
  EXPECT_EQ(to_string(std::string(kMaxQuotedOut + 1, 'x'))[0], '{');
  EXPECT_EQ(to_literal("x"), "{1}\r\nx");
}

}  // namespace
}  // namespace postern::managesieve
