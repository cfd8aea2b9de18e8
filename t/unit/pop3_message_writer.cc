// A message on its way out, cut at any byte.
#include "pop3/message_writer.h"

#include <gtest/gtest.h>

using namespace postern::pop3;

namespace {

std::string write(std::string_view message, std::uint64_t lines = kAllLines, std::size_t piece = 1 << 20) {
  MessageWriter w(lines);
  std::string out;
  bool more = true;
  for (std::size_t at = 0; at < message.size() && more; at += piece) more = w.feed(message.substr(at, piece), out);
  w.finish(out);
  return out;
}

// The client's side (RFC 1939 3).
std::string unstuff(std::string_view wire) {
  std::string out;
  while (true) {
    std::size_t end = wire.find("\r\n");
    EXPECT_NE(end, std::string_view::npos);
    std::string_view line = wire.substr(0, end);
    wire.remove_prefix(end + 2);
    if (line == ".") break;
    out += line.starts_with('.') ? line.substr(1) : line;
    out += "\r\n";
  }
  EXPECT_EQ(wire, "");
  return out;
}

TEST(Pop3MessageWriter, DotsAndEnds) {
  EXPECT_EQ(write(""), ".\r\n");
  EXPECT_EQ(write("a"), "a\r\n.\r\n");
  EXPECT_EQ(write("a\r\n"), "a\r\n.\r\n");
  EXPECT_EQ(write("a\nb"), "a\r\nb\r\n.\r\n");
  EXPECT_EQ(write("a\r"), "a\r\r\n.\r\n");
  EXPECT_EQ(write(".\r\n..\r\n.x\r\na.\r\n"), "..\r\n...\r\n..x\r\na.\r\n.\r\n");
  EXPECT_EQ(write("a\rb\r\r\n"), "a\rb\r\r\n.\r\n");
  EXPECT_EQ(write(std::string_view("a\0b\r\n", 5)), "a\x80" "b\r\n.\r\n");
}

TEST(Pop3MessageWriter, WhatGoesAsItIs) {
  using namespace std::string_literals;
  for (const std::string& m : {"\r\n"s, "a\r\n"s, "a\r\n\r\nb.c\r\n"s, "a\rb\r\r\n"s, std::string(100'000, 'x') + "\r\n"}) {
    EXPECT_TRUE(goes_as_it_is(m)) << m.substr(0, 20);
    EXPECT_EQ(write(m), m + ".\r\n");
  }
  for (const std::string& m : {""s, "a"s, "\n"s, "a\n"s, "\n\r\n"s, ".\r\n"s, "a\r\n.\r\n"s, "a\nb\r\n"s, "a\r\n.b\r\n"s, "\0\r\n"s, "a\0b\r\n"s,
                               "a\r\nb"s})
    EXPECT_FALSE(goes_as_it_is(m)) << m;
  // One odd place anywhere in a long one.
  for (std::size_t at : {1u, 7u, 8u, 63u, 64u, 65u, 4094u, 4095u}) {
    std::string m = std::string(4096, 'x') + "\r\n";
    m[at] = '\n';
    EXPECT_FALSE(goes_as_it_is(m)) << at;
    m[at] = '\0';
    EXPECT_FALSE(goes_as_it_is(m)) << at;
  }
}

TEST(Pop3MessageWriter, AnyPieces) {
  std::string_view m = "S: x\r\n.y: z\r\n\r\n.\r\n..\r\nlast\rline\r\n\r\n.";
  for (std::uint64_t lines : {std::uint64_t(0), std::uint64_t(1), std::uint64_t(2), kAllLines})
    for (std::size_t piece = 1; piece < 12; ++piece) EXPECT_EQ(write(m, lines, piece), write(m, lines)) << piece;
  EXPECT_EQ(unstuff(write(m)), std::string(m) + "\r\n");
}

TEST(Pop3MessageWriter, Top) {
  std::string_view m = "S: x\r\n\r\n1\r\n2\r\n3\r\n";
  EXPECT_EQ(write(m, 0), "S: x\r\n\r\n.\r\n");
  EXPECT_EQ(write(m, 1), "S: x\r\n\r\n1\r\n.\r\n");
  EXPECT_EQ(write(m, 3), write(m));
  EXPECT_EQ(write(m, 99), write(m));
  EXPECT_EQ(write("S: x\r\n", 0), "S: x\r\n.\r\n");
  EXPECT_EQ(write("\r\n1\r\n2", 1), "\r\n1\r\n.\r\n");
  MessageWriter w(0);
  std::string out;
  EXPECT_FALSE(w.feed("S: x\r\n\r\n", out));
}

}  // namespace
