#include "index/extract.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "index/limits.h"
#include "mime/limits.h"

namespace {

using namespace postern::index;

std::string all(const Document& d, Field f) {
  std::string out;
  for (const Text& t : d.texts)
    if (t.field == f) out += t.text + "|";
  return out;
}

TEST(IndexExtract, HeaderFields) {
  auto d = extract(
      "From: =?iso-8859-1?Q?J=F6rg?= <joerg@example.org>\r\nTo: \"O\\'Neil\" (the boss) <o@example.org>\r\nCC: c@example.org\r\n"
      "Bcc: b@example.org\r\nSubject: =?utf-8?B?R3LDvMOfZQ==?=\r\n from afar\r\nX-Mailer: Thing 1.0\r\n\r\nHi\r\n");
  EXPECT_EQ(all(d, Field::from), "Jörg <joerg@example.org>|");
  EXPECT_EQ(all(d, Field::to), "\"O\\'Neil\" (the boss) <o@example.org>| O'Neil o@example.org|");
  EXPECT_EQ(all(d, Field::cc), "c@example.org|");
  EXPECT_EQ(all(d, Field::bcc), "b@example.org|");
  EXPECT_EQ(all(d, Field::subject), "Grüße from afar|");
  EXPECT_EQ(all(d, Field::header), "Thing 1.0|From To CC Bcc Subject X-Mailer |");
  EXPECT_EQ(all(d, Field::body), "Hi\r\n|");
  EXPECT_FALSE(d.incomplete);
}

TEST(IndexExtract, Parts) {
  auto d = extract(
      "Content-Language: fr\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n"
      "Content-Type: multipart/alternative; boundary=a\r\n\r\n--a\r\nContent-Type: text/plain; charset=iso-8859-1\r\n"
      "Content-Transfer-Encoding: quoted-printable\r\n\r\n=C9t=E9\r\n--a\r\nContent-Type: text/html; charset=utf-8\r\n"
      "Content-Language: de\r\n\r\n<p>Som&shy;mer&amp;<b>Sonne</b></p>\r\n--a--\r\n--m\r\nContent-Type: application/pdf\r\n"
      "Content-Disposition: attachment; filename*=utf-8''%C3%9Cbersicht.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERg==\r\n"
      "--m\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\nFrom: i@example.org\r\n\r\nforwarded\r\n--m--\r\n");
  EXPECT_EQ(all(d, Field::body), "Été|Sommer&Sonne|inner|i@example.org|forwarded|");
  EXPECT_EQ(all(d, Field::source), "<p>Som&shy;mer&amp;<b>Sonne</b></p>|");
  EXPECT_EQ(all(d, Field::attachment), "Übersicht.pdf|");
  ASSERT_EQ(d.attached.size(), 1u);
  EXPECT_EQ(d.attached[0].type, "application/pdf");
  EXPECT_EQ(d.attached[0].name, "Übersicht.pdf");
  EXPECT_EQ(d.attached[0].encoding, "base64");
  EXPECT_EQ(d.attached[0].raw, "JVBERg==");
  for (const Text& t : d.texts) {
    if (t.field != Field::body) continue;
    bool html = t.text.starts_with("Som");
    EXPECT_EQ(name_of(t.language), html ? "de" : "fr") << t.text;
    EXPECT_EQ(t.alternative, html) << t.text;
  }
}

TEST(IndexExtract, CharsetsOfAllKinds) {
  struct Case {
    const char *charset, *bytes, *text;
  };
  const Case cases[] = {
      {"koi8-r", "\xf0\xd2\xc9\xd7\xc5\xd4", "Привет"},
      {"shift_jis", "\x93\x8c\x8b\x9e", "東京"},
      {"iso-2022-jp", "\x1b$BEl5~\x1b(B", "東京"},
      {"gb18030", "\xb1\xb1\xbe\xa9", "北京"},
      {"euc-kr", "\xb1\xb9", "국"},
      {"windows-874", "\xe4\xb7\xc2", "ไทย"},
      {"no-such-charset", "caf\xc3\xa9", "café"},
  };
  for (const auto& c : cases) {
    std::string message = std::string("Content-Type: text/plain; charset=") + c.charset + "\r\n\r\n" + c.bytes;
    EXPECT_EQ(all(extract(message), Field::body), std::string(c.text) + "|") << c.charset;
  }
}

TEST(IndexExtract, LimitsMakeItIncomplete) {
  std::string text(kMaxText + 1 - 8, 'x');  // "Subject" stands in another text
  auto exact = extract("\r\n" + text.substr(0, kMaxText));
  EXPECT_FALSE(exact.incomplete);
  auto over = extract("\r\n" + std::string(kMaxText + 1, 'x'));
  EXPECT_TRUE(over.incomplete);
  EXPECT_EQ(all(over, Field::body).size(), kMaxText + 1);
  EXPECT_FALSE(extract("\r\nshort").incomplete);
  EXPECT_TRUE(extract("\r\nshort", true).incomplete);

  std::string many = "Content-Type: multipart/mixed; boundary=m\r\n\r\n";
  for (std::size_t i = 0; i < kMaxAttached + 1; ++i) many += "--m\r\nContent-Type: application/x\r\n\r\nbytes\r\n";
  EXPECT_EQ(extract(many).attached.size(), kMaxAttached);

  std::string header = "Subject: " + std::string(postern::mime::kMaxHeaderText + 10, 'x') + "\r\n\r\n";
  EXPECT_TRUE(extract(header).incomplete);
  std::string parts = "Content-Type: multipart/mixed; boundary=m\r\n\r\n";
  for (std::size_t i = 0; i < postern::mime::kMaxParts + 1; ++i) parts += "--m\r\n\r\nx\r\n";
  EXPECT_TRUE(extract(parts).incomplete);
}

// What a scan would not look at is no proof of anything.
TEST(IndexExtract, BeyondWhatAScanSees) {
  auto with_header = [](std::size_t bytes) {
    std::string field = "X-Filler: " + std::string(500, 'x') + "\r\n", header;
    while (header.size() + 2 * field.size() < bytes) header += field;
    header += "X-Last: ";
    header.append(bytes - header.size() - 4, 'y');
    return header + "\r\n\r\nbody";
  };
  EXPECT_FALSE(extract(with_header(kMaxHeader)).incomplete);
  EXPECT_TRUE(extract(with_header(kMaxHeader + 1)).incomplete);

  auto seen = [](std::size_t bytes) {
    auto d = extract("Content-Type: text/html; charset=utf-8\r\n\r\nword<!--" + std::string(bytes - 11, 'x') + "-->");
    EXPECT_FALSE(d.incomplete);
    auto body = std::ranges::find(d.texts, Field::body, &Text::field);
    return body == d.texts.end() ? kSeenByAll : body->seen;
  };
  EXPECT_EQ(seen(kMaxShownHtml), kSeenByReader);
  EXPECT_EQ(seen(kMaxShownHtml + 1), kSeenByNobody);
}

TEST(IndexExtract, AMessageThatIsTooLarge) {
  std::string message = "Subject: s\r\nContent-Type: application/x\r\n\r\n";
  message.resize(kMaxMessage, 'y');
  EXPECT_FALSE(extract(message).incomplete);
  message += 'y';
  EXPECT_TRUE(extract(message).incomplete);
}

}  // namespace
