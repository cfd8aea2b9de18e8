#include <gtest/gtest.h>

#include "mime/limits.h"
#include "mime/message_id.h"

namespace {

using namespace postern::mime;
using Ids = std::vector<std::string>;

TEST(MimeMessageId, Table) {
  struct Case {
    const char* raw;
    Ids ids;
    bool strict;
  };
  const Case cases[] = {
      {" <1234@local.machine.example>", {"1234@local.machine.example"}, true},
      {"<a@b> <c@d>\r\n\t<e@f>", {"a@b", "c@d", "e@f"}, true},
      {"<a@b> (comment <x@y>) <c@d>", {"a@b", "c@d"}, true},
      {"<a@\r\n b>", {"a@b"}, true},
      {"<\"a.b\"@c>", {"a.b@c"}, true},
      {"<\"a b\"@c>", {"\"a b\"@c"}, true},
      {"Your message of Monday <a@b>", {"a@b"}, false},
      {"<a@b> <unclosed", {"a@b"}, false},
      {"<a <b@c>", {"b@c"}, false},
      {"a@b", {"a@b"}, false},
      {"no id here", {}, false},
      {"<>", {}, false},
      {"", {}, false},
      {"(unclosed <a@b> <c@d>", {"a@b", "c@d"}, false},
      {"<a@[127.0.0.1]>", {"a@[127.0.0.1]"}, true},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(parse_message_ids(c.raw), c.ids) << c.raw;
    Ids out;
    EXPECT_EQ(parse_message_ids_strict(c.raw, out), c.strict) << c.raw;
  }
}

TEST(MimeMessageId, M11AtTheLimitAndOnePast) {
  auto make = [](std::size_t n) {
    std::string s;
    for (std::size_t i = 0; i < n; ++i) s += "<" + std::to_string(i) + "@x> ";
    return parse_message_ids(s);
  };
  EXPECT_EQ(make(kMaxMessageIds).size(), kMaxMessageIds);
  EXPECT_EQ(make(kMaxMessageIds)[1], "1@x");
  auto past = make(kMaxMessageIds + 1);
  EXPECT_EQ(past.size(), kMaxMessageIds);
  EXPECT_EQ(past.front(), "0@x");
  EXPECT_EQ(past[1], "2@x");
  EXPECT_EQ(past.back(), std::to_string(kMaxMessageIds) + "@x");
  auto many = make(100'000);
  EXPECT_EQ(many.size(), kMaxMessageIds);
  EXPECT_EQ(many.front(), "0@x");
  EXPECT_EQ(many.back(), "99999@x");
  EXPECT_EQ(many[1], std::to_string(100'000 - kMaxMessageIds + 1) + "@x");
}

TEST(MimeMessageId, M11LongIdsAreLeftOut) {
  EXPECT_EQ(parse_message_ids("<" + std::string(kMaxMessageId, 'x') + ">").size(), 1u);
  EXPECT_EQ(parse_message_ids("<" + std::string(kMaxMessageId + 1, 'x') + "> <a@b>"), Ids{"a@b"});
}

}  // namespace
