// Tickets: what authd signed is taken until it expires or is revoked; nothing else is, however it was made.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "auth/limits.h"
#include "auth/ticket.h"
#include "base/file.h"

namespace postern::auth {
namespace {

constexpr std::int64_t kNow = 1'700'000'000;

class Tickets : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/postern-ticket-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    dir_ = name;
    auto made = ensure_ticket_keys(dir_ + "/ticket.key", dir_ + "/ticket.pub");
    ASSERT_TRUE(made) << made.error().what;
    signer_ = std::make_unique<Signer>(std::move(Signer::from_file(dir_ + "/ticket.key").value()));
    verifier_ = Verifier::from_file(dir_ + "/ticket.pub").value();
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  static Ticket ticket() {
    Ticket t;
    t.principal = 42;
    t.name = "user@example.org";
    t.groups = {7, 300, 1'000'000};
    t.generation = 5;
    t.session = "s1";
    t.issued = kNow;
    t.expires = kNow + kTicketSeconds;
    t.quota_bytes = 1u << 30;
    t.quota_emails = 1000;
    t.quota_mailboxes = 20;
    t.admin = true;
    t.service = "imap";
    return t;
  }

  std::string dir_;
  std::unique_ptr<Signer> signer_;
  std::unique_ptr<Verifier> verifier_;
};

TEST_F(Tickets, CarryEverythingThrough) {
  for (TicketKind k : {TicketKind::user, TicketKind::deliver, TicketKind::index, TicketKind::admin}) {
    Ticket t = ticket();
    t.kind = k;
    if (k == TicketKind::deliver) t.account = 99;
    auto bytes = signer_->sign(t);
    ASSERT_TRUE(bytes);
    auto back = verifier_->verify(*bytes, kNow);
    ASSERT_TRUE(back) << back.error().what;
    EXPECT_EQ(**back, t);
  }
}

TEST_F(Tickets, AnyChangedOrMissingByteIsRefused) {
  std::string good = signer_->sign(ticket()).value();
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ (1 << bit));
      auto r = verifier_->verify(bad, kNow);
      ASSERT_FALSE(r) << "byte " << i << " bit " << bit;
      EXPECT_EQ(r.error().code, "TICKET");
    }
    EXPECT_FALSE(verifier_->verify(good.substr(0, i), kNow));
  }
  EXPECT_FALSE(verifier_->verify(good + "x", kNow));
  EXPECT_FALSE(verifier_->verify(std::string(kMaxTicket + 1, 'x'), kNow));
  EXPECT_EQ(verifier_->remembered(), 0u) << "what is refused leaves nothing behind";
  EXPECT_TRUE(verifier_->verify(good, kNow));
}

TEST_F(Tickets, ExpireAndMayBeRenewedForAWhile) {
  std::string bytes = signer_->sign(ticket()).value();
  EXPECT_TRUE(verifier_->verify(bytes, kNow + kTicketSeconds));
  EXPECT_FALSE(verifier_->verify(bytes, kNow + kTicketSeconds + 1)) << "also when it is remembered";
  EXPECT_FALSE(Verifier::from_file(dir_ + "/ticket.pub").value()->verify(bytes, kNow + kTicketSeconds + 1));
  EXPECT_TRUE(verifier_->verify_expired(bytes, kNow + kTicketSeconds + 3600, 3600));
  EXPECT_FALSE(verifier_->verify_expired(bytes, kNow + kTicketSeconds + 3601, 3600));
  auto early = Verifier::from_file(dir_ + "/ticket.pub").value();
  EXPECT_FALSE(early->verify(bytes, kNow - kTicketSkew - 1)) << "from the future";
  EXPECT_TRUE(early->verify(bytes, kNow - kTicketSkew));
}

TEST_F(Tickets, OfAnOldGenerationAreVoid) {
  std::string old = signer_->sign(ticket()).value();
  Ticket t = ticket();
  t.generation = 6;
  std::string fresh = signer_->sign(t).value();
  t.principal = 43;
  t.generation = 1;
  std::string other = signer_->sign(t).value();
  ASSERT_TRUE(verifier_->verify(old, kNow));
  verifier_->revoke(42, 6, kNow);
  EXPECT_FALSE(verifier_->verify(old, kNow));
  EXPECT_TRUE(verifier_->verify(fresh, kNow));
  EXPECT_TRUE(verifier_->verify(other, kNow));
  verifier_->revoke(42, 4, kNow);
  EXPECT_FALSE(verifier_->verify(old, kNow)) << "revoking never goes back";
}

TEST_F(Tickets, OfAnotherKeyAreRefused) {
  ASSERT_TRUE(ensure_ticket_keys(dir_ + "/other.key", dir_ + "/other.pub"));
  Signer other = Signer::from_file(dir_ + "/other.key").value();
  EXPECT_FALSE(verifier_->verify(other.sign(ticket()).value(), kNow));
}

TEST_F(Tickets, AreRememberedOnceAndForgottenWhenExpired) {
  for (int i = 0; i < 50; ++i) {
    Ticket t = ticket();
    t.session = std::to_string(i);
    std::string bytes = signer_->sign(t).value();
    ASSERT_TRUE(verifier_->verify(bytes, kNow));
    ASSERT_TRUE(verifier_->verify(bytes, kNow));
  }
  EXPECT_EQ(verifier_->remembered(), 50u);
  Ticket later = ticket();
  later.issued += 1000;
  later.expires += 1000;
  ASSERT_TRUE(verifier_->verify(signer_->sign(later).value(), kNow + 1000));
  EXPECT_EQ(verifier_->remembered(), 1u);
}

TEST_F(Tickets, MalformedBodiesAreRefusedEvenWhenSigned) {
  Ticket t = ticket();
  t.groups.assign(kMaxTicketGroups + 1, 1);
  EXPECT_FALSE(signer_->sign(t));
  t.groups.assign(kMaxTicketGroups, 1);
  EXPECT_TRUE(signer_->sign(t));
  t = ticket();
  t.kind = static_cast<TicketKind>(9);
  EXPECT_FALSE(verifier_->verify(signer_->sign(t).value(), kNow));
  t = ticket();
  t.kind = TicketKind::deliver;  // without its account
  EXPECT_FALSE(verifier_->verify(signer_->sign(t).value(), kNow));
  t = ticket();
  t.account = 5;  // of a kind that is bound to none
  EXPECT_FALSE(verifier_->verify(signer_->sign(t).value(), kNow));
  t = ticket();
  t.expires = t.issued - 1;
  EXPECT_FALSE(verifier_->verify(signer_->sign(t).value(), kNow));
  t = ticket();
  t.name.assign(513, 'a');
  EXPECT_FALSE(verifier_->verify(signer_->sign(t).value(), kNow));
  std::string body = encode_ticket(ticket());
  EXPECT_TRUE(decode_ticket(body));
  EXPECT_FALSE(decode_ticket(body + '\0'));
  body[0] = 3;
  EXPECT_FALSE(decode_ticket(body)) << "of a version to come";
}

TEST_F(Tickets, OfTheFirstVersionAreStillRead) {
  Ticket t = ticket();
  t.quota_emails = t.quota_mailboxes = 0;
  t.admin = false;
  std::string body = encode_ticket(t);
  // It had nothing between the quota in bytes and the groups.
  body.erase(26, 3);
  body[0] = 1;
  auto back = decode_ticket(body);
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, t);
}

TEST_F(Tickets, KeyFilesAreMadeOnceAndKept) {
  struct stat st;
  ASSERT_EQ(stat((dir_ + "/ticket.key").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0600u);
  std::string before = base::read_file(dir_ + "/ticket.key").value();
  ASSERT_EQ(remove((dir_ + "/ticket.pub").c_str()), 0);
  ASSERT_TRUE(ensure_ticket_keys(dir_ + "/ticket.key", dir_ + "/ticket.pub"));
  EXPECT_EQ(base::read_file(dir_ + "/ticket.key").value(), before);
  auto again = Verifier::from_file(dir_ + "/ticket.pub");
  ASSERT_TRUE(again);
  EXPECT_TRUE((*again)->verify(signer_->sign(ticket()).value(), kNow));
  ASSERT_TRUE(base::write_file(dir_ + "/bad.key", "not a key"));
  EXPECT_FALSE(ensure_ticket_keys(dir_ + "/bad.key", dir_ + "/bad.pub"))
      << "a damaged key is never replaced silently";
  EXPECT_FALSE(Verifier::from_pem("nonsense"));
  EXPECT_FALSE(Signer::from_pem(base::read_file(dir_ + "/ticket.pub").value()));
}

}  // namespace
}  // namespace postern::auth
