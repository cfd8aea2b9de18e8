// Lines and manifests: what is written is read, and nothing else is.
#include "archive/line.h"

#include <gtest/gtest.h>

namespace postern::archive {
namespace {

const std::string kSha(64, 'a');

Email an_email() {
  Email e;
  e.id = 7;
  e.thread = 3;
  e.created_modseq = 12;
  e.sha256 = kSha;
  e.size = 100;
  e.prefix_size = 10;
  e.received = -5;
  e.sent = 1'700'000'000;
  e.identity = "00ff";
  e.flags = {"\\Seen", "$Forwarded"};
  e.message_id = {"<a@b>"};
  e.subject = "gr\xc3\xbc\xc3\x9f \"dich\"\n";
  e.places = {{1, 2, true, 9, 1'700'000'001}, {4, 1, false, 12, 0}};
  e.annotations = {{0, "/comment", "aGVsbG8=", 9}, {5, "/comment", "", 12}};
  e.lost = {{9, 3, false, 8, 1'700'000'002}};
  e.pop3_uidl = "aOb1";
  return e;
}

template <class T>
void there_and_back(const T& value) {
  std::string text = to_json(Line(value));
  EXPECT_EQ(text.find('\n'), std::string::npos);
  auto line = parse_line(text);
  ASSERT_TRUE(line.has_value()) << line.error().what << " " << text;
  ASSERT_TRUE(std::holds_alternative<T>(*line)) << text;
  EXPECT_EQ(std::get<T>(*line), value) << text;
}

TEST(ArchiveLine, ThereAndBack) {
  there_and_back(an_email());
  Account a;
  a.name = "alice@example.org";
  a.id = UINT64_MAX;
  a.epoch = 1;
  a.modseq = 20;
  a.next_email = 8;
  a.keywords = {"$Forwarded", "work"};
  there_and_back(a);
  a.deleted = 1'700'000'006;
  there_and_back(a);
  Mailbox m;
  m.id = 4;
  m.parent = 1;
  m.name = "Gr\xc3\xbc\xc3\x9f";
  m.role = "sent";
  m.uidvalidity = UINT32_MAX;
  m.uidnext = 3;
  m.subscribed = true;
  m.acl = {{UINT64_MAX, 7, true}};
  there_and_back(m);
  m.deleted = 1'700'000'003;
  there_and_back(m);
  there_and_back(Seen{4, 9, {1, 1, 3, 70}});
  there_and_back(Mark{std::string(32, 'b'), 1'700'000'004});
  Email gone = an_email();
  gone.places.clear();
  gone.deleted = 1'700'000'005;
  there_and_back(gone);
  there_and_back(Script{3, "main", "a2VlcDs=", 18, 1'700'000'000});
  there_and_back(Vacation{.enabled = true, .has_from = true, .has_subject = true, .from = -1, .subject = "away \"1\""});
  there_and_back(Metadata{4, 9, "/private/comment", "aGVsbG8="});
  for (const char* kind : {"domain", "account", "alias", "group", "list"}) {
    Entry e;
    e.kind = kind;
    e.name = "x@example.org";
    e.id = 5;
    e.members = {"y@example.org"};
    e.secrets = {"$y$j9T$abc$def"};
    there_and_back(e);
    if (e.kind != "account") continue;
    e.deleted = 1'700'000'007;
    there_and_back(e);
  }
}

// A program that knows nothing of deleted accounts must not take one for a living account.
TEST(ArchiveLine, ADeletedLoginIsAKindOfItsOwn) {
  Entry e;
  e.kind = "account";
  e.name = "x@example.org";
  e.id = 5;
  e.deleted = 9;
  EXPECT_TRUE(to_json(e).starts_with(R"({"deleted_login":)"));
  auto wrong = [](const char* text) { return !parse_line(text).has_value(); };
  EXPECT_FALSE(wrong(R"({"deleted_login":{"name":"x@example.org","id":5,"deleted":9}})"));
  EXPECT_TRUE(wrong(R"({"deleted_login":{"name":"x@example.org","id":5}})"));
  EXPECT_TRUE(wrong(R"({"login":{"name":"x@example.org","id":5,"deleted":9}})"));
  EXPECT_TRUE(wrong(R"({"alias":{"name":"x@example.org","id":5,"deleted":9}})"));
}

std::string refused(const std::string& text) {
  auto line = parse_line(text);
  return line ? "accepted" : line.error().what;
}

TEST(ArchiveLine, HostileLines) {
  for (const char* text :
       {"", "{", "[]", "1", "null", "{}", "{\"email\":1}", "{\"email\":{}}", "{\"email\":{},\"account\":{}}",
        "{\"nothing\":{}}", "{\"mailbox\":{\"id\":1,\"name\":\"a/b\",\"uidvalidity\":1,\"uidnext\":1}}",
        "{\"mailbox\":{\"id\":1,\"name\":\"a\",\"uidvalidity\":4294967296,\"uidnext\":1}}",
        "{\"mailbox\":{\"id\":-1,\"name\":\"a\",\"uidvalidity\":1,\"uidnext\":1}}",
        "{\"mailbox\":{\"id\":1.0,\"name\":\"a\",\"uidvalidity\":1,\"uidnext\":1}}",
        "{\"mailbox\":{\"id\":1,\"name\":\"a\\u0000b\",\"uidvalidity\":1,\"uidnext\":1}}",
        "{\"mailbox\":{\"id\":1,\"name\":\"a\",\"uidvalidity\":1,\"uidnext\":1,\"acl\":[1]}}",
        "{\"seen\":{\"mailbox\":1,\"principal\":2}}", "{\"seen\":{\"mailbox\":1,\"principal\":2,\"uids\":[1]}}",
        "{\"seen\":{\"mailbox\":1,\"principal\":2,\"uids\":[4,3]}}", "{\"seen\":{\"mailbox\":1,\"uids\":[3,4]}}",
        "{\"mark\":{\"id\":\"abcd\",\"until\":5}}", "{\"mark\":{\"id\":\"00112233445566778899aabbccddeeff\"}}",
        "{\"account\":{\"id\":1}}", "{\"account\":{\"name\":\"a\"}} {}"})
    EXPECT_NE(refused(text), "accepted") << text;
  // Depth: refused by the parser, not by the stack.
  EXPECT_NE(refused("{\"email\":" + std::string(100'000, '[')), "accepted");
  std::string deep = "{\"account\":{\"name\":\"a\",\"id\":1,\"x\":" + std::string(4, '[') + std::string(4, ']') + "}}";
  EXPECT_EQ(refused(deep), "accepted");   // unknown members are passed over, at the limit of depth
  deep = "{\"account\":{\"name\":\"a\",\"id\":1,\"x\":" + std::string(5, '[') + std::string(5, ']') + "}}";
  EXPECT_NE(refused(deep), "accepted");
  // Length, at the limit and one past it.
  std::string front = "{\"account\":{\"name\":\"a\",\"id\":1}}";
  EXPECT_EQ(refused(front + std::string(kMaxLine - front.size(), ' ')), "accepted");
  EXPECT_NE(refused(front + std::string(kMaxLine - front.size() + 1, ' ')), "accepted");
  EXPECT_EQ(refused("{\"account\":{\"name\":\"" + std::string(kMaxText, 'n') + "\",\"id\":1}}"), "accepted");
  EXPECT_NE(refused("{\"account\":{\"name\":\"" + std::string(kMaxText + 1, 'n') + "\",\"id\":1}}"), "accepted");
}

TEST(ArchiveLine, WhatAnEmailMustHave) {
  auto with = [](auto change) {
    Email e = an_email();
    change(e);
    return refused(to_json(Line(e)));
  };
  EXPECT_EQ(with([](Email&) {}), "accepted");
  EXPECT_NE(with([](Email& e) { e.id = 0; }), "accepted");
  EXPECT_NE(with([](Email& e) { e.thread = 0; }), "accepted");
  EXPECT_NE(with([](Email& e) { e.sha256 = "../../../../etc/passwd"; }), "accepted");
  EXPECT_NE(with([](Email& e) { e.sha256 = std::string(64, 'A'); }), "accepted");
  EXPECT_NE(with([](Email& e) { e.size = 5; }), "accepted");   // less than its prefix
  EXPECT_NE(with([](Email& e) { e.places.clear(); }), "accepted");
  EXPECT_NE(with([](Email& e) { e.places[0].uid = 0; }), "accepted");
  EXPECT_NE(with([](Email& e) { e.lost[0].uid = 0; }), "accepted");
  EXPECT_NE(with([](Email& e) { e.deleted = 1; }), "accepted");   // and yet in a mailbox
  EXPECT_EQ(with([](Email& e) { e.size = kMaxMessage; }), "accepted");
  EXPECT_NE(with([](Email& e) { e.size = kMaxMessage + 1; }), "accepted");
  // The error names the member, also inside of a list.
  EXPECT_NE(refused("{\"email\":{\"id\":1,\"places\":[{\"uid\":\"x\"}]}}").find("places.uid"), std::string::npos);
}

TEST(ArchiveLine, MembersOfALongList) {
  Entry e;
  e.kind = "list";
  e.name = "l@example.org";
  e.id = 1;
  e.members.assign(kMaxItems, "m");
  EXPECT_EQ(refused(to_json(Line(e))), "accepted");
  e.members.emplace_back("m");
  EXPECT_NE(refused(to_json(Line(e))), "accepted");
}

TEST(ArchiveLine, Manifests) {
  Manifest m;
  m.format = kFormat;
  m.version = kVersion;
  m.kind = "account";
  m.name = "alice@example.org";
  m.id = 3;
  m.sha256 = kSha;
  m.file = lines_name(kSha);
  m.lines = 12;
  EXPECT_EQ(*parse_manifest(to_json(m)), m);
  auto refuse = [&](auto change) {
    Manifest x = m;
    change(x);
    return !parse_manifest(to_json(x)).has_value();
  };
  EXPECT_TRUE(refuse([](Manifest& x) { x.version = kVersion + 1; }));
  EXPECT_TRUE(refuse([](Manifest& x) { x.version = kOldestVersion - 1; }));
  EXPECT_FALSE(refuse([](Manifest& x) { x.version = kOldestVersion; }));
  EXPECT_TRUE(refuse([](Manifest& x) { x.format = "tar"; }));
  EXPECT_TRUE(refuse([](Manifest& x) { x.file = "../lines-aaaaaaaaaaaaaaaa.jsonl"; }));
  EXPECT_TRUE(refuse([](Manifest& x) { x.file = "lines-bbbbbbbbbbbbbbbb.jsonl"; }));
  EXPECT_TRUE(refuse([](Manifest& x) { x.sha256 = "aa"; }));
  EXPECT_TRUE(refuse([](Manifest& x) { x.kind = "tape"; }));
  EXPECT_TRUE(refuse([](Manifest& x) { x.id = 0; }));
  EXPECT_FALSE(parse_manifest(std::string(kMaxManifest + 1, ' ')).has_value());
}

}  // namespace
}  // namespace postern::archive
