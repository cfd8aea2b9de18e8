#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "mime/body_values.h"

namespace {

using namespace postern::mime;

std::string load(const std::string& name) {
  std::ifstream in(std::string(SOURCE_DIR) + "/t/unit/data/mime/" + name + ".eml", std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// A tree written as "mixed(A:text/plain,B:image/png;attachment,...)" made into a message; names become
// Content-IDs.
std::string build(std::string_view& spec, int& boundary) {
  auto end = spec.find_first_of("(,)");
  std::string_view head = spec.substr(0, end);
  if (end != std::string_view::npos && spec[end] == '(') {
    std::string b = "b" + std::to_string(boundary++);
    std::string out = "Content-Type: multipart/" + std::string(head) + "; boundary=" + b + "\r\n\r\n";
    spec.remove_prefix(end + 1);
    for (;;) {
      out += "--" + b + "\r\n" + build(spec, boundary) + "\r\n";
      char c = spec[0];
      spec.remove_prefix(1);
      if (c == ')') break;
    }
    return out + "--" + b + "--\r\n";
  }
  spec.remove_prefix(end == std::string_view::npos ? spec.size() : end);
  std::string out = "Content-ID: <" + std::string(head.substr(0, 1)) + ">\r\n";
  auto type = head.substr(2);
  auto semicolon = type.find(';');
  out += "Content-Type: " + std::string(type.substr(0, semicolon)) + "\r\n";
  if (semicolon != std::string_view::npos)
    out += "Content-Disposition: " + std::string(type.substr(semicolon + 1)) + "\r\n";
  return out + "\r\nx";
}

struct Shown {
  std::string text, html, attachments;
  bool has_attachment;
};

Shown show(std::string_view spec) {
  int boundary = 0;
  auto s = parse_structure_of(build(spec, boundary));
  auto lists = body_lists(s);
  auto names = [&](const std::vector<std::int32_t>& l) {
    std::string out;
    for (auto i : l) out += s.parts[static_cast<std::size_t>(i)].cid();
    return out;
  };
  return {names(lists.text_body), names(lists.html_body), names(lists.attachments), has_attachment(s, lists)};
}

TEST(MimeBodyValues, Rfc8621Example) {
  auto r = show(
      "mixed(A:text/plain;inline,mixed(alternative(mixed(B:text/plain;inline,C:image/jpeg;inline,D:text/"
      "plain;inline),"
      "related(E:text/html,F:image/jpeg)),G:image/jpeg;attachment,H:application/x-excel,J:message/"
      "rfc822),K:text/plain;inline)");
  EXPECT_EQ(r.text, "ABCDK");
  EXPECT_EQ(r.html, "AEK");
  EXPECT_EQ(r.attachments, "CFGHJ");
  EXPECT_TRUE(r.has_attachment);
}

TEST(MimeBodyValues, Table) {
  struct Case {
    const char *spec, *text, *html, *attachments;
    bool has;
  };
  const Case cases[] = {
      {"A:text/plain", "A", "A", "", false},
      {"A:text/html", "A", "A", "", false},
      {"A:application/pdf", "", "", "A", true},
      {"A:text/plain;attachment", "", "", "A", true},
      {"alternative(A:text/plain,B:text/html)", "A", "B", "", false},
      {"alternative(A:text/html)", "A", "A", "", false},
      {"alternative(A:text/plain)", "A", "A", "", false},
      {"alternative(A:text/plain,B:text/html,C:text/calendar)", "A", "B", "C", true},
      {"related(A:text/html,B:image/png)", "A", "A", "B", false},
      {"related(A:text/html,B:image/png;attachment)", "A", "A", "B", true},
      {"mixed(A:text/plain,B:image/png)", "AB", "AB", "", false},
      {"mixed(A:text/plain,B:text/plain;inline; filename=x)", "A", "A", "B", false},
      {"mixed(A:text/plain,B:message/rfc822)", "A", "A", "B", true},
      {"signed(A:text/plain,B:application/pgp-signature)", "A", "A", "B", false},
  };
  for (const auto& c : cases) {
    auto r = show(c.spec);
    EXPECT_EQ(r.text, c.text) << c.spec;
    EXPECT_EQ(r.html, c.html) << c.spec;
    EXPECT_EQ(r.attachments, c.attachments) << c.spec;
    EXPECT_EQ(r.has_attachment, c.has) << c.spec;
  }
}

PartText decode(const std::string& name, std::uint64_t max = 1 << 20) {
  auto m = load(name);
  auto s = parse_structure_of(m);
  const Part& p = s.root();
  return decode_part_text(p, std::string_view(m).substr(p.body_begin, p.body_size()), max);
}

TEST(MimeBodyValues, PartText) {
  EXPECT_EQ(decode("plain").text, "Hello Bob,\nthis is text.\n");
  EXPECT_FALSE(decode("plain").is_encoding_problem);
  EXPECT_EQ(decode("iso2022").text, "\xe3\x81\xab\xe3\x81\xbb\xe3\x82\x93\xe3\x81\x98\n");
  EXPECT_TRUE(decode("unknown-charset").is_encoding_problem);
  EXPECT_EQ(decode("unknown-charset").text, "caf\xc3\xa9 \xe2\x80\x9cquoted\xe2\x80\x9d\n");
  EXPECT_TRUE(decode("base64-odd").is_encoding_problem);
  EXPECT_TRUE(decode("qp-odd").is_encoding_problem);
  EXPECT_EQ(decode("bare-cr").text, "x\ry\r\n");
}

TEST(MimeBodyValues, Truncation) {
  auto t = decode("plain", 5);
  EXPECT_EQ(t.text, "Hello");
  EXPECT_TRUE(t.is_truncated);
  t = decode("plain", 25);
  EXPECT_FALSE(t.is_truncated);
  t = decode("plain", 24);
  EXPECT_TRUE(t.is_truncated);
  EXPECT_EQ(decode("iso2022", 4).text, "\xe3\x81\xab");
  EXPECT_EQ(decode("empty", 0).is_truncated, false);
  Part html;
  html.subtype = "html";
  EXPECT_EQ(decode_part_text(html, "<p>text<b class=x>bold", 10).text, "<p>text");
  EXPECT_EQ(decode_part_text(html, "<p>text<b class=x>bold", 19).text, "<p>text<b class=x>b");
}

TEST(MimeBodyValues, CrLfBetweenPiecesIsOneLineEnd) {
  Part p;
  std::string raw(32 * 1024 - 1, 'x');
  raw += "\r\ny";
  auto t = decode_part_text(p, raw, 1 << 20);
  EXPECT_EQ(t.text.substr(32 * 1024 - 2), "x\ny");
}

TEST(MimeBodyValues, DecodedSize) {
  Part p;
  EXPECT_EQ(decoded_size(p, "abc"), 3u);
  p.encoding = "base64";
  EXPECT_EQ(decoded_size(p, "SGVs\r\nbG8="), 5u);
  EXPECT_EQ(decoded_size(p, "SGVsbG8"), 5u);
  p.encoding = "quoted-printable";
  EXPECT_EQ(decoded_size(p, "=C3=A9=\r\nx"), 3u);
}

}  // namespace
