// Signed URLs (RFC 4467): whose key, what a token is good for, what makes it void.
#include "store/keys.h"
#include "store/limits.h"
#include "store_test.h"

namespace postern::store {
namespace {

class UrlsTest : public testing::TestWithParam<bool> {
 protected:
  UrlsTest() { w.add(World::message("hello"), inbox, {"\\Seen"}); }

  stored::Reply sign(const std::string& rump, std::uint32_t mailbox, std::uint64_t account = 1) {
    auto r = w.request(account);
    r.mutable_sign_url()->set_mailbox(mailbox);
    r.mutable_sign_url()->set_rump(rump);
    return w.run(r);
  }
  std::string token(const std::string& rump = "rump") { return sign(rump, inbox).signed_url().token(); }
  stored::Reply fetch(const std::string& token, const std::string& rump = "rump", std::uint32_t uid = 1,
                      std::vector<std::string> path = {"INBOX"}, std::uint32_t validity = 0, std::uint64_t account = 1) {
    auto r = w.request(account);
    auto& f = *r.mutable_fetch_url();
    for (auto& c : path) f.add_path(c);
    f.set_uidvalidity(validity);
    f.set_uid(uid);
    f.set_rump(rump);
    f.set_token(token);
    return w.run(r, World::user(2));
  }
  void reset(std::uint32_t mailbox) {
    auto r = w.request();
    r.mutable_reset_url_keys()->set_mailbox(mailbox);
    EXPECT_EQ(code(w.run(r)), "");
  }
  World w{GetParam()};
  std::uint32_t inbox = w.mailbox_named("INBOX");
};
INSTANTIATE_TEST_SUITE_P(Engines, UrlsTest, testing::Bool(),
                         [](const auto& p) { return p.param ? "berkeley" : "memory"; });

TEST_P(UrlsTest, WhoHasTheUrlReads) {
  std::string t = token();
  EXPECT_EQ(t.size(), 33u);
  EXPECT_EQ(t[0], 1);
  EXPECT_EQ(token(), t) << "the key stays";
  EXPECT_NE(token("other"), t);
  w.reopen();
  auto reply = fetch(t);
  ASSERT_EQ(reply.emails().emails_size(), 1) << code(reply);
  const auto& e = reply.emails().emails(0);
  EXPECT_EQ(e.uid(), 1u);
  EXPECT_FALSE(e.location().empty());
  EXPECT_FALSE(e.wire().empty());
  EXPECT_EQ(e.email().places_size(), 0) << "where else it is is nobody's business";
  EXPECT_EQ(e.email().flags_lo(), 0u);
  EXPECT_EQ(fetch(t, "rump", 9).emails().emails_size(), 0) << "a message that is gone";
  EXPECT_EQ(w.mailbox(inbox).url_keys(), 0u);
}

TEST_P(UrlsTest, AnythingWrongIsDeniedAlike) {
  std::string t = token();
  std::string changed = t;
  changed.back() ^= 1;
  for (auto& bad : {changed, t.substr(1), t + "x", std::string(), std::string(33, '\0')}) EXPECT_EQ(code(fetch(bad)), "DENIED");
  EXPECT_EQ(code(fetch(t, "rumq")), "DENIED");
  EXPECT_EQ(code(fetch(t, "rump", 1, {"Sent"})), "DENIED") << "another mailbox";
  EXPECT_EQ(code(fetch(t, "rump", 1, {"No such"})), "DENIED");
  EXPECT_EQ(code(fetch(t, "rump", 1, {})), "DENIED");
  EXPECT_EQ(code(fetch(t, "rump", 1, {"INBOX"}, 1)), "DENIED") << "another UIDVALIDITY";
  EXPECT_EQ(fetch(t, "rump", 1, {"INBOX"}, w.mailbox(inbox).uidvalidity()).emails().emails_size(), 1);
  EXPECT_EQ(code(fetch(t, "rump", 1, {"INBOX"}, 0, 77)), "DENIED") << "no such account";
  w.info(2);
  EXPECT_EQ(code(fetch(t, "rump", 1, {"INBOX"}, 0, 2)), "DENIED") << "an account without keys";
  // Nobody signs in another's name.
  auto r = w.request(1);
  r.mutable_sign_url()->set_mailbox(inbox);
  EXPECT_EQ(code(w.run(r, World::user(2))), "DENIED");
  EXPECT_EQ(code(sign("x", 999)), "NOT_FOUND");
}

TEST_P(UrlsTest, KeysAreResetAloneOrTogether) {
  std::uint32_t sent = w.mailbox_named("Sent");
  w.add(World::message("other"), sent);
  std::string a = token(), b = sign("rump", sent).signed_url().token();
  EXPECT_NE(a, b) << "each mailbox has its key";
  reset(inbox);
  EXPECT_EQ(code(fetch(a)), "DENIED");
  EXPECT_EQ(fetch(b, "rump", 1, {"Sent"}).emails().emails_size(), 1);
  EXPECT_EQ(w.mailbox(inbox).url_keys(), 1u) << "sessions see it";
  EXPECT_EQ(w.changed.back().modseq, w.info().modseq());
  std::string again = token();
  EXPECT_NE(again, a);
  reset(0);
  EXPECT_EQ(code(fetch(again)), "DENIED");
  EXPECT_EQ(code(fetch(b, "rump", 1, {"Sent"})), "DENIED");
  EXPECT_EQ(w.mailbox(inbox).url_keys(), 2u);
  EXPECT_EQ(w.mailbox(w.mailbox_named("Drafts")).url_keys(), 0u) << "it had none";
  reset(0);
}

TEST_P(UrlsTest, TheRumpIsBounded) {
  std::string most(kMaxUrlRump, 'x');
  std::string t = token(most);
  EXPECT_EQ(fetch(t, most).emails().emails_size(), 1);
  EXPECT_EQ(code(sign(most + "x", inbox)), "LIMIT");
  EXPECT_EQ(code(fetch(t, most + "x")), "DENIED");
}

TEST_P(UrlsTest, AKeyGoesWithItsMailbox) {
  auto r = w.request();
  r.mutable_create_mailbox()->add_path("Gone");
  std::uint32_t id = w.run(r).created().id();
  w.add(World::message("x"), id);
  std::string t = sign("rump", id).signed_url().token();
  auto del = w.request();
  del.mutable_delete_mailbox()->set_id(id);
  EXPECT_EQ(code(w.run(del)), "");
  EXPECT_EQ(code(fetch(t, "rump", 1, {"Gone"})), "DENIED");
  w.now += w.store->options().keep_deleted + 1;
  std::vector<Changed> changed;
  w.store->queue_work(1);
  while (w.store->work_behind(changed)) {
  }
  auto snapshot = w.engine->snapshot(1);
  auto row = (*snapshot)->get(keys::url_key(id));
  ASSERT_TRUE(row.has_value());
  EXPECT_FALSE(row->has_value());
}

}  // namespace
}  // namespace postern::store
