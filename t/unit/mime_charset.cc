#include <gtest/gtest.h>
#include <unicode/ucnv.h>

#include <random>

#include "base/text.h"
#include "mime/charset.h"

namespace {

using namespace postern::mime;
using postern::base::is_valid_utf8;

// RFC 2781 4.3: the mark decides, and without one it is big-endian.
TEST(MimeCharset, OrderOfUtf16) {
  using namespace std::string_view_literals;
  EXPECT_EQ(to_utf8("\0a\0b"sv, "utf-16").text, "ab");
  EXPECT_EQ(to_utf8("\xfe\xff\0a"sv, "UTF-16").text, "a");
  EXPECT_EQ(to_utf8("\xff\xfe"
                    "a\0"sv,
                    "utf-16")
                .text,
            "a");
}

TEST(MimeCharset, NamesSeenInMail) {
  struct Case {
    const char *charset, *bytes, *text;
    bool problem;
  };
  const Case cases[] = {
      {"utf-8", "caf\xc3\xa9", "caf\xc3\xa9", false},
      {"UTF8", "caf\xe9", "caf\xef\xbf\xbd", true},
      {"iso-8859-1", "\x93q\x94", "\xe2\x80\x9cq\xe2\x80\x9d", false},
      {" \tISO-8859-15 ", "\xa4", "\xe2\x82\xac", false},
      {"windows-1252", "\x80", "\xe2\x82\xac", false},
      {"cp932", "\x82\xa0", "\xe3\x81\x82", false},
      {"shift_jis", "\x87\x40", "\xe2\x91\xa0", false},
      {"gb2312", "\xc4\xe3", "\xe4\xbd\xa0", false},
      {"big5", "\xa7\x41", "\xe4\xbd\xa0", false},
      {"ks_c_5601-1987", "\xb0\xa1", "\xea\xb0\x80", false},
      {"koi8-r", "\xc1", "\xd0\xb0", false},
      {"x-unknown", "caf\xe9", "caf\xc3\xa9", true},
      {"", "caf\xc3\xa9", "caf\xc3\xa9", true},
      {"us-ascii", "abc", "abc", false},
      {"us-ascii", "caf\xe9", "caf\xc3\xa9", true},
      {"utf-7", "+ADw-", "+ADw-", true},
      {"iso-2022-jp", "\x1b$B$K\x1b(B", "\xe3\x81\xab", false},
      {"utf-16be", "a", "\xef\xbf\xbd", true},
  };
  for (const auto& c : cases) {
    auto r = to_utf8(c.bytes, c.charset);
    EXPECT_EQ(r.text, c.text) << c.charset;
    EXPECT_EQ(r.problem, c.problem) << c.charset;
  }
  EXPECT_FALSE(known_charset("utf-7"));
  EXPECT_FALSE(known_charset(std::string(1000, 'x')));
  EXPECT_FALSE(known_charset("utf-16,swaplfnl"));
}

TEST(MimeCharset, M08EveryConverterGivesValidUtf8) {
  std::mt19937 random(42);
  std::string bytes(600, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  for (std::int32_t i = 0; i < ucnv_countAvailable(); ++i) {
    const char* name = ucnv_getAvailableName(i);
    auto whole = to_utf8(bytes, name).text;
    EXPECT_TRUE(is_valid_utf8(whole)) << name;
    for (std::size_t n : {1, 2, 3, 5, 31})
      EXPECT_TRUE(is_valid_utf8(to_utf8(bytes.substr(0, n), name).text)) << name;
    if (!known_charset(name)) continue;
    CharsetDecoder d(name);
    std::string out;
    for (char c : bytes) d.decode({&c, 1}, out, false);
    d.decode({}, out, true);
    EXPECT_TRUE(is_valid_utf8(out)) << name;
  }
}

TEST(MimeCharset, M08StateIsKeptBetweenPieces) {
  std::string bytes = "a\x1b$B$K$[$s$8\x1b(Bz";
  std::string want = to_utf8(bytes, "iso-2022-jp").text;
  for (std::size_t step = 1; step < bytes.size(); ++step) {
    CharsetDecoder d("iso-2022-jp");
    std::string out;
    for (std::size_t at = 0; at < bytes.size(); at += step)
      d.decode(std::string_view(bytes).substr(at, step), out, false);
    d.decode({}, out, true);
    EXPECT_EQ(out, want) << step;
    EXPECT_FALSE(d.problem());
  }
  // A decoder that stopped within a shift leaves no state behind for the next one.
  {
    CharsetDecoder d("iso-2022-jp");
    std::string out;
    d.decode("\x1b$B$", out, false);
  }
  EXPECT_EQ(to_utf8("abc", "iso-2022-jp").text, "abc");
}

TEST(MimeCharset, CutCharacters) {
  CharsetDecoder d("utf-8");
  std::string out;
  d.decode("a\xe2", out, false);
  d.decode("\x82", out, false);
  d.decode("\xac\xf0\x9f", out, false);
  EXPECT_EQ(out, "a\xe2\x82\xac");
  d.decode({}, out, true);
  EXPECT_EQ(out, "a\xe2\x82\xac\xef\xbf\xbd");
  EXPECT_TRUE(d.problem());
}

TEST(MimeCharset, ValidUtf8) {
  EXPECT_EQ(make_valid_utf8("a\xf0\x80z\xed\xa0\x80\xc0\xaf"),
            "a\xef\xbf\xbd\xef\xbf\xbdz\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(clip_utf8("a\xe2\x82\xac", 3), "a");
  EXPECT_EQ(clip_utf8("a\xe2\x82\xac", 4), "a\xe2\x82\xac");
  EXPECT_EQ(clip_utf8("\xe2\x82\xac", 0), "");
}

}  // namespace
