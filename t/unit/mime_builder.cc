#include <gtest/gtest.h>

#include "base/text.h"
#include "mime/body_values.h"
#include "mime/builder.h"
#include "mime/header.h"
#include "mime/limits.h"
#include "mime/message_id.h"
#include "mime/structure.h"
#include "mime/summary.h"
#include "mime/transfer.h"
#include "mime/words.h"

namespace {

using namespace postern::mime;
using postern::base::Fault;

BuildOptions options() {
  return {"id@example.org", {837596665, -420}, false};
}

HeaderBuilder header() {
  HeaderBuilder h;
  EXPECT_TRUE(h.add_addresses("From", {{"J\xc3\xb6rg Example", "j@example.org"}}));
  EXPECT_TRUE(h.add_text("Subject", "Sch\xc3\xb6ne Worte"));
  return h;
}

std::string body_of(const std::string& m, std::string_view section) {
  auto s = parse_structure_of(m);
  auto i = s.find(section);
  EXPECT_TRUE(i.has_value()) << section;
  if (!i) return {};
  const Part& p = s.parts[static_cast<std::size_t>(*i)];
  return decode_transfer(std::string_view(m).substr(p.body_begin, p.body_size()), encoding_of(p.encoding))
      .bytes;
}

TEST(MimeBuilder, PlainText) {
  OutPart p;
  p.content = "Hello\ncaf\xc3\xa9 and much plain text\n";
  auto m = build_message(header(), p, options());
  ASSERT_TRUE(m.has_value());
  EXPECT_EQ(
      *m,
      "From: =?utf-8?Q?J=C3=B6rg_Example?= <j@example.org>\r\nSubject: =?utf-8?Q?Sch=C3=B6ne_Worte?=\r\n"
      "Date: Wed, 17 Jul 1996 02:44:25 -0700\r\nMessage-ID: <id@example.org>\r\nMIME-Version: 1.0\r\n"
      "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
      "Hello\r\ncaf=C3=A9 and much plain text\r\n");
}

TEST(MimeBuilder, TreeRoundTrip) {
  OutPart text, html, alt, file, nested, root;
  text.content = "plain\n";
  html.type = "text/html";
  html.content = "<p>html</p>\r\n";
  html.cid = "h@x";
  alt.type = "multipart/alternative";
  alt.children = {text, html};
  file.type = "application/octet-stream";
  file.disposition = "attachment";
  file.filename = "\xe2\x82\xac " + std::string(100, 'n') + ".bin";
  file.content = std::string("\0\1\r\n\xff", 5);
  file.language = {"en", "de"};
  nested.type = "message/rfc822";
  nested.content = "Subject: in\r\n\r\nner";
  root.children = {alt, file, nested};
  auto m = build_message(header(), root, options());
  ASSERT_TRUE(m.has_value());
  auto s = parse_structure_of(*m);
  EXPECT_EQ(s.root().subtype, "mixed");
  EXPECT_EQ(body_of(*m, "1.1"), "plain\r\n");
  EXPECT_EQ(body_of(*m, "1.2"), html.content);
  EXPECT_EQ(body_of(*m, "2"), file.content);
  EXPECT_EQ(body_of(*m, "3"), nested.content);
  EXPECT_EQ(s.parts[static_cast<std::size_t>(*s.find("2"))].filename(), file.filename);
  EXPECT_EQ(s.parts[static_cast<std::size_t>(*s.find("1.2"))].cid(), "h@x");
  EXPECT_EQ(s.parts[static_cast<std::size_t>(*s.find("2"))].language, file.language);
  for (auto line : postern::base::split(*m, '\n')) EXPECT_LE(line.size(), 79u) << line;
}

TEST(MimeBuilder, BoundaryIsInNoContent) {
  OutPart a, root;
  a.content = "x";
  root.children = {a};
  auto first = build_message(header(), root, options());
  ASSERT_TRUE(first.has_value());
  // Content that holds the boundary of a message built from the same id.
  root.children[0].content =
      "--" + std::string(find_param(parse_structure_of(*first).root().params, "boundary"));
  auto m = build_message(header(), root, options());
  ASSERT_TRUE(m.has_value());
  EXPECT_EQ(body_of(*m, "1"), root.children[0].content);
}

TEST(MimeBuilder, J07RefusesWhatWouldBreakTheHeader) {
  HeaderBuilder h;
  for (const char* name : {"", "a\r\nb", "a b", "a:b", "caf\xc3\xa9", "a\tb"}) {
    EXPECT_FALSE(h.add_text(name, "x")) << name;
    EXPECT_FALSE(h.add_raw(name, "x")) << name;
    EXPECT_FALSE(h.add_addresses(name, {})) << name;
  }
  EXPECT_TRUE(h.add_raw(std::string(76, 'x'), " y"));
  EXPECT_FALSE(h.add_raw(std::string(77, 'x'), " y"));
  for (std::string_view raw : {"a\r\nb", "a\nb", "a\rb", "a\r\n", "a\r\n \r\n b", "a\r\n ", "a\n b"})
    EXPECT_FALSE(h.add_raw("X", raw)) << raw;
  EXPECT_FALSE(h.add_raw("X", std::string_view("a\0b", 3)));
  EXPECT_FALSE(h.add_raw("X", std::string(1000, 'x')));
  EXPECT_TRUE(h.add_raw("X", " a\r\n b\r\n\tc"));
  EXPECT_TRUE(h.add_raw("X", ""));
  EXPECT_FALSE(h.add_text("X", "a\r\nBcc: b"));
  EXPECT_FALSE(h.add_text("X", std::string_view("a\0", 2)));
  for (const char* email : {"a@b\r\nBcc: c", "a@b, c@d", "x <a@b>", "g:;", "", "a@b>", "a@b (c)"})
    EXPECT_FALSE(h.add_addresses("To", {{"n", email}})) << email;
  EXPECT_TRUE(h.add_addresses("To", {{"x\r\nBcc: y", "a@b"}}));  // encoded, so harmless
  EXPECT_EQ(h.block().find("\r\nBcc"), std::string::npos);
  EXPECT_FALSE(h.add_message_ids("References", {"a@b> <c@d"}));
  EXPECT_FALSE(h.add_message_ids("References", {"a@b\r\n"}));
  EXPECT_FALSE(h.add_urls("List-Post", {"http://x/ y"}));
  EXPECT_EQ(h.add_text("a:b", "x").error().code, "INVALID_HEADER");
  for_each_field(h.block(), [](const Field& f) { EXPECT_TRUE(valid_field_name(f.name)); });
}

TEST(MimeBuilder, J07RefusesBadParts) {
  auto refused = [](auto&& change) {
    OutPart p;
    change(p);
    auto m = build_message(header(), p, options());
    return !m.has_value() && m.error().fault == Fault::permanent;
  };
  EXPECT_TRUE(refused([](OutPart& p) { p.type = "text"; }));
  EXPECT_TRUE(refused([](OutPart& p) { p.type = "text/pl ain"; }));
  EXPECT_TRUE(refused([](OutPart& p) { p.type = "text/plain\r\nX: y"; }));
  EXPECT_TRUE(refused([](OutPart& p) { p.type = "multipart/mixed"; }));
  EXPECT_TRUE(refused([](OutPart& p) { p.charset = "a b"; }));
  EXPECT_TRUE(refused([](OutPart& p) { p.disposition = "in\nline"; }));
  EXPECT_TRUE(refused([](OutPart& p) { p.cid = "a>b"; }));
  EXPECT_TRUE(refused([](OutPart& p) { p.language = {"e n"}; }));
  EXPECT_TRUE(refused([](OutPart& p) { p.location = "a\r\nb"; }));
  EXPECT_TRUE(
      refused([](OutPart& p) { EXPECT_TRUE(p.extra.add_raw("content-transfer-encoding", " 7bit")); }));
  HeaderBuilder h = header();
  EXPECT_TRUE(h.add_raw("Content-Type", " text/html"));
  EXPECT_FALSE(build_message(h, {}, options()));
}

TEST(MimeBuilder, J07DepthAndPartsAtTheLimitAndOnePast) {
  auto nested = [](std::size_t depth) {
    OutPart p;
    p.content = "x";
    for (std::size_t i = 1; i < depth; ++i) {
      OutPart up;
      up.children.push_back(std::move(p));
      p = std::move(up);
    }
    return build_message(header(), p, options());
  };
  EXPECT_TRUE(nested(kMaxBuiltDepth).has_value());
  ASSERT_FALSE(nested(kMaxBuiltDepth + 1).has_value());
  EXPECT_EQ(nested(kMaxBuiltDepth + 1).error().fault, Fault::limit);
  OutPart wide;
  wide.children.resize(kMaxBuiltParts - 1);
  EXPECT_TRUE(build_message(header(), wide, options()).has_value());
  wide.children.resize(kMaxBuiltParts);
  EXPECT_FALSE(build_message(header(), wide, options()).has_value());
}

TEST(MimeBuilder, FoldsAndReadsBack) {
  std::vector<OutAddress> many;
  for (int i = 0; i < 200; ++i)
    many.push_back({"Name, Number " + std::to_string(i), "a" + std::to_string(i) + "@example.org"});
  HeaderBuilder h;
  ASSERT_TRUE(h.add_addresses("To", many));
  ASSERT_TRUE(h.add_groups(
      "Cc", {{"", false, {many[0]}}, {"Gr\xc3\xbcppe", true, {many[1], many[2]}}, {"empty", true, {}}}));
  std::string words;
  for (int i = 0; i < 100; ++i) words += "word" + std::to_string(i) + " ";
  words += "end";
  ASSERT_TRUE(h.add_text("Subject", words));
  ASSERT_TRUE(h.add_message_ids("References", {"a@b", "c@d"}));
  for (auto line : postern::base::split(h.block(), '\n')) EXPECT_LE(line.size(), 79u);
  auto list = flat_addresses(parse_addresses(first_value(h.block(), "To")));
  ASSERT_EQ(list.size(), 200u);
  EXPECT_EQ(list[199].name(), many[199].name);
  EXPECT_EQ(decode_text(first_value(h.block(), "Subject")), words);
  auto groups = grouped_addresses(parse_addresses(first_value(h.block(), "Cc")));
  ASSERT_EQ(groups.size(), 3u);
  EXPECT_EQ(*groups[1].name, "Gr\xc3\xbcppe");
  EXPECT_EQ(parse_message_ids(first_value(h.block(), "References")),
            (std::vector<std::string>{"a@b", "c@d"}));
}

}  // namespace
