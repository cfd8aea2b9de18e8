#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "mime/imap_format.h"
#include "mime/limits.h"
#include "mime/summary.h"

namespace {

using namespace postern::mime;

std::string load(const std::string& name) {
  std::ifstream in(std::string(SOURCE_DIR) + "/t/unit/data/mime/" + name + ".eml", std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(MimeSummary, QuotedReply) {
  auto m = load("quoted-reply");
  auto s = summarize(m);
  EXPECT_EQ(s.size, m.size());
  EXPECT_EQ(s.header_size, m.find("\r\n\r\n") + 4);
  EXPECT_EQ(s.sent_date, 837596665);
  EXPECT_EQ(s.sent_zone, -420);
  EXPECT_TRUE(s.has_sent_date);
  EXPECT_EQ(s.subject, "Re: [list] Re: test (fwd)");
  EXPECT_EQ(s.base_subject, "test");
  EXPECT_TRUE(s.subject_is_reply);
  EXPECT_EQ(s.from.name, "Ann Example");
  EXPECT_EQ(s.from.mailbox, "ann");
  EXPECT_EQ(s.to.display(), "bob@example.net");
  EXPECT_EQ(s.message_ids, std::vector<std::string>{"1@example.org"});
  EXPECT_EQ(s.in_reply_to, std::vector<std::string>{"0@x"});
  EXPECT_EQ(s.references, (std::vector<std::string>{"0@x", "00@x"}));
  EXPECT_EQ(s.preview, "New text here.");
  EXPECT_FALSE(s.has_attachment);
  EXPECT_EQ(s.imap_envelope, envelope(std::string_view(m).substr(0, s.header_size)));
  auto tree = parse_structure(s.structure);
  ASSERT_TRUE(tree.has_value());
  EXPECT_EQ(tree->parts.size(), 1u);
}

TEST(MimeSummary, PartsAndPreview) {
  auto s = summarize(load("related"));
  EXPECT_TRUE(s.has_attachment);
  EXPECT_EQ(s.preview, "caf\xc3\xa9");
  s = summarize(load("alternative"));
  EXPECT_FALSE(s.has_attachment);
  EXPECT_EQ(s.preview, "Hello plain");
  EXPECT_EQ(summarize(load("html-only")).preview, "Hi & bye two");
  EXPECT_EQ(summarize(load("iso2022")).preview, "\xe3\x81\xab\xe3\x81\xbb\xe3\x82\x93\xe3\x81\x98");
  EXPECT_EQ(summarize("Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\n \r\n--b\r\n"
                      "Content-Type: text/html\r\n\r\n<p>full</p>\r\n--b--\r\n")
                .preview,
            "full");
}

TEST(MimeSummary, M10DatesFallBack) {
  auto s = summarize(
      "Received: from a by b; 1 Jan 2020 00:00:00 GMT\r\nReceived: x; 1 Jan 2000 00:00 GMT\r\nDate: "
      "nonsense\r\n\r\n");
  EXPECT_FALSE(s.has_sent_date);
  EXPECT_EQ(s.sent_date, 0);
  EXPECT_EQ(s.received_date, 1577836800);
}

TEST(MimeSummary, M09OddMessages) {
  for (std::string m : {std::string(), std::string("\r\n"), std::string("A: b"), std::string(5000, '\0'),
                        std::string(5000, '\xff'), std::string(5000, '\n')}) {
    auto s = summarize(m);
    EXPECT_EQ(s.size, m.size());
    EXPECT_FALSE(s.imap_envelope.empty());
    EXPECT_TRUE(parse_structure(s.structure).has_value());
  }
}

TEST(MimeSummary, CachedHeader) {
  auto s = summarize(
      "Received: by x\r\nFrom: a@b\r\nX-Mailer: m\r\nX-Foo: f\r\nDKIM-Signature: d\r\nx-spam-flag: YES\r\n"
      "ARC-Seal: a\r\nList-Id:\r\n <l>\r\nReturn-Path: <r@s>\r\n\r\nbody");
  EXPECT_EQ(s.cached_header,
            "From: a@b\r\nX-Mailer: m\r\nx-spam-flag: YES\r\nList-Id:\r\n <l>\r\nReturn-Path: <r@s>\r\n");
  EXPECT_TRUE(s.cached_header_complete);
  EXPECT_TRUE(cacheable_field("subject"));
  EXPECT_TRUE(cacheable_field("X-PRIORITY"));
  EXPECT_FALSE(cacheable_field("x-received"));
  EXPECT_FALSE(cacheable_field("RECEIVED"));
}

TEST(MimeSummary, CachedHeaderAtTheLimitAndOnePast) {
  for (std::size_t over : {0, 1}) {
    std::string field = "Comments: ";
    field += std::string(kMaxCachedHeader + over - field.size() - 2, 'c') + "\r\n";
    auto s = summarize(field + "\r\n");
    EXPECT_EQ(s.cached_header_complete, over == 0);
    EXPECT_EQ(s.cached_header.size(), over == 0 ? kMaxCachedHeader : 0);
  }
}

TEST(MimeSummary, PreviewSourceAtTheLimitAndOnePast) {
  for (std::size_t over : {0, 1}) {
    auto s = summarize("\r\n" + std::string(kMaxPreviewSource - 1 + over, ' ') + "x");
    EXPECT_EQ(s.preview, over == 0 ? "x" : "");
  }
}

TEST(MimeSummary, SubjectIsCutWithinNoCharacter) {
  std::string subject = "x";
  for (int i = 0; i < 1000; ++i) subject += "\xc3\xa9";
  auto s = summarize("Subject: " + subject + "\r\n\r\n");
  EXPECT_EQ(s.subject.size(), kMaxSubject - 1);
  EXPECT_EQ(s.subject, subject.substr(0, kMaxSubject - 1));
}

TEST(MimeSummary, M02FedByByteGivesTheSameSummary) {
  for (const auto& e : std::filesystem::directory_iterator(std::string(SOURCE_DIR) + "/t/unit/data/mime")) {
    std::ifstream in(e.path(), std::ios::binary);
    std::string m{std::istreambuf_iterator<char>(in), {}};
    auto whole = summarize(m);
    Summarizer cut;
    for (char c : m) cut.feed({&c, 1});
    auto s = cut.finish();
    EXPECT_EQ(s.preview, whole.preview) << e.path();
    EXPECT_EQ(s.structure, whole.structure) << e.path();
    EXPECT_EQ(s.imap_bodystructure, whole.imap_bodystructure) << e.path();
    EXPECT_EQ(s.imap_envelope, whole.imap_envelope) << e.path();
    EXPECT_EQ(s.cached_header, whole.cached_header) << e.path();
  }
}

}  // namespace
