// A folder of an archive on the disk: written, read, cut off, damaged, and made by somebody who means harm.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "archive/check.h"
#include "archive/writer.h"

namespace postern::archive {
namespace {

namespace fs = std::filesystem;

class ArchiveFolder : public ::testing::Test {
 protected:
  ArchiveFolder() {
    char dir[] = "/tmp/postern-archive-XXXXXX";
    home_ = ::mkdtemp(dir);
  }
  ~ArchiveFolder() override { fs::remove_all(home_); }

  static std::string sha(const std::string& body) { return base::hex(base::view(base::sha256(body))); }

  Folder folder() {
    auto f = Folder::create(home_ + "/a");
    EXPECT_TRUE(f.has_value());
    return std::move(*f);
  }
  Writer writer() {
    Manifest head;
    head.kind = "account";
    head.name = "alice@example.org";
    head.id = 5;
    auto w = Writer::open(folder(), head);
    EXPECT_TRUE(w.has_value()) << w.error().what;
    return std::move(*w);
  }
  static Account an_account() {
    Account a;
    a.name = "alice@example.org";
    a.id = 5;
    a.modseq = 50;
    a.next_email = 10;
    a.next_mailbox = 3;
    return a;
  }
  static Mailbox an_inbox() {
    Mailbox m;
    m.id = 1;
    m.name = "INBOX";
    m.uidvalidity = 1;
    m.uidnext = 5;
    return m;
  }
  static Result<> put(Writer& w, const std::string& name, const std::string& body) {
    return w.message(name, body.size(), [&](const Sink& sink) { return sink(body); });
  }
  // An account with these messages in one mailbox.
  Manifest write(const std::vector<std::string>& bodies, bool prune = false, bool finish = true) {
    Writer w = writer();
    Account a;
    a.name = "alice@example.org";
    a.id = 5;
    a.modseq = 100;
    a.next_email = 100;
    a.next_mailbox = 2;
    EXPECT_TRUE(w.line(a).has_value());
    Mailbox m;
    m.id = 1;
    m.name = "INBOX";
    m.uidvalidity = 9;
    m.uidnext = 100;
    EXPECT_TRUE(w.line(m).has_value());
    std::uint32_t uid = 1;
    for (const auto& b : bodies) {
      if (!w.has_message(sha(b), b.size())) EXPECT_TRUE(put(w, sha(b), b).has_value());
      Email e;
      e.id = e.thread = uid;
      e.sha256 = sha(b);
      e.size = b.size();
      e.places = {{1, uid++, false, 7, 0}};
      EXPECT_TRUE(w.line(e).has_value());
    }
    new_messages_ = w.new_messages();
    if (!finish) return {};
    auto done = w.finish(1'700'000'000, prune);
    EXPECT_TRUE(done.has_value()) << done.error().what;
    return done ? *done : Manifest();
  }
  std::vector<std::string> findings() {
    auto r = Reader::open(folder());
    if (!r) return {r.error().what};
    auto c = check(*r, {});
    EXPECT_TRUE(c.has_value());
    checked_ = c ? *c : Checked();
    return checked_.findings;
  }
  std::string message_path(const std::string& body) {
    return home_ + "/a/messages/" + sha(body).substr(0, 2) + "/" + sha(body) + ".eml";
  }
  std::string lines_path() { return home_ + "/a/" + Reader::open(folder())->manifest().file; }
  static void spoil(const std::string& path, std::size_t at) {
    auto text = *base::read_file(path);
    text[at] = static_cast<char>(text[at] ^ 1);
    ASSERT_TRUE(base::write_file(path, text).has_value());
  }

  std::string home_;
  Checked checked_;
  std::uint64_t new_messages_ = 0;
};

TEST_F(ArchiveFolder, WrittenAndRead) {
  auto m = write({"one\r\n", "two\r\n", "one\r\n"});
  EXPECT_EQ(m.emails, 3u);
  EXPECT_EQ(m.messages, 2u);
  EXPECT_EQ(new_messages_, 2u);
  EXPECT_EQ(findings(), std::vector<std::string>());
  EXPECT_EQ(checked_.emails, 3u);
  EXPECT_EQ(*base::read_file(message_path("one\r\n")), "one\r\n");
  struct stat st {};
  ASSERT_EQ(::stat(message_path("one\r\n").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0600u);
  EXPECT_TRUE(Reader::open(folder())->sound());
}

TEST_F(ArchiveFolder, OnlyWhatIsNew) {
  write({"one", "two"});
  write({"one", "two", "three"});
  EXPECT_EQ(new_messages_, 1u);
  EXPECT_EQ(findings(), std::vector<std::string>());
  // Old lines are gone, messages stay until they are pruned.
  int lines = 0;
  for (const auto& f : fs::directory_iterator(home_ + "/a")) lines += f.path().extension() == ".jsonl";
  EXPECT_EQ(lines, 1);
  write({"three"});
  EXPECT_EQ(findings(), std::vector<std::string>());
  EXPECT_EQ(checked_.unnamed, 2u);
  write({"three"}, true);
  EXPECT_EQ(findings(), std::vector<std::string>());
  EXPECT_EQ(checked_.unnamed, 0u);
  EXPECT_FALSE(fs::exists(message_path("one")));
}

TEST_F(ArchiveFolder, CutOffRunLeavesTheOldState) {
  write({"one"});
  write({"one", "two"}, false, false);
  EXPECT_EQ(findings(), std::vector<std::string>());
  EXPECT_EQ(checked_.emails, 1u);
  // What it left is cleared by the next.
  write({"one", "two"});
  EXPECT_EQ(findings(), std::vector<std::string>());
  EXPECT_EQ(checked_.emails, 2u);
  EXPECT_TRUE(fs::is_empty(home_ + "/a/new"));
}

TEST_F(ArchiveFolder, BodyMustBeWhatItsNameSays) {
  Writer w = writer();
  EXPECT_EQ(put(w, sha("a"), "b").error().fault, base::Fault::corrupt);
  EXPECT_FALSE(w.has_message(sha("a"), 1));
  EXPECT_TRUE(put(w, sha("b"), "b").has_value());
  EXPECT_TRUE(w.has_message(sha("b"), 1));
}

TEST_F(ArchiveFolder, EveryFlippedBitIsFound) {
  write({"one", "two"});
  auto manifest = *base::read_file(home_ + "/a/manifest.json");
  auto lines = *base::read_file(lines_path());
  std::string path = lines_path();
  for (std::size_t i = 0; i < lines.size(); i += 7) {
    spoil(path, i);
    EXPECT_NE(findings(), std::vector<std::string>()) << i;
    EXPECT_FALSE(Reader::open(folder())->sound());
    ASSERT_TRUE(base::write_file(path, lines).has_value());
  }
  spoil(message_path("one"), 1);
  EXPECT_EQ(findings().size(), 1u);
  ASSERT_TRUE(base::write_file(message_path("one"), "one").has_value());
  ASSERT_TRUE(base::write_file(message_path("two"), "tw").has_value());
  EXPECT_EQ(findings().size(), 1u);
  fs::remove(message_path("two"));
  EXPECT_EQ(findings().size(), 1u);
  ASSERT_TRUE(base::write_file(message_path("two"), "two").has_value());
  EXPECT_EQ(findings(), std::vector<std::string>());
  // Lines that were cut short, or that go on.
  ASSERT_TRUE(base::write_file(path, lines.substr(0, lines.size() - 1)).has_value());
  EXPECT_NE(findings(), std::vector<std::string>());
  ASSERT_TRUE(base::write_file(path, lines + lines).has_value());
  EXPECT_NE(findings(), std::vector<std::string>());
}

TEST_F(ArchiveFolder, OneBadLineDoesNotHideTheOthers) {
  write({"one", "two"});
  std::string path = lines_path(), lines = *base::read_file(path);
  std::string bad = std::string(kMaxLine + 100, 'x') + "\nno json\n" + lines;
  ASSERT_TRUE(base::write_file(path, bad).has_value());
  auto reader = Reader::open(folder());
  auto stream = reader->lines();
  int good = 0, wrong = 0;
  for (;;) {
    auto line = stream->next();
    if (!line) {
      ++wrong;
      continue;
    }
    if (!*line) break;
    ++good;
  }
  EXPECT_EQ(good, 4);
  EXPECT_EQ(wrong, 3);   // two lines, and the whole
}

TEST_F(ArchiveFolder, SoManyFindingsAndNoMore) {
  write({"one"});
  std::string lines;
  for (std::size_t i = 0; i < kMaxFindings + 10; ++i) lines += "x\n";
  ASSERT_TRUE(base::write_file(lines_path(), lines).has_value());
  EXPECT_EQ(findings().size(), kMaxFindings);
  // A folder with more entries than were bargained for.
  EXPECT_TRUE(folder().list(4).has_value());
  EXPECT_EQ(folder().list(3).error().fault, base::Fault::limit);
}

TEST_F(ArchiveFolder, LinksAndPipesAreNotFollowed) {
  write({"one"});
  ASSERT_TRUE(base::write_file(home_ + "/outside", "one").has_value());
  fs::remove(message_path("one"));
  fs::create_symlink(home_ + "/outside", message_path("one"));
  ASSERT_EQ(findings().size(), 1u);
  EXPECT_NE(findings()[0].find("not followed"), std::string::npos);
  fs::remove(message_path("one"));
  ASSERT_EQ(::mkfifo(message_path("one").c_str(), 0600), 0);   // a reader that waits would wait for ever
  EXPECT_EQ(findings().size(), 1u);
  fs::remove(message_path("one"));
  // A folder that leads elsewhere.
  fs::create_directories(home_ + "/elsewhere");
  fs::remove_all(home_ + "/a/messages");
  fs::create_directory_symlink(home_ + "/elsewhere", home_ + "/a/messages");
  EXPECT_EQ(findings().size(), 2u);   // the folder, and the message that is not in it
  Manifest head;
  head.kind = "account";
  head.name = "alice@example.org";
  head.id = 5;
  EXPECT_FALSE(Writer::open(folder(), head).has_value());
  EXPECT_TRUE(fs::is_empty(home_ + "/elsewhere"));
  // A manifest that is a link.
  fs::rename(home_ + "/a/manifest.json", home_ + "/m");
  fs::create_symlink(home_ + "/m", home_ + "/a/manifest.json");
  EXPECT_FALSE(Reader::open(folder()).has_value());
  auto f = folder();
  for (const char* name : {"..", ".", "", "a/b", "/etc"}) {
    EXPECT_FALSE(f.sub(name).has_value()) << name;
    EXPECT_FALSE(f.file(name).has_value()) << name;
  }
}

TEST_F(ArchiveFolder, ContradictionsAreFound) {
  auto damage = [&](auto change) {
    Writer w = writer();
    Account a = an_account();
    Mailbox m = an_inbox();
    Email e, f;
    e.id = e.thread = 1;
    f.id = f.thread = 2;
    for (Email* x : {&e, &f}) {
      x->sha256 = sha("x");
      x->size = 1;
      x->places = {{1, static_cast<std::uint32_t>(x->id), false, 7, 0}};
    }
    change(a, m, e, f);
    for (const Line& line : {Line(a), Line(m), Line(e), Line(f)}) EXPECT_TRUE(w.line(line).has_value());
    if (!w.has_message(sha("x"), 1)) EXPECT_TRUE(put(w, sha("x"), "x").has_value());
    EXPECT_TRUE(w.finish(1, false).has_value());
    return findings().size();
  };
  using A = Account&;
  using M = Mailbox&;
  using E = Email&;
  EXPECT_EQ(damage([](A, M, E, E) {}), 0u);
  EXPECT_EQ(damage([](A a, M, E, E) { a.name = "bob@example.org"; }), 1u);
  EXPECT_EQ(damage([](A a, M, E, E) { a.deleted = 9; }), 1u);   // of which the manifest says nothing
  EXPECT_EQ(damage([](A a, M, E, E) { a.next_email = 2; }), 1u);
  EXPECT_EQ(damage([](A a, M, E, E) { a.modseq = 6; }), 2u);
  EXPECT_EQ(damage([](A a, M, E, E) { a.next_mailbox = 1; }), 1u);
  EXPECT_EQ(damage([](A, M m, E, E) { m.uidnext = 2; }), 1u);
  EXPECT_EQ(damage([](A, M m, E, E) { m.parent = 2; }), 1u);
  EXPECT_EQ(damage([](A, M, E e, E) { e.places[0].mailbox = 2; }), 1u);
  EXPECT_EQ(damage([](A, M, E e, E) { e.places[0].uid = 2; }), 1u);
  EXPECT_EQ(damage([](A, M, E e, E) { e.id = 3; }), 1u);
  EXPECT_EQ(damage([](A, M, E e, E) { e.flags = {"none"}; }), 1u);
  EXPECT_EQ(damage([](A a, M, E e, E) { a.keywords = e.flags = {"none"}; }), 0u);
  EXPECT_EQ(damage([](A, M, E e, E) { e.flags = {"\\Deleted"}; }), 1u);
  auto gone = [](E e, Place last) {
    e.places.clear();
    e.deleted = 9;
    e.lost = {last};
  };
  EXPECT_EQ(damage([&](A, M, E e, E) { gone(e, {1, 1}); }), 0u);
  EXPECT_EQ(damage([&](A, M, E e, E) { gone(e, {2, 1}); }), 0u);               // a mailbox that is forgotten
  EXPECT_EQ(damage([&](A, M, E e, E) { gone(e, {2, 1, false, 7}); }), 1u);     // and yet the row stands
  EXPECT_EQ(damage([&](A, M, E e, E) { gone(e, {1, 1, false, 7}); }), 1u);     // a row in a mailbox that lives
  EXPECT_EQ(damage([](A, M m, E, E) { m.deleted = 9; }), 2u);                  // with living emails
}

// Deleted mailboxes beside living ones of the same name, what sharers have seen, marks.
TEST_F(ArchiveFolder, WhatNoClientSees) {
  auto damage = [&](auto change) {
    Writer w = writer();
    Account a = an_account();
    Mailbox m = an_inbox(), dead = m;
    dead.id = 2;
    dead.deleted = 9;
    Seen seen{1, 7, {1, 2, 4, 4}};
    Mark one{std::string(32, '0'), 100}, two{std::string(32, '1'), 100};
    Email e;
    e.id = e.thread = 1;
    e.sha256 = sha("x");
    e.size = 1;
    e.deleted = 9;
    e.lost = {{2, 1, false, 7, 0}};
    change(dead, seen, two, e);
    for (const Line& line : {Line(a), Line(m), Line(dead), Line(seen), Line(one), Line(two), Line(e)})
      EXPECT_TRUE(w.line(line).has_value());
    if (!w.has_message(sha("x"), 1)) EXPECT_TRUE(put(w, sha("x"), "x").has_value());
    auto done = w.finish(1, true);
    EXPECT_TRUE(done.has_value());
    EXPECT_EQ(done->emails + done->deleted, 1u);
    return findings().size();
  };
  EXPECT_EQ(damage([](Mailbox&, Seen&, Mark&, Email&) {}), 0u);
  EXPECT_EQ(checked_.deleted, 1u);
  EXPECT_EQ(checked_.mailboxes, 1u);
  EXPECT_EQ(checked_.messages, 1u);   // of the deleted email: not pruned
  EXPECT_EQ(damage([](Mailbox& m, Seen&, Mark&, Email&) { m.uidnext = 1; }), 1u);
  EXPECT_EQ(damage([](Mailbox& m, Seen&, Mark&, Email&) { m.deleted = 0; }), 2u);   // its name, and the row in it
  EXPECT_EQ(damage([](Mailbox&, Seen& s, Mark&, Email&) { s.mailbox = 2; }), 1u);
  EXPECT_EQ(damage([](Mailbox&, Seen& s, Mark&, Email&) { s.uids.back() = 5; }), 1u);
  EXPECT_EQ(damage([](Mailbox&, Seen&, Mark& m, Email&) { m.id = std::string(32, '0'); }), 1u);
  EXPECT_EQ(damage([](Mailbox&, Seen&, Mark&, Email& e) { e.lost[0].modseq = 51; }), 1u);
}

TEST_F(ArchiveFolder, OneWriterAtATime) {
  auto a = folder(), b = folder();
  EXPECT_TRUE(a.lock().has_value());
  EXPECT_EQ(b.lock().error().fault, base::Fault::temporary);
}

TEST(ArchiveNames, FoldersOfAccounts) {
  EXPECT_EQ(folder_name("alice@example.org", 3), "alice@example.org");
  EXPECT_EQ(folder_name("a/../b@example.org", 3), "a%2F..%2Fb@example.org");
  EXPECT_EQ(folder_name("..", 3), "%2E.");
  EXPECT_EQ(folder_name(std::string(201, 'a'), 3), "id-3");
  EXPECT_EQ(folder_name("", 3), "id-3");
}

}  // namespace
}  // namespace postern::archive
