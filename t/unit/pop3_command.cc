#include "pop3/command.h"

#include <gtest/gtest.h>

using namespace postern::pop3;

TEST(Pop3Command, Names) {
  EXPECT_EQ(parse_command("retr 1").name, "RETR");
  EXPECT_EQ(parse_command("retr 1").argument, "1");
  EXPECT_EQ(parse_command("PASS  a b ").argument, " a b ");
  EXPECT_EQ(parse_command("QUIT").argument, "");
  for (std::string line : {std::string(), std::string(17, 'A'), std::string("NOOP\0", 5), std::string(" NOOP")})
    EXPECT_EQ(parse_command(line).name, "") << line;
}

TEST(Pop3Command, Numbers) {
  EXPECT_EQ(parse_number("1"), 1u);
  EXPECT_EQ(parse_number("4294967295"), 4294967295u);
  for (auto bad : {"", "0", "-1", "+1", "1 ", "1x", "4294967296", "4294967297", "99999999999999999999", "0x1"})
    EXPECT_FALSE(parse_number(bad)) << bad;
  EXPECT_EQ(parse_top("1 0")->lines, 0u);
  EXPECT_EQ(parse_top("7 20")->message, 7u);
  for (auto bad : {"", "1", "1 ", "1 -1", "0 1", "1 1 1", "1  1", "1 x"}) EXPECT_FALSE(parse_top(bad)) << bad;
}

TEST(Pop3Command, Auth) {
  EXPECT_EQ(parse_auth("plain")->mechanism, "PLAIN");
  EXPECT_FALSE(parse_auth("plain")->initial);
  EXPECT_EQ(parse_auth("PLAIN =")->initial, "");
  EXPECT_EQ(parse_auth("PLAIN AGEAYg==")->initial, std::string("\0a\0b", 4));
  for (auto bad : {"", " x", "PLAIN ", "PLAIN !!", "PLAIN A"}) EXPECT_FALSE(parse_auth(bad)) << bad;
}
