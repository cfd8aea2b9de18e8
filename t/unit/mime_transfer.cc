#include <gtest/gtest.h>

#include <random>

#include "base/text.h"
#include "mime/transfer.h"

namespace {

using namespace postern::mime;

struct Case {
  std::string in, out;
  bool malformed;
};

void check(const Case& c, Encoding e) {
  auto d = decode_transfer(c.in, e);
  EXPECT_EQ(d.bytes, c.out) << c.in;
  EXPECT_EQ(d.malformed, c.malformed) << c.in;
  TransferDecoder by_byte(e);
  std::string out;
  for (char ch : c.in) by_byte.decode({&ch, 1}, out);
  by_byte.finish(out);
  EXPECT_EQ(out, c.out) << c.in;
  EXPECT_EQ(by_byte.malformed(), c.malformed) << c.in;
}

TEST(MimeTransfer, M07Base64) {
  const Case cases[] = {
      {"SGVsbG8=", "Hello", false},
      {"SGVs\r\nbG8=\r\n", "Hello", false},
      {"SGVsbG8", "Hello", true},
      {"SGVsbG8gd29ybGQh", "Hello world!", false},
      {"S!GVsbG8=", "Hello", true},
      {"S!G*Vs-bG8=", "Hello", true},
      {"\xff SGVsbG8=", "Hello", true},
      {"S", "", true},
      {"SG", "H", true},
      {"SGV", "He", true},
      {"SGVsb", "Hel", true},
      {"====", "", true},
      {"SA==SA==", "HH", true},
      {"SGVsbG8=\r\n-- footer", "Hello~\x8a-z", true},
      {"", "", false},
      {"SGVsbG8=AA", std::string("Hello\0", 6), true},
  };
  for (const auto& c : cases) check(c, Encoding::base64);
}

TEST(MimeTransfer, M07QuotedPrintable) {
  const Case cases[] = {
      {"caf=C3=A9", "caf\xc3\xa9", false},
      {"caf=c3=a9", "caf\xc3\xa9", false},
      {"soft=\r\nbreak=\nx", "softbreakx", false},
      {"soft=  \t\r\nbreak", "softbreak", false},
      {"trail  \t\r\nx \n", "trail\r\nx\n", false},
      {"end =", "end ", false},
      {"end=\r\n", "end", false},
      {"end=\r", "end", false},
      {"=4", "=4", true},
      {"=ZZ", "=ZZ", true},
      {"=4Z", "=4Z", true},
      {"==41", "=A", true},
      {"= x", "= x", true},
      {"a\rb", "a\rb", false},
      {"a \rb", "a \rb", false},
      {"a \r\r\nb", "a \r\r\nb", false},
      {"8bit \xe9", "8bit \xe9", false},
      {std::string("nul\0", 4), std::string("nul\0", 4), true},
  };
  for (const auto& c : cases) check(c, Encoding::quoted_printable);
  std::string soft;
  for (int i = 0; i < 350'000; ++i) soft += "=\r\n";
  check({soft + "x", "x", false}, Encoding::quoted_printable);
  check({std::string(100'000, ' ') + "\r\nx", std::string(99'328, ' ') + "\r\nx", false},
        Encoding::quoted_printable);
}

TEST(MimeTransfer, UnknownEncodingPassesAndIsFlagged) {
  EXPECT_EQ(encoding_of(" X-UUencode "), Encoding::unknown);
  EXPECT_EQ(encoding_of("Base64"), Encoding::base64);
  EXPECT_EQ(encoding_of("8BIT"), Encoding::identity);
  check({"abc", "abc", true}, Encoding::unknown);
  check({"abc", "abc", false}, Encoding::identity);
}

TEST(MimeTransfer, EncodersRoundTrip) {
  std::mt19937 random(7);
  for (std::size_t n : {0, 1, 2, 3, 56, 57, 58, 75, 76, 77, 1000}) {
    std::string bytes(n, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    EXPECT_EQ(decode_transfer(encode_base64_lines(bytes), Encoding::base64).bytes, bytes);
    EXPECT_EQ(decode_transfer(encode_quoted_printable(bytes, false), Encoding::quoted_printable).bytes,
              bytes);
  }
  std::string text = "From here\r\n.\r\ntrailing \r\ncaf\xc3\xa9\t\r\n" + std::string(300, 'x') + "\r\n";
  auto qp = encode_quoted_printable(text, true);
  EXPECT_EQ(decode_transfer(qp, Encoding::quoted_printable).bytes, text);
  for (auto line : postern::base::split(qp, '\n')) EXPECT_LE(line.size(), 77u);
  EXPECT_EQ(qp.substr(0, 8), "=46rom h");
}

TEST(MimeTransfer, ChoosesEncoding) {
  EXPECT_EQ(choose_encoding("plain\r\n", true, false), "7bit");
  EXPECT_EQ(choose_encoding("mostly plain text with a caf\xc3\xa9", true, false), "quoted-printable");
  EXPECT_EQ(choose_encoding("mostly plain text with a caf\xc3\xa9", true, true), "8bit");
  EXPECT_EQ(choose_encoding("\xe6\x97\xa5\xe6\x9c\xac", true, false), "base64");
  EXPECT_EQ(choose_encoding(std::string(998, 'x'), true, false), "7bit");
  EXPECT_EQ(choose_encoding(std::string(999, 'x'), true, false), "quoted-printable");
  EXPECT_EQ(choose_encoding(std::string_view("a\0b", 3), false, true), "base64");
  EXPECT_EQ(choose_encoding("bare\nfeed", false, false), "base64");
  EXPECT_EQ(choose_encoding("bare\rreturn", true, false), "quoted-printable");
}

}  // namespace
