#include <gtest/gtest.h>

#include "base/text.h"
#include "mime/header.h"
#include "mime/limits.h"
#include "mime/words.h"

namespace {

using namespace postern::mime;

TEST(MimeWords, Rfc2047Section8) {
  struct Case {
    const char *raw, *text;
  };
  const Case cases[] = {
      {"=?ISO-8859-1?Q?a?=", "a"},
      {"=?ISO-8859-1?Q?a?= b", "a b"},
      {"=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"},
      {"=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=", "ab"},
      {"=?ISO-8859-1?Q?a?=\r\n   =?ISO-8859-1?Q?b?=", "ab"},
      {"=?ISO-8859-1?Q?a_b?=", "a b"},
      {"=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b"},
      {"=?US-ASCII*EN?Q?Keith_Moore?= x", "Keith Moore x"},
      {"=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?= "
       "=?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
       "If you can read this you understand the example."},
      {"=?utf-8?Q?=E2=98?= =?utf-8?Q?=83?=", "\xe2\x98\x83"},  // one character in two words
      {"=?ISO-2022-JP?B?GyRCJEskWyRzJDgbKEI=?=", "\xe3\x81\xab\xe3\x81\xbb\xe3\x82\x93\xe3\x81\x98"},
      {"plain", "plain"},
      {"caf\xe9", "caf\xc3\xa9"},
      {"caf\xc3\xa9", "caf\xc3\xa9"},
      {"a =?utf-8?q?b?= c =?utf-8?q?d?=", "a b c d"},
      {"=?utf-8?q?\?=", ""},
      {"=?utf-8?x?a?= =?utf-8?q?b", "=?utf-8?x?a?= =?utf-8?q?b"},
      // A word that was cut off stays as it is, and those behind it are words.
      {"=?utf-8?q?cut (=?utf-8?q?a?=)", "=?utf-8?q?cut (a)"},
      {"=?utf-8?q?cut =?utf-8?b?w6Q=?= =?utf-8?b?w7Y=?=", "=?utf-8?q?cut \xc3\xa4\xc3\xb6"},
      {"=?utf-8?q?a=?b?=", "a=?b"},
      // One ends in ASCII and the next leaves it at once (RFC 1468).
      {"=?iso-2022-jp?B?GyRCJWwbKEI=?= =?iso-2022-jp?B?GyRCJS8bKEI=?=", "\xe3\x83\xac\xe3\x82\xaf"},
      {"=?utf-16?B?AGEAYg==?=", "ab"},
  };
  for (const auto& c : cases) EXPECT_EQ(decode_words(c.raw), c.text) << c.raw;
}

TEST(MimeWords, M06NoNewHeaderLine) {
  for (const char* s :
       {"=?utf-8?Q?a=0D=0AX:_y=00\"z?=", "=?utf-8?B?DQpYOiB5AA==?=", "=?utf-16?B?DQAKAA==?="}) {
    auto text = decode_words(s);
    EXPECT_EQ(text.find_first_of(std::string_view("\r\n\0", 3)), std::string::npos) << s;
  }
  EXPECT_EQ(decode_words("=?utf-8?Q?a=0D=0Ab=00c\"?="), "a  b c\"");
}

TEST(MimeWords, M06RefusedCharsetsStayAsTheyAre) {
  for (const char* s : {"=?utf-7?Q?+ADw-script+AD4-?=", "=?unicode-1-1-utf-7?Q?+ADw-?=", "=?nosuch?B?AAAA?=",
                        "=?scsu?Q?x?=", "=?imap-mailbox-name?Q?&AGE-?=", "=?\?Q?x?="})
    EXPECT_EQ(decode_words(s), s);
}

TEST(MimeWords, M06HugeWordsAndBeginnings) {
  std::string one = "=?utf-8?Q?" + std::string(1 << 20, 'x') + "?=";
  EXPECT_LE(decode_words(one).size(), kMaxHeaderText);
  EXPECT_EQ(decode_words("=?utf-8?Q?" + std::string(kMaxHeaderText, 'x') + "?=").size(), kMaxHeaderText);
  EXPECT_EQ(decode_words("=?utf-8?Q?" + std::string(kMaxHeaderText + 1, 'x') + "?=").size(), kMaxHeaderText);
  std::string starts;
  for (int i = 0; i < 100'000; ++i) starts += "=?a?Q?";
  EXPECT_LE(decode_words(starts).size(), kMaxHeaderText);
}

TEST(MimeWords, TextIsUnfoldedAndComposed) {
  EXPECT_EQ(decode_text(" a\r\n b"), "a b");
  EXPECT_EQ(decode_text("e\xcc\x81"), "\xc3\xa9");
  std::string marks = "e";
  for (int i = 0; i < 10'000; ++i) marks += i % 2 ? "\xcc\x81" : "\xcc\xa3";
  EXPECT_EQ(decode_text(marks), marks);  // M08: putting these in order would cost their square
}

TEST(MimeWords, EncodeRoundTrip) {
  const std::string texts[] = {
      "plain text",
      "caf\xc3\xa9",
      std::string(50, 'x') + "\xe2\x82\xac" + std::string(50, 'y'),
      "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe3\x81\xae\xe9\x95\xb7\xe3\x81\x84\xe4\xbb\xb6\xe5\x90\x8d"
      "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe3\x81\xae\xe9\x95\xb7\xe3\x81\x84\xe4\xbb\xb6\xe5\x90\x8d",
      " leading and trailing ",
      "looks like =?utf-8?Q?a?= word",
      std::string(2000, 'z'),
      "a?b=c_d, e; \"f\" <g>"};
  for (const auto& t : texts)
    for (bool phrase : {false, true}) {
      auto e = encode_words(t, phrase);
      EXPECT_EQ(decode_words(e), t);
      for (auto word : postern::base::split(e, ' ')) {
        if (word.starts_with("=?")) {
          EXPECT_LE(word.size(), 75u);
        }
      }
    }
  EXPECT_EQ(encode_words("plain"), "plain");
  EXPECT_EQ(encode_words("caf\xc3\xa9 with more"), "=?utf-8?Q?caf=C3=A9_with_more?=");
  EXPECT_EQ(encode_words("\xc3\xa9\xc3\xa9"), "=?utf-8?B?w6nDqQ==?=");
}

TEST(MimeWords, ExtendedValues) {
  EXPECT_EQ(decode_extended("iso-8859-1'en'%A3%20rates"), "\xc2\xa3 rates");
  EXPECT_EQ(decode_extended("UTF-8''%c2%a3%20and%20%e2%82%ac%20rates"), "\xc2\xa3 and \xe2\x82\xac rates");
  EXPECT_EQ(decode_extended("plain%"), "plain%");
  EXPECT_EQ(decode_extended("utf-8''%0d%0a%00"), "   ");
}

TEST(MimeWords, EncodeParam) {
  EXPECT_EQ(encode_param("name", "a b.txt"), "; name=\"a b.txt\"");
  EXPECT_EQ(encode_param("name", "a\"b"), "; name=\"a\\\"b\"");
  EXPECT_EQ(encode_param("name", "\xe2\x82\xac.txt"), "; name*=utf-8''%E2%82%AC.txt");
  for (std::size_t n : {1, 60, 70, 80, 500}) {
    std::string value;
    for (std::size_t i = 0; i < n; ++i) value += i % 3 ? "x" : "\xc3\xa9";
    auto v = parse_params("attachment" + encode_param("filename", value));
    EXPECT_EQ(v.param("filename"), value);
  }
}

}  // namespace
