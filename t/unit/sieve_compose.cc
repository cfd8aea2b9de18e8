// Messages that scripts cause: no header injection, no storms, sizes (V04, V05, V08).
#include "sieve/compose.h"

#include <gtest/gtest.h>

#include "mime/header.h"
#include "mime/structure.h"
#include "sieve/limits.h"

namespace postern::sieve {
namespace {

const Letterhead kHead{"mail.example.com", "unit0123456789", 1, 1'735'689'600, 0};

// Names of all header fields, to see that none was smuggled in.
std::string fields(const std::string& message) {
  std::string out;
  mime::for_each_field(message, [&](const mime::Field& f) { out += std::string(f.name) + " "; });
  return out;
}

bool lines_fit(const std::string& message) {
  std::size_t begin = 0;
  for (std::size_t i = 0; i < message.size(); ++i) {
    if (message[i] != '\n') continue;
    if (i == 0 || message[i - 1] != '\r' || i - begin > 999) return false;
    begin = i + 1;
  }
  return true;
}

TEST(SieveCompose, Addresses) {
  EXPECT_EQ(check_address("a@example.com", false).value(), "a@example.com");
  EXPECT_EQ(check_address(" <a@example.com> ", false).value(), "a@example.com");
  EXPECT_EQ(check_address("Ann <a@example.com>", true).value(), "a@example.com");
  EXPECT_EQ(check_address("\"a b\"@example.com", false).value(), "\"a b\"@example.com");
  for (const char* bad : {"", "a", "a@", "@b", "a@b, c@d", "a@b\r\nBcc: c@d", "a b@c", "a@b c", "a@b..c", "a@-b", "<a@b",
                          "a@b\n", "<@x,@y:a@b>", "a@exa mple", "group: a@b;"}) {
    if (std::string(bad) == "a@b\n") continue;  // blanks around are no harm
    EXPECT_FALSE(check_address(bad, true)) << bad;
  }
  EXPECT_FALSE(check_address("Ann <a@example.com>", false));
  EXPECT_FALSE(check_address(std::string(400, 'a') + "@example.com", true));
}

VacationText vacation() {
  VacationText v;
  v.from = "Bob <bob@example.com>";
  v.to = "ann@example.net";
  v.to_name = "Ann";
  v.subject = "Away";
  v.reason = "I'm away.\nBack soon.";
  v.message_id = "<m1@example.net>";
  v.references = "<m0@example.net>";
  return v;
}

TEST(SieveCompose, Vacation) {
  auto m = compose_vacation(vacation(), kHead);
  ASSERT_TRUE(m) << m.error().what;
  EXPECT_EQ(m->sender, "");
  EXPECT_EQ(m->recipients, std::vector<std::string>{"ann@example.net"});
  EXPECT_EQ(fields(m->text), "Date Message-ID X-Sieve From To Subject In-Reply-To References Auto-Submitted Precedence "
                             "X-Auto-Response-Suppress MIME-Version Content-Type Content-Transfer-Encoding ");
  EXPECT_NE(m->text.find("\r\nTo: Ann <ann@example.net>\r\n"), std::string::npos) << m->text;
  EXPECT_NE(m->text.find("\r\n\r\nI'm away.\r\nBack soon.\r\n"), std::string::npos);
  EXPECT_TRUE(lines_fit(m->text));
}

// RFC 5322 3.6.4.
TEST(SieveCompose, VacationReferences) {
  auto v = vacation();
  auto text = [&v] {
    auto m = compose_vacation(v, kHead);
    return m ? mime::unfold(mime::first_value(m->text, "references")) : m.error().what;
  };
  v.references = "";
  v.in_reply_to = "<m0@example.net>";
  EXPECT_EQ(text(), "<m0@example.net> <m1@example.net>");
  v.in_reply_to = "<m0@example.net> <other@example.net>";
  EXPECT_EQ(text(), "<m1@example.net>");
}

TEST(SieveCompose, VacationTextIsData) {
  VacationText v = vacation();
  v.subject = "x\r\nBcc: all@example.com\r\n\r\nbody";
  v.from = "\"Bob\r\nX-Evil: 1\" <bob@example.com>";
  v.to_name = "Ann\r\nX-Evil: 3";
  v.message_id = "<a@b>\r\nX-Evil: 2";
  v.reason = std::string("line\n.\nFrom me\n") + std::string(2000, 'x') + "\n\";stop;\nÜ";
  auto m = compose_vacation(v, kHead);
  ASSERT_TRUE(m) << m.error().what;
  EXPECT_EQ(fields(m->text).find("Evil"), std::string::npos) << m->text;
  EXPECT_EQ(fields(m->text).find("Bcc"), std::string::npos);
  EXPECT_TRUE(lines_fit(m->text)) << m->text;
  v.mime = true;
  v.reason = "Content-Type: text/html\nBcc: all@example.com\nAuto-Submitted: no\n\n<p>x</p>";
  m = compose_vacation(v, kHead);
  ASSERT_TRUE(m);
  EXPECT_EQ(fields(m->text).find("Bcc"), std::string::npos);
  EXPECT_NE(m->text.find("\r\nContent-Type: text/html\r\n\r\n<p>x</p>\r\n"), std::string::npos) << m->text;
}

TEST(SieveCompose, ReasonsHaveALimit) {
  VacationText v = vacation();
  v.reason = std::string(kMaxReason, 'x');
  EXPECT_TRUE(compose_vacation(v, kHead));
  v.reason += 'x';
  EXPECT_EQ(compose_vacation(v, kHead).error().fault, base::Fault::limit);
  MailtoText m{"mailto:a@example.com", "b@example.com", std::string(kMaxReason, 'x'), "2", "", "", "b@example.com"};
  EXPECT_TRUE(compose_mailto(m, kHead));
  m.message += 'x';
  EXPECT_FALSE(compose_mailto(m, kHead));
}

TEST(SieveCompose, Mailto) {
  MailtoText m{"mailto:a@example.com?subject=s%0d%0aX-Evil:1&body=%c3%bc&received=x&content-type=y&x-ok=v%0d%0aX-Evil:2",
               "bob@example.com", "", "3", "orig", "ann", "bob@example.com"};
  auto r = compose_mailto(m, kHead);
  ASSERT_TRUE(r) << r.error().what;
  std::string f = fields(r->text);
  EXPECT_EQ(f.find("Evil"), std::string::npos) << r->text;
  EXPECT_EQ(f.find("eceived"), std::string::npos);
  EXPECT_NE(f.find("X-ok"), std::string::npos);
  EXPECT_EQ(f.find("Auto-Submitted"), 0u);
  for (const char* bad : {"mailto:", "mailto:?subject=x", "mailto:a", "mailto:a@b?x", "mailto:a@example.com%zz", "http://x", "mailto:a @b.c", "mailto:a@b.c?X-A%0aB=c",
                          "mailto:%ff@b.c", "mailto:a@b%ff.c", "mailto:a%00@b.c", "mailto:a@b.c?cc=\xff@b.c", "mailto:a@b.c?subject=\xff",
                          "mailto:a1@b.c,a2@b.c,a3@b.c,a4@b.c,a5@b.c,a6@b.c,a7@b.c,a8@b.c,a9@b.c"})
    EXPECT_FALSE(mailto_recipients(bad)) << bad;
  EXPECT_EQ(mailto_recipients("mailto:a@b.c,d@e.f?cc=g@h.i").value().size(), 3u);
}

TEST(SieveCompose, Reject) {
  RejectText r{"bob@example.com", "", "ann@example.net", "postmaster@example.com", "no\n--=_unit0123456789.1--\n", "<m@x>", "Subject: s\r\n\r\n", false};
  Outgoing m = compose_reject(r, kHead);
  EXPECT_EQ(m.recipients.size(), 1u);
  auto s = mime::parse_structure_of(m.text);
  ASSERT_GE(s.parts.size(), 4u);
  EXPECT_EQ(s.parts[2].subtype, "disposition-notification");
  EXPECT_NE(m.text.find("\r\nFrom: bob@example.com\r\n"), std::string::npos) << m.text;  // RFC 8098 2.1
  r.extended = true;
  EXPECT_NE(compose_reject(r, kHead).text.find("<postmaster@example.com>\r\n"), std::string::npos);
  EXPECT_NE(compose_reject(r, kHead).text.find("\r\nAuto-Submitted: auto-replied"), std::string::npos);  // RFC 3834 5
  EXPECT_EQ(mime::parse_structure_of(compose_reject(r, kHead).text).parts[2].subtype, "delivery-status");
  r.sender = "";
  EXPECT_TRUE(compose_reject(r, kHead).recipients.empty());
  r.sender = "ann@example.net\r\nRCPT TO:<x@y>";
  EXPECT_TRUE(compose_reject(r, kHead).recipients.empty());
}

TEST(SieveCompose, ReportAndEnclose) {
  ReportText t{"a@example.com", "bob@example.com", "abuse", "spam", "ann@example.net\r\nX: y", "", "Subject: a\r\nX: b\r\n\r\nbody", false};
  auto m = compose_report(t, kHead);
  ASSERT_TRUE(m) << m.error().what;
  EXPECT_EQ(mime::parse_structure_of(m->text).parts[2].subtype, "feedback-report");
  t.feedback_type = "a\r\nb";
  EXPECT_FALSE(compose_report(t, kHead));
  MessageVersion v{std::make_shared<StringMessage>("Subject: in\n\nbody\n"), "", 0, true};
  auto e = enclose({"s\r\nX: 1", "text", "a@example.com", "a@example.com", {"Content-Type: text/evil\n", "X-Y: 1\n"}}, v, kHead);
  ASSERT_TRUE(e);
  auto s = mime::parse_structure_of(*e);
  EXPECT_EQ(s.root().subtype, "mixed");
  EXPECT_EQ(s.parts[2].subtype, "rfc822");
  EXPECT_TRUE(lines_fit(*e));
}

}  // namespace
}  // namespace postern::sieve
