#include "imap/body_text.h"

#include <gtest/gtest.h>

#include <vector>

namespace {

using namespace postern::imap;
using Part = std::vector<std::uint32_t>;

const std::string kPlain = R"(("TEXT" "PLAIN" ("CHARSET" "us-ascii") NIL NIL "QUOTED-PRINTABLE" 12 1))";
const std::string kImage = R"(("IMAGE" "PNG" NIL NIL "a \") b" "BASE64" 164))";
const std::string kMixed = "(" + kPlain + kImage + R"( "MIXED"))";
const std::string kMessage = R"(("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 400 (NIL {7})" "\r\na) (\"b " R"(NIL) )" + kMixed + " 9)";
const std::string kOuter = "(" + kPlain + kMessage + R"( "MIXED"))";

TEST(BodyText, PartsByNumber) {
  EXPECT_EQ(body_of_part(kPlain, Part{}), kPlain);
  EXPECT_EQ(body_of_part(kPlain, Part{1}), kPlain);
  EXPECT_EQ(body_of_part(kPlain, Part{2}), "");
  EXPECT_EQ(body_of_part(kPlain, (Part{1, 1})), "");
  EXPECT_EQ(body_of_part(kMixed, Part{}), kMixed);
  EXPECT_EQ(body_of_part(kMixed, Part{2}), kImage);
  EXPECT_EQ(body_of_part(kMixed, Part{3}), "") << "the subtype is no part";
  EXPECT_EQ(body_of_part(kMixed, Part{0}), "");
  EXPECT_EQ(body_of_part(kOuter, Part{2}), kMessage);
  EXPECT_EQ(body_of_part(kOuter, (Part{2, 1})), kPlain);
  EXPECT_EQ(body_of_part(kOuter, (Part{2, 2})), kImage);
  EXPECT_EQ(body_of_part(kMessage, (Part{1, 2})), kImage);
  EXPECT_EQ(body_of_message(kMessage), kMixed);
  EXPECT_EQ(body_of_message(kPlain), "");
}

TEST(BodyText, WithoutEncoding) {
  EXPECT_EQ(without_encoding(kPlain, 10, 2), R"(("TEXT" "PLAIN" ("CHARSET" "us-ascii") NIL NIL "BINARY" 10 2))");
  EXPECT_EQ(without_encoding(kImage, 123, 0), R"(("IMAGE" "PNG" NIL NIL "a \") b" "BINARY" 123))");
  EXPECT_EQ(without_encoding(kMixed, 1, 1), kMixed);
  EXPECT_EQ(without_encoding(kMessage, 1, 1), kMessage);
}

// Whatever the disk gives back is read within its bounds.
TEST(BodyText, CutAnywhere) {
  for (std::size_t n = 0; n <= kOuter.size(); ++n) {
    std::string cut = kOuter.substr(0, n);
    for (auto& part : {Part{}, Part{1}, Part{2}, Part{2, 2}, Part{9}}) (void)body_of_part(cut, part);
    (void)body_of_message(cut);
    (void)without_encoding(cut, 1, 1);
  }
  for (std::string bad : {"({99999999999}\r\n", "(\"a\\", "({", "()", "(((((", "a", "(\"MESSAGE\" 1 2 3 4 5 6 7 (\""})
    (void)body_of_part(bad, Part{1, 1}), (void)without_encoding(bad, 1, 1);
}

}  // namespace
