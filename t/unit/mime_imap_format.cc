#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "mime/imap_format.h"
#include "mime/limits.h"

namespace {

using namespace postern::mime;

std::string load(const std::string& name) {
  std::ifstream in(std::string(SOURCE_DIR) + "/t/unit/data/mime/" + name + ".eml", std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
std::string structure_of(const std::string& name) {
  return bodystructure(parse_structure_of(load(name)));
}
std::string body_of(const std::string& name) {
  return body(parse_structure_of(load(name)));
}

TEST(MimeImapFormat, Strings) {
  auto put = [](std::string_view s) {
    std::string out;
    put_imap_nstring(out, s);
    return out;
  };
  EXPECT_EQ(put(""), "NIL");
  EXPECT_EQ(put("abc"), "\"abc\"");
  EXPECT_EQ(put("a\"b\\c"), "\"a\\\"b\\\\c\"");
  EXPECT_EQ(put("caf\xc3\xa9"), "{5}\r\ncaf\xc3\xa9");
  EXPECT_EQ(put(std::string_view("a\r\nb\0", 5)), "\"a  b \"");
  EXPECT_EQ(put(std::string_view("\xe9\"\0", 3)), "{3}\r\n\xe9\" ");
}

TEST(MimeImapFormat, EnvelopeOfRfc9051Example) {
  // The message of RFC 9051 section 8.
  EXPECT_EQ(
      envelope("Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\nFrom: Terry Gray <gray@cac.washington.edu>\r\n"
               "Subject: IMAP4rev2 WG mtg summary and minutes\r\nTo: imap@cac.washington.edu\r\n"
               "cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r\n"
               "Message-Id: <B27397-0100000@cac.washington.edu>\r\nMIME-Version: 1.0\r\n\r\n"),
      R"x(("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" "IMAP4rev2 WG mtg summary and minutes" )x"
      R"x((("Terry Gray" NIL "gray" "cac.washington.edu")) )x"
      R"x((("Terry Gray" NIL "gray" "cac.washington.edu")) )x"
      R"x((("Terry Gray" NIL "gray" "cac.washington.edu")) ((NIL NIL "imap" "cac.washington.edu")) )x"
      R"x(((NIL NIL "minutes" "CNRI.Reston.VA.US")("John Klensin" NIL "KLENSIN" "MIT.EDU")) NIL NIL )x"
      R"x("<B27397-0100000@cac.washington.edu>"))x");
}

TEST(MimeImapFormat, EnvelopeTable) {
  EXPECT_EQ(envelope(""), "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)");
  EXPECT_EQ(envelope("Subject:\r\nDate: x\r\n\r\n"), R"x(("x" "" NIL NIL NIL NIL NIL NIL NIL NIL))x");
  EXPECT_EQ(envelope("To: A Group:Ed <c@a>;, x\r\n"),
            R"x((NIL NIL NIL NIL NIL ((NIL NIL "A Group" NIL)("Ed" NIL "c" "a"))x"
            R"x((NIL NIL NIL NIL)(NIL NIL "x" "")) NIL NIL NIL NIL))x");
  EXPECT_EQ(envelope("Cc: <@a,@b:c@d>, \"\"@x\r\n"),
            R"x((NIL NIL NIL NIL NIL NIL ((NIL "@a,@b" "c" "d")(NIL NIL "" "x")) NIL NIL NIL))x");
  EXPECT_EQ(
      envelope("Subject: a\r\n\tfold\r\nFrom: =?utf-8?Q?J=C3=B6rg?= <j@x>\r\nSender: s@t\r\nReply-To: ,\r\n"),
      "(NIL \"a\tfold\" ((\"=?utf-8?Q?J=C3=B6rg?=\" NIL \"j\" \"x\")) ((NIL NIL \"s\" \"t\")) "
      "((\"=?utf-8?Q?J=C3=B6rg?=\" NIL \"j\" \"x\")) NIL NIL NIL NIL NIL)");
  EXPECT_EQ(envelope("Subject: caf\xe9\r\n"), "(NIL {4}\r\ncaf\xe9 NIL NIL NIL NIL NIL NIL NIL NIL)");
}

TEST(MimeImapFormat, EnvelopeHasABudget) {
  std::string to = "To: ", name(kMaxAddressName, 'n');
  for (int i = 0; i < 900; ++i) to += name + " <a@b>,";
  auto e = envelope(to + "\r\n");
  EXPECT_LE(e.size(), kMaxImapString + 2 * kMaxAddressName);
  EXPECT_TRUE(e.ends_with(" NIL NIL NIL NIL)"));
}

TEST(MimeImapFormat, BodyStructures) {
  EXPECT_EQ(structure_of("plain"),
            R"x(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 27 2 NIL NIL NIL NIL))x");
  EXPECT_EQ(body_of("plain"), R"x(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 27 2))x");
  EXPECT_EQ(structure_of("alternative"),
            R"x((("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 11 0 NIL NIL NIL NIL))x"
            R"x(("text" "html" ("charset" "utf-8") NIL NIL "7bit" 24 0 NIL NIL NIL NIL) "alternative" )x"
            R"x(("boundary" "=_alt") NIL NIL NIL))x");
  EXPECT_EQ(body_of("alternative"),
            R"x((("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 11 0))x"
            R"x(("text" "html" ("charset" "utf-8") NIL NIL "7bit" 24 0) "alternative"))x");
  EXPECT_EQ(
      structure_of("message-simple"),
      R"x(("message" "rfc822" NIL NIL NIL "7bit" 46 )x"
      R"x((NIL "nested" ((NIL NIL "in" "ner")) )x"
      R"x(((NIL NIL "in" "ner")) ((NIL NIL "in" "ner")) NIL NIL NIL NIL NIL) )x"
      R"x(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 13 1 NIL NIL NIL NIL) 4 NIL NIL NIL NIL))x");
}

TEST(MimeImapFormat, ExtensionData) {
  EXPECT_EQ(
      structure_of("extension-data"),
      R"x((("text" "plain" ("charset" "UTF-8" "format" "flowed") "<p1@x>" "=?utf-8?Q?d=C3=A9?=" "7bit" 4 0 )x"
      R"x("Q2hlY2sgSW50ZWdyaXR5IQ==" )x"
      R"x(("attachment" ("filename*" "utf-8''%E2%82%AC.txt")) ("fr") "a.txt") "mixed" )x"
      R"x(("boundary" "b") ("inline" ("x" "y")) ("en" "de") "http://x.test/"))x");
}

TEST(MimeImapFormat, LeavesThatAreNoLeaves) {
  EXPECT_EQ(structure_of("no-boundary-param"),
            R"x(("text" "plain" NIL NIL NIL "7bit" 20 4 NIL NIL NIL NIL))x");
  EXPECT_EQ(body_of("message-base64"),
            R"x(("message" "rfc822" NIL NIL NIL "base64" 22 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) )x"
            R"x(("text" "plain" NIL NIL NIL "7bit" 0 0) 1))x");
}

TEST(MimeImapFormat, BodyHasABudget) {
  std::string m = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
  for (std::size_t i = 1; i < kMaxParts; ++i)
    m += "--b\r\nContent-Type: application/octet-stream; name=\"" + std::string(90, 'n') + "\"\r\n\r\nx\r\n";
  auto s = parse_structure_of(m + "--b--\r\n");
  auto b = bodystructure(s);
  EXPECT_GT(b.size(), kMaxImapString);
  EXPECT_LE(b.size(), kMaxImapString + 4096);
  EXPECT_TRUE(b.ends_with(" \"\" NIL NIL NIL NIL)"));
}

}  // namespace
