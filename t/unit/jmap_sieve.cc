// SieveScript and VacationResponse as JSON, and the ids of scripts' blobs.
#include "jmap/sieve_view.h"

#include <gtest/gtest.h>

#include "jmap/limits.h"

namespace postern::jmap {
namespace {

records::Script script() {
  records::Script s;
  s.set_id(3);
  s.set_name("main");
  s.set_sha256(std::string(32, '\x0a'));
  return s;
}

TEST(JmapSieve, BlobIds) {
  std::string id = format_script_blob(5, script());
  auto ref = parse_script_blob(id);
  ASSERT_TRUE(ref);
  EXPECT_EQ(ref->account, 5u);
  EXPECT_EQ(ref->script, 3u);
  EXPECT_EQ(ref->checksum, std::string(8, '\x0a'));
  for (const char* bad : {"", "S", "S5-3", "S5-3-", "S5-3-0a", "s5-3-0a0a0a0a0a0a0a0a", "S5-3-0A0A0A0A0A0A0A0A", "S05-3-0a0a0a0a0a0a0a0a",
                          "S5-3-0a0a0a0a0a0a0a0a0a"})
    EXPECT_FALSE(parse_script_blob(bad)) << bad;
}

TEST(JmapSieve, Script) {
  EXPECT_EQ(json::serialize(script_json(script(), 5, true, {})),
            R"({"id":"s5-3","name":"main","blobId":"S5-3-0a0a0a0a0a0a0a0a","isActive":true})");
}

std::string patched(std::string_view text, records::Vacation v = {}) {
  auto wrong = patch_vacation(json::parse(text).as_object(), v);
  return wrong ? *wrong : json::serialize(vacation_json(v, {}));
}

TEST(JmapSieve, Vacation) {
  EXPECT_EQ(patched("{}"),
            R"({"id":"singleton","isEnabled":false,"fromDate":null,"toDate":null,"subject":null,"textBody":null,"htmlBody":null})");
  EXPECT_EQ(patched(R"({"isEnabled":true,"fromDate":"2026-11-30T10:00:00Z","subject":"","textBody":"\";stop;\r\n.\r\n"})"),
            R"({"id":"singleton","isEnabled":true,"fromDate":"2026-11-30T10:00:00Z","toDate":null,"subject":"","textBody":"\";stop;\r\n.\r\n","htmlBody":null})");
  records::Vacation v;
  v.set_text("old");
  v.set_from(1);
  EXPECT_NE(patched(R"({"textBody":null,"fromDate":null})", v).find(R"("textBody":null)"), std::string::npos);
  for (const char* bad : {R"({"isEnabled":1})", R"({"fromDate":"yesterday"})", R"({"toDate":5})", R"({"subject":[]})", R"({"id":"other"})",
                          R"({"what":1})", R"({"textBody":"a\u0000b"})"})
    EXPECT_EQ(patched(bad).front() == '{', false) << bad;
}

TEST(JmapSieve, VacationTextsAtTheLimit) {
  auto with = [](const char* name, std::size_t n) { return patched("{\"" + std::string(name) + "\":\"" + std::string(n, 'x') + "\"}"); };
  EXPECT_EQ(with("textBody", kMaxVacationText + 1), "textBody");
  EXPECT_EQ(with("textBody", kMaxVacationText)[0], '{');
  EXPECT_EQ(with("subject", kMaxVacationSubject + 1), "subject");
  EXPECT_EQ(with("subject", kMaxVacationSubject)[0], '{');
}

}  // namespace
}  // namespace postern::jmap
