// The header cache apart from the rest of a content record, and GetEmails' packed answer.
#include "store/content_rows.h"

#include "store/keys.h"
#include "store_test.h"

namespace postern::store {
namespace {

records::Content content(std::string header) {
  records::Content c;
  c.set_header(std::move(header));
  c.set_header_complete(true);
  c.set_header_size(7);
  c.set_subject("s");
  c.add_message_id("id");
  return c;
}

TEST(ContentRows, TheTwoPartsAreTheWhole) {
  std::string whole = content("Subject: s\r\n").SerializeAsString();
  auto [header, rest] = split_content(whole);
  records::Content h, r;
  ASSERT_TRUE(h.ParseFromArray(header.data(), static_cast<int>(header.size())));
  ASSERT_TRUE(r.ParseFromArray(rest.data(), static_cast<int>(rest.size())));
  EXPECT_EQ(h.header(), "Subject: s\r\n");
  EXPECT_TRUE(h.header_complete());
  EXPECT_TRUE(h.subject().empty());
  EXPECT_TRUE(r.header().empty());
  EXPECT_EQ(r.subject(), "s");
  EXPECT_EQ(std::string(header) + std::string(rest), whole);
}

TEST(ContentRows, AnAttachmentIsToldWithTheHeader) {
  auto c = content("Subject: s\r\n");
  EXPECT_EQ(header_row(c.SerializeAsString()), split_content(c.SerializeAsString()).first);
  c.set_has_attachment(true);
  c.set_lines(3);
  records::Content h;
  ASSERT_TRUE(h.ParseFromString(header_row(c.SerializeAsString())));
  EXPECT_TRUE(h.has_attachment());
  EXPECT_EQ(h.lines(), 0u);
  auto both = header_row(c.SerializeAsString()) + std::string(split_content(c.SerializeAsString()).second);
  records::Content whole;
  ASSERT_TRUE(whole.ParseFromString(both));
  EXPECT_EQ(whole.SerializeAsString(), c.SerializeAsString());
  EXPECT_EQ(header_row(""), "");
}

TEST(ContentRows, WhatIsInNoOrderOrCutIsAllRest) {
  std::string whole = content("x").SerializeAsString();
  std::string turned = std::string(split_content(whole).second) + std::string(split_content(whole).first);
  EXPECT_TRUE(split_content(turned).first.empty());
  EXPECT_TRUE(split_content("").first.empty());
  for (std::size_t n = 0; n < whole.size(); ++n) {
    auto [header, rest] = split_content(std::string_view(whole).substr(0, n));
    EXPECT_EQ(header.size() + rest.size(), n);
  }
  EXPECT_TRUE(split_content(std::string("\x0a\xff\xff\xff\xff\x0f", 6)).first.empty());
}

class Headers : public ::testing::TestWithParam<bool> {
 protected:
  Headers() : w(GetParam()), inbox(w.mailbox_named("INBOX")) {}
  std::uint64_t add(const std::string& subject) {
    auto m = World::message("body of " + subject, subject);
    m.set_content(content("Subject: " + subject + "\r\n").SerializeAsString());
    return w.add(std::move(m), inbox).email();
  }
  std::map<std::uint64_t, std::string> headers(const stored::Request& r) {
    std::map<std::uint64_t, std::string> out;
    auto last = w.run(r);
    w.items.push_back(last);
    for (auto& item : w.items) {
      base::Reader in(item.emails().headers());
      while (!in.at_end()) {
        std::uint64_t id = in.varint();
        std::string_view bytes = in.bytes();
        EXPECT_TRUE(in.ok());
        if (!in.ok()) break;
        records::Content c;
        EXPECT_TRUE(c.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
        EXPECT_TRUE(c.message_id().empty());  // nothing but the header
        out[id] = c.header();
      }
    }
    return out;
  }
  stored::Request ask(std::uint32_t uids) {
    auto r = w.request();
    auto& g = *r.mutable_get_emails();
    g.set_mailbox(inbox);
    for (std::uint32_t u = 1; u <= uids; ++u) g.add_uids(u);
    g.set_header(true);
    return r;
  }

  World w;
  std::uint32_t inbox;
};
INSTANTIATE_TEST_SUITE_P(Engines, Headers, ::testing::Bool(),
                         [](auto& i) { return i.param ? "berkeley" : "memory"; });

TEST_P(Headers, OfManyAndOfFew) {
  for (int i = 1; i <= 500; ++i) add("subject " + std::to_string(i));
  for (std::uint32_t n : {3u, 500u}) {
    auto got = headers(ask(n + 2));  // two that do not exist
    ASSERT_EQ(got.size(), n < 500 ? n + 2 : n);
    EXPECT_EQ(got[1], "Subject: subject 1\r\n");
    EXPECT_EQ(got[n], "Subject: subject " + std::to_string(n) + "\r\n");
  }
  auto r = w.request();
  r.mutable_get_emails()->set_header(true);
  std::uint64_t id = add("by id");
  r.mutable_get_emails()->add_ids(id);
  EXPECT_EQ(headers(r)[id], "Subject: by id\r\n");
}

TEST_P(Headers, TheWholeContentIsAsItWas) {
  std::uint64_t id = add("one");
  auto got = w.emails({id});
  EXPECT_EQ(got.at(0).content(), content("Subject: one\r\n").SerializeAsString());
  auto snapshot = w.engine->snapshot(1);
  auto whole = read_content(**snapshot, id);
  ASSERT_TRUE(whole && *whole);
  EXPECT_EQ(**whole, got[0].content());
}

TEST_P(Headers, WhereItStandsWithTheRestAndWhereItIsDamaged) {
  std::vector<std::uint64_t> ids;
  for (int i = 1; i <= 40; ++i) ids.push_back(add(std::to_string(i)));
  kv::Batch batch;
  batch.del(keys::header(ids[4]));
  batch.put(keys::content(ids[4]), content("Subject: old\r\n").SerializeAsString());
  ASSERT_TRUE(w.engine->commit(1, batch).has_value());
  ASSERT_TRUE(w.engine->overwrite_raw(1, keys::header(ids[9]), "garbage").has_value());
  auto got = headers(ask(40));
  EXPECT_EQ(got[5], "Subject: old\r\n");
  EXPECT_FALSE(got.contains(10));  // of a damaged one nothing is told
  EXPECT_EQ(got[11], "Subject: 11\r\n");
  EXPECT_EQ(w.emails({ids[4]}).at(0).content(), content("Subject: old\r\n").SerializeAsString());
  EXPECT_TRUE(w.emails({ids[9]}).at(0).corrupt());
}

TEST_P(Headers, WhatIsForgottenIsGone) {
  std::uint64_t id = add("gone");
  w.store_flags(inbox, {1, 1}, stored::StoreFlags::ADD, {"\\Deleted"});
  w.expunge(inbox);
  w.now += 20 * 86'400;
  w.work_all();
  auto snapshot = w.engine->snapshot(1);
  for (auto& key : {keys::header(id), keys::content(id), keys::email(id)}) {
    auto row = (*snapshot)->get(key);
    EXPECT_TRUE(row && !*row);
  }
}

}  // namespace
}  // namespace postern::store
