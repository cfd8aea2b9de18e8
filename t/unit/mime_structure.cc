#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "mime/imap_format.h"
#include "mime/limits.h"
#include "mime/structure.h"

namespace {

using namespace postern::mime;
namespace fs = std::filesystem;

std::string crlf(std::string_view s) {
  std::string out;
  for (char c : s) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

std::string load(const std::string& name) {
  std::ifstream in(std::string(SOURCE_DIR) + "/t/unit/data/mime/" + name + ".eml", std::ios::binary);
  EXPECT_TRUE(in.good()) << name;
  return {std::istreambuf_iterator<char>(in), {}};
}

Structure cut(std::string_view m, std::size_t step) {
  StructureParser p;
  for (std::size_t at = 0; at < m.size(); at += step) p.feed(m.substr(at, step));
  return p.finish();
}

std::string text_of(const std::string& m, const Structure& s, std::string_view section,
                    SectionKind kind = SectionKind::whole) {
  auto numbers = parse_section_numbers(section);
  if (!numbers) return "bad section";
  auto r = s.section(*numbers, kind);
  return r ? m.substr(r->begin, r->size()) : "none";
}

std::string multipart(std::string_view boundary, std::string_view rest) {
  return crlf("Content-Type: multipart/mixed; boundary=\"" + std::string(boundary) + "\"\n\n" +
              std::string(rest));
}

TEST(MimeStructure, EmptyMessageIsOneEmptyTextPart) {
  auto s = parse_structure_of("");
  ASSERT_EQ(s.parts.size(), 1u);
  EXPECT_EQ(s.root().type, "text");
  EXPECT_EQ(s.root().charset(), "us-ascii");
  EXPECT_EQ(s.size, 0u);
  EXPECT_EQ(s.section_of(0), "1");
}

TEST(MimeStructure, SectionsOfRfc9051Example) {
  auto m = load("rfc9051-example");
  auto s = parse_structure_of(m);
  EXPECT_EQ(text_of(m, s, "1"), "ptr 1");
  EXPECT_EQ(text_of(m, s, "2"), "ptr 2");
  EXPECT_EQ(text_of(m, s, "3.1"), "ptr 3.1");
  EXPECT_EQ(text_of(m, s, "3.2"), "ptr 3.2");
  EXPECT_EQ(text_of(m, s, "3", SectionKind::header),
            "Subject: three\r\nContent-Type: multipart/mixed; boundary=three\r\n\r\n");
  EXPECT_EQ(text_of(m, s, "3", SectionKind::mime), "Content-Type: message/rfc822\r\n\r\n");
  EXPECT_EQ(text_of(m, s, "3", SectionKind::text).substr(0, 7), "--three");
  EXPECT_EQ(text_of(m, s, "4.1"), "ptr 4.1");
  EXPECT_EQ(text_of(m, s, "4.1", SectionKind::mime), "Content-Type: image/gif\r\n\r\n");
  EXPECT_EQ(text_of(m, s, "4.2.1"), "ptr 4.2.1");
  EXPECT_EQ(text_of(m, s, "4.2.2.1"), "ptr 4.2.2.1");
  EXPECT_EQ(text_of(m, s, "4.2.2.2"), "ptr 4.2.2.2");
  EXPECT_EQ(text_of(m, s, "4.2", SectionKind::header).substr(0, 17), "Subject: four two");
  for (auto bad : {"5", "1.1", "0", "4.3", "3.3", "1.", ".1", "a", "4294967296"}) {
    EXPECT_FALSE(s.find(bad).has_value()) << bad;
  }
  EXPECT_EQ(text_of(m, s, "1", SectionKind::header), "none");
  EXPECT_EQ(text_of(m, s, "", SectionKind::mime), "none");
  EXPECT_EQ(text_of(m, s, ""), m);
  EXPECT_EQ(text_of(m, s, "", SectionKind::header) + text_of(m, s, "", SectionKind::text), m);
  for (std::size_t i = 0; i < s.parts.size(); ++i) {
    if (s.parts[i].is_multipart()) continue;
    EXPECT_EQ(s.find(s.section_of(static_cast<int>(i))), static_cast<int>(i));
  }
}

TEST(MimeStructure, MessageWithinSinglePartMessage) {
  auto m = load("message-simple");
  auto s = parse_structure_of(m);
  ASSERT_EQ(s.parts.size(), 2u);
  EXPECT_EQ(text_of(m, s, "1"), "From: in@ner\r\nSubject: nested\r\n\r\nnested body\r\n");
  EXPECT_EQ(text_of(m, s, "1.1"), "nested body\r\n");
  EXPECT_EQ(text_of(m, s, "1", SectionKind::text), "nested body\r\n");
  EXPECT_EQ(s.parts[1].header, "From: in@ner\r\nSubject: nested\r\n\r\n");
  EXPECT_EQ(s.section_of(1), "1.1");
}

TEST(MimeStructure, DigestImpliesMessages) {
  auto m = load("digest");
  auto s = parse_structure_of(m);
  EXPECT_EQ(s.root().child_count, 3u);
  EXPECT_TRUE(s.parts[static_cast<std::size_t>(*s.find("1"))].is_message());
  EXPECT_EQ(text_of(m, s, "1.1"), "first");
  EXPECT_EQ(s.parts[static_cast<std::size_t>(*s.find("2"))].type, "text");
  EXPECT_EQ(text_of(m, s, "3.1"), "second");
}

TEST(MimeStructure, EncodedMessageIsLeaf) {
  auto s = parse_structure_of(load("message-base64"));
  EXPECT_EQ(s.parts.size(), 1u);
  EXPECT_TRUE(s.root().is_message());
}

TEST(MimeStructure, LineEndBeforeBoundaryIsNotOfThePart) {
  auto m = multipart("b", "--b\n\none\n\n--b\n\n--b\n--b--\n");
  auto s = parse_structure_of(m);
  ASSERT_EQ(s.root().child_count, 3u);
  EXPECT_EQ(text_of(m, s, "1"), "one\r\n");
  EXPECT_EQ(s.parts[1].lines, 1u);
  EXPECT_EQ(text_of(m, s, "2"), "");
  EXPECT_EQ(text_of(m, s, "3"), "");
  auto lf = load("lf-only");
  EXPECT_EQ(text_of(lf, parse_structure_of(lf), "1"), "one");
  auto mixed = load("mixed-eol");
  EXPECT_EQ(text_of(mixed, parse_structure_of(mixed), "2"), "two\r\n");
}

TEST(MimeStructure, FieldsOfAPart) {
  auto s = parse_structure_of(load("extension-data"));
  EXPECT_EQ(s.root().language, (std::vector<std::string>{"en", "de"}));
  const Part& p = s.parts[1];
  EXPECT_EQ(p.md5, "Q2hlY2sgSW50ZWdyaXR5IQ==");
  EXPECT_EQ(p.description, "=?utf-8?Q?d=C3=A9?=");
  EXPECT_EQ(p.content_id, "<p1@x>");
  EXPECT_EQ(p.cid(), "p1@x");
  EXPECT_EQ(p.location, "a.txt");
  EXPECT_EQ(p.disposition, "attachment");
  EXPECT_EQ(p.filename(), "\xe2\x82\xac.txt");
  EXPECT_EQ(p.charset(), "UTF-8");
}

TEST(MimeStructure, SinkSeesEachLeafWholeHoweverCut) {
  auto m = load("related");
  for (std::size_t step : {1, 2, 3, 17, 100'000}) {
    std::vector<std::string> bodies(16);
    StructureParser p;
    p.capture([](std::int32_t, const Part&) { return true; },
              [&](std::int32_t i, std::string_view piece) { bodies[static_cast<std::size_t>(i)] += piece; });
    for (std::size_t at = 0; at < m.size(); at += step) p.feed(std::string_view(m).substr(at, step));
    auto s = p.finish();
    for (std::size_t i = 0; i < s.parts.size(); ++i) {
      const Part& part = s.parts[i];
      if (part.first_child != Part::kNone) continue;
      EXPECT_EQ(bodies[i].substr(0, part.body_size()), m.substr(part.body_begin, part.body_size()))
          << i << ' ' << step;
      EXPECT_LE(bodies[i].size(), part.body_size() + 2);
    }
  }
}

TEST(MimeStructure, M01PartsAtTheLimitAndOnePast) {
  std::string m = multipart("b", "");
  for (std::size_t i = 0; i < kMaxParts - 1; ++i) m += "--b\r\n\r\nx\r\n";
  auto s = parse_structure_of(m + "--b--\r\n");
  EXPECT_EQ(s.parts.size(), kMaxParts);
  EXPECT_FALSE(s.truncated);
  EXPECT_TRUE(parse_structure(serialize(s)).has_value());
  m += "--b\r\n\r\nlast\r\n--b--\r\n";
  s = parse_structure_of(m);
  EXPECT_EQ(s.parts.size(), kMaxParts);
  EXPECT_TRUE(s.truncated);
  EXPECT_EQ(s.parts.back().body_end, m.size());  // opaque: all the rest is the last part's
  EXPECT_EQ(serialize(cut(m, 7)), serialize(s));
}

TEST(MimeStructure, M01DepthAtTheLimitAndOnePast) {
  for (std::size_t levels : {kMaxDepth - 1, kMaxDepth, kMaxDepth + 1}) {
    std::string m = "Content-Type: multipart/mixed; boundary=b0\r\n\r\n";
    for (std::size_t i = 0; i + 1 < levels; ++i)
      m += "--b" + std::to_string(i) + "\r\nContent-Type: multipart/mixed; boundary=b" +
           std::to_string(i + 1) + "\r\n\r\n";
    m += "--b" + std::to_string(levels - 1) + "\r\n\r\nbottom\r\n";
    auto s = parse_structure_of(m);
    EXPECT_EQ(s.parts.size(), std::min(levels + 1, kMaxDepth));
    EXPECT_EQ(s.truncated, levels + 1 > kMaxDepth);
    EXPECT_EQ(s.parts.back().opaque, levels + 1 > kMaxDepth);
    EXPECT_FALSE(bodystructure(s).empty());
  }
}

TEST(MimeStructure, M01ThousandNestedMessages) {
  auto s = parse_structure_of(load("deep-messages"));
  EXPECT_EQ(s.parts.size(), kMaxDepth);
  EXPECT_TRUE(s.truncated);
  EXPECT_TRUE(s.parts.back().is_message());
  EXPECT_EQ(s.parts.back().first_child, Part::kNone);
}

TEST(MimeStructure, M01SelfReferringBoundary) {
  auto m = load("boundary-self");
  auto s = parse_structure_of(m);
  EXPECT_EQ(text_of(m, s, "1.1"), "inner");
  EXPECT_EQ(text_of(m, s, "2"), "outer?");
}

TEST(MimeStructure, M02Boundaries) {
  auto count = [](const char* name) { return parse_structure_of(load(name)).root().child_count; };
  EXPECT_EQ(count("boundary-70"), 1u);
  EXPECT_EQ(count("boundary-71"), 1u);
  EXPECT_EQ(count("boundary-empty"), 0u);
  EXPECT_EQ(count("boundary-blanks"), 2u);
  EXPECT_EQ(count("boundary-prefix"), 2u);
  EXPECT_EQ(count("boundary-unclosed"), 2u);
  EXPECT_EQ(count("boundary-in-header"), 3u);
  EXPECT_EQ(count("boundary-at-eof"), 2u);
  for (auto name : {"no-boundary-param", "boundary-absent", "boundary-empty"}) {
    auto s = parse_structure_of(load(name));
    EXPECT_TRUE(s.root().opaque) << name;
    EXPECT_EQ(s.root().type + "/" + s.root().subtype, "text/plain") << name;
  }
  auto m = load("boundary-prefix");
  EXPECT_EQ(text_of(m, parse_structure_of(m), "1.1"), "inner");
}

TEST(MimeStructure, M02BoundaryAtTheLimitAndOnePast) {
  for (std::size_t size : {kMaxBoundary, kMaxBoundary + 1}) {
    std::string boundary(size, 'b');
    auto m = multipart(boundary, "--" + boundary + "\n\nx\n--" + boundary + "--\n");
    auto s = parse_structure_of(m);
    EXPECT_EQ(s.root().child_count, size == kMaxBoundary ? 1u : 0u);
    EXPECT_EQ(s.root().opaque, size > kMaxBoundary);
    EXPECT_EQ(serialize(cut(m, 1)), serialize(s));
  }
  auto blanks = multipart("b  ", "--b  \n\nx\n--b  --\n");
  EXPECT_EQ(parse_structure_of(blanks).root().child_count, 1u);
}

TEST(MimeStructure, M02BoundaryLineAtTheLimitAndOnePast) {
  for (std::size_t blanks : {kMaxBoundaryLine - 3, kMaxBoundaryLine - 2}) {
    auto m = multipart("b", "--b" + std::string(blanks, ' ') + "\n\nx\n--b--\n");
    auto s = parse_structure_of(m);
    EXPECT_EQ(s.root().child_count, blanks + 3 <= kMaxBoundaryLine ? 1u : 0u);
    EXPECT_EQ(serialize(cut(m, 1)), serialize(s));
  }
}

TEST(MimeStructure, M02FedByByteGivesTheSameTree) {
  std::size_t files = 0;
  for (const auto& e : fs::directory_iterator(std::string(SOURCE_DIR) + "/t/unit/data/mime")) {
    std::ifstream in(e.path(), std::ios::binary);
    std::string m{std::istreambuf_iterator<char>(in), {}};
    auto s = parse_structure_of(m);
    for (std::size_t step : {1, 2, 5, 64}) {
      auto c = cut(m, step);
      EXPECT_EQ(serialize(c), serialize(s)) << e.path() << " in pieces of " << step;
      EXPECT_EQ(c.header, s.header) << e.path();
      EXPECT_EQ(bodystructure(c), bodystructure(s)) << e.path();
    }
    ++files;
  }
  EXPECT_GE(files, 40u);
}

TEST(MimeStructure, SharedMessagesFedByByte) {
  const char* shared = std::getenv("SHARED");
  fs::path dir = shared ? fs::path(shared) : fs::path(SOURCE_DIR).parent_path() / "shared";
  dir /= "vectors/sort-thread";
  if (!fs::is_directory(dir)) GTEST_SKIP() << dir << " is not there";
  for (const auto& e : fs::directory_iterator(dir)) {
    if (e.path().extension() != ".mbox") continue;
    std::ifstream in(e.path(), std::ios::binary);
    std::string m{std::istreambuf_iterator<char>(in), {}};
    EXPECT_EQ(serialize(cut(m, 1)), serialize(parse_structure_of(m))) << e.path();
  }
}

TEST(MimeStructure, M09OddMessages) {
  struct Case {
    std::string message;
    std::uint64_t header, body, lines;
  };
  const Case cases[] = {
      {"\r\n", 2, 0, 1},
      {"\n", 1, 0, 1},
      {"A: b\r\n", 6, 0, 1},
      {"A: b", 4, 0, 0},
      {"\r\nx", 2, 1, 1},
      {"A: b\r\n\r\n", 8, 0, 2},
      {std::string("\0\0\r\n\r\n\0", 7), 6, 1, 2},
      {std::string(300, '\xff'), 300, 0, 0},
  };
  for (const auto& c : cases) {
    auto s = parse_structure_of(c.message);
    EXPECT_EQ(s.root().header_size(), c.header);
    EXPECT_EQ(s.root().body_size(), c.body);
    EXPECT_EQ(s.lines, c.lines);
    EXPECT_EQ(s.size, c.message.size());
    EXPECT_EQ(s.header, c.message.substr(0, c.header));
  }
}

TEST(MimeStructure, M09OneEndlessLineTakesNoMemory) {
  StructureParser p;
  p.feed("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n--");
  std::string piece(1 << 20, 'b');
  for (int i = 0; i < 32; ++i) p.feed(piece);
  p.feed("\r\n--b--\r\n");
  auto s = p.finish();
  EXPECT_EQ(s.root().child_count, 1u);
  EXPECT_EQ(s.parts[1].body_size(), (32u << 20) + 2);
}

TEST(MimeStructure, HeaderBlockAtTheLimitAndOnePast) {
  for (std::size_t over : {0, 1}) {
    std::string head = "Content-Type: text/html\r\nX: ";
    std::string m = head + std::string(kMaxHeaderBlock + over - head.size() - 4, 'x') + "\r\n\r\nbody";
    auto s = parse_structure_of(m);
    EXPECT_EQ(s.truncated, over == 1);
    EXPECT_EQ(s.header.size(), kMaxHeaderKept);
    EXPECT_EQ(s.root().subtype, "html");
    EXPECT_EQ(m.substr(s.root().body_begin), "body");
    EXPECT_EQ(cut(m, 4099).header, s.header);
  }
}

TEST(MimeStructure, NestedHeadersAreKeptToABudget) {
  std::string nested = "X: " + std::string(10'000, 'x') + "\r\n\r\n";
  std::string m = multipart("b", "");
  for (int i = 0; i < 10; ++i) m += "--b\r\nContent-Type: message/rfc822\r\n\r\n" + nested + "x\r\n";
  auto s = parse_structure_of(m);
  std::size_t kept = 0;
  for (const auto& p : s.parts) kept += p.header.size();
  EXPECT_EQ(kept, kMaxNestedHeaders);
  EXPECT_TRUE(s.truncated);
  EXPECT_EQ(s.root().child_count, 10u);
}

TEST(MimeStructure, TextOfAllPartsHasABudget) {
  std::string m = multipart("b", "");
  for (int i = 0; i < 600; ++i)
    m += "--b\r\nContent-Description: " + std::string(3000, 'd') + "\r\n\r\nx\r\n";
  auto s = parse_structure_of(m);
  std::size_t kept = 0;
  for (const auto& p : s.parts) kept += p.description.size();
  EXPECT_LE(kept, kMaxStructureText);
  EXPECT_TRUE(parse_structure(serialize(s)).has_value());
  EXPECT_GT(kept, kMaxStructureText - 4000);
  EXPECT_TRUE(s.truncated);
  EXPECT_EQ(s.parts.size(), 601u);
}

TEST(MimeStructure, FieldsAtTheLimitAndOnePast) {
  for (std::size_t over : {0, 1}) {
    auto s = parse_structure_of("Content-ID: " + std::string(kMaxFieldKept + over, 'i') + "\r\n\r\n");
    EXPECT_EQ(s.root().content_id.size(), kMaxFieldKept);
    std::string tags;
    for (std::size_t i = 0; i < kMaxLanguages + over; ++i) tags += "en,";
    s = parse_structure_of("Content-Language: " + tags + "\r\n\r\n");
    EXPECT_EQ(s.root().language.size(), kMaxLanguages);
    EXPECT_EQ(s.truncated, over == 1);
  }
}

TEST(MimeStructure, StoredFormHasALimit) {
  EXPECT_FALSE(parse_structure(std::string(kMaxStoredStructure + 1, '\1')));
}

TEST(MimeStructure, StoredFormRefusesWhatDoesNotNest) {
  auto s = parse_structure_of(load("rfc9051-example"));
  std::string good = serialize(s);
  auto back = parse_structure(good);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(serialize(*back), good);
  EXPECT_EQ(back->find("4.2.2.2"), s.find("4.2.2.2"));
  for (std::size_t n = 0; n < good.size(); ++n)
    EXPECT_FALSE(parse_structure(std::string_view(good).substr(0, n)));
  EXPECT_FALSE(parse_structure(good + "x"));
  auto change = [&](auto&& fn) {
    Structure t = parse_structure_of(load("rfc9051-example"));
    fn(t);
    return parse_structure(serialize(t)).has_value();
  };
  EXPECT_TRUE(change([](Structure&) {}));
  EXPECT_FALSE(change([](Structure& t) { t.parts[1].body_end = t.size + 1; }));
  EXPECT_FALSE(change([](Structure& t) { t.parts[2].header_begin = t.parts[1].body_end - 1; }));
  EXPECT_FALSE(change([](Structure& t) { t.parts[1].lines = 1'000'000; }));
  EXPECT_FALSE(change([](Structure& t) { t.parts[2].parent = 1; }));
  std::string version = good;
  version[0] = 2;
  EXPECT_FALSE(parse_structure(version));
}

}  // namespace
