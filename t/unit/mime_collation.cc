// Collations: RFC 5051's own example, the pairs in SHARED/vectors where they are, and the orders of RFC 4790.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <regex>
#include <sstream>

#include "base/codec.h"
#include "mime/collation.h"

namespace {

using namespace postern;
using namespace postern::mime;

TEST(Collation, Names) {
  EXPECT_EQ(find_collation("I;Unicode-Casemap"), Collation::unicode_casemap);
  EXPECT_FALSE(find_collation("i;klingon"));
  EXPECT_EQ(name_of(Collation::ascii_numeric), "i;ascii-numeric");
  EXPECT_FALSE(has_substring(Collation::ascii_numeric));
}

TEST(Collation, UnicodeCasemap) {
  auto key = [](std::string_view s) { return sort_key(Collation::unicode_casemap, s); };
  EXPECT_EQ(key("Hello_1"), "HELLO_1");
  EXPECT_EQ(key("\xc7\x84"), "Dz\xcc\x8c");  // RFC 5051 2: U+01C4
  EXPECT_EQ(key("\xc3\xa9"), key("E\xcc\x81"));
  EXPECT_EQ(key("\xef\xac\x81le"), "fiLE");
  EXPECT_EQ(key("\xea\xb0\x80"), "\xea\xb0\x80");  // a Hangul syllable has no decomposition property
  EXPECT_EQ(key("a\xff\xc3z"), "A\xff\xc3Z");      // ill-formed bytes stay
}

TEST(Collation, SharedVectors) {
  const char* shared = std::getenv("SHARED");
  std::ifstream in(std::string(shared ? shared : SOURCE_DIR "/../shared") + "/vectors/unicode/casemap-rfc5051.json");
  if (!in) GTEST_SKIP() << "no vectors/unicode/casemap-rfc5051.json";
  std::stringstream text;
  text << in.rdbuf();
  std::string all = text.str();
  // "in_cp": "0053 00DF", ... "out_utf8_hex": "..."
  std::regex entry(R"x("in_cp": "([0-9A-F ]*)"[^}]*"out_utf8_hex": "([0-9a-f]*)")x");
  std::size_t n = 0;
  for (std::sregex_iterator i(all.begin(), all.end(), entry), end; i != end; ++i, ++n) {
    std::string utf8;
    std::istringstream points((*i)[1].str());
    for (unsigned c; points >> std::hex >> c;) {
      if (c < 0x80) {
        utf8 += static_cast<char>(c);
      } else if (c < 0x800) {
        utf8 += static_cast<char>(0xc0 | c >> 6);
      } else if (c < 0x10000) {
        utf8 += static_cast<char>(0xe0 | c >> 12);
        utf8 += static_cast<char>(0x80 | (c >> 6 & 0x3f));
      } else {
        utf8 += static_cast<char>(0xf0 | c >> 18);
        utf8 += static_cast<char>(0x80 | (c >> 12 & 0x3f));
        utf8 += static_cast<char>(0x80 | (c >> 6 & 0x3f));
      }
      if (c >= 0x80) utf8 += static_cast<char>(0x80 | (c & 0x3f));
    }
    EXPECT_EQ(base::hex(sort_key(Collation::unicode_casemap, utf8)), (*i)[2].str()) << (*i)[1].str();
  }
  EXPECT_GT(n, 10u);
}

TEST(Collation, Orders) {
  auto less = [](Collation c, std::string_view a, std::string_view b) { return sort_key(c, a) < sort_key(c, b); };
  EXPECT_TRUE(less(Collation::ascii_casemap, "a", "B"));
  EXPECT_EQ(sort_key(Collation::ascii_casemap, "stra\xc3\x9f" "e"), "STRA\xc3\x9f" "E");
  EXPECT_TRUE(less(Collation::octet, "B", "a"));
  EXPECT_TRUE(less(Collation::ascii_numeric, "9", "10x"));
  EXPECT_TRUE(less(Collation::ascii_numeric, "99999999999999999999", "100000000000000000000"));
  EXPECT_EQ(sort_key(Collation::ascii_numeric, "007 bond"), sort_key(Collation::ascii_numeric, "7"));
  EXPECT_EQ(sort_key(Collation::ascii_numeric, "000"), sort_key(Collation::ascii_numeric, "0"));
  EXPECT_TRUE(less(Collation::ascii_numeric, "5", "x"));
  EXPECT_EQ(sort_key(Collation::ascii_numeric, "x"), sort_key(Collation::ascii_numeric, ""));
}

TEST(Collation, Matching) {
  auto in = [](Collation c, std::string_view needle, std::string_view text) {
    return match_key(c, text).find(match_key(c, needle)) != std::string::npos;
  };
  EXPECT_TRUE(in(Collation::unicode_casemap, "STRASSE", "Kurze Stra\xc3\x9f" "e"));
  EXPECT_TRUE(in(Collation::unicode_casemap, "\xc3\x9c" "BER", "dar\xc3\xbc" "ber"));
  EXPECT_TRUE(in(Collation::unicode_casemap, "FILE", "pro\xef\xac\x81le"));
  EXPECT_FALSE(in(Collation::ascii_casemap, "\xc3\x9c", "\xc3\xbc"));
  EXPECT_TRUE(in(Collation::ascii_casemap, "ABC", "xabcx"));
  EXPECT_FALSE(in(Collation::octet, "ABC", "xabcx"));
  // Everything that RFC 5051 makes equal is found.
  for (std::string_view a : {"\xc4\xb1", "\xc5\xbf", "\xce\xa3", "\xcf\x82", "\xe2\x84\xaa", "\xd0\x96"})
    for (std::string_view b : {"I", "S", "\xcf\x83", "k", "\xd0\xb6"})
      if (sort_key(Collation::unicode_casemap, a) == sort_key(Collation::unicode_casemap, b))
        EXPECT_TRUE(in(Collation::unicode_casemap, a, b)) << a << b;
}

}  // namespace
