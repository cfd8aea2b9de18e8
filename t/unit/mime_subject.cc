#include <gtest/gtest.h>

#include "mime/subject.h"

namespace {

using namespace postern::mime;

TEST(MimeSubject, Rfc5256) {
  struct Case {
    const char *subject, *base;
    bool reply;
  };
  const Case cases[] = {
      {"test", "test", false},
      {"Re: test", "test", true},
      {"RE: Fwd: fw: test", "test", true},
      {"Re [5]: test", "test", true},
      {"re[2]:test", "test", true},
      {"test (fwd)", "test", true},
      {"test  (FWD)   (fwd) ", "test", true},
      {"[list] test", "test", false},
      {"[list] Re: [other] test", "test", true},
      {"[a][b] Re: c", "c", true},
      {"[only]", "[only]", false},
      {"Re: [only]", "[only]", true},
      {"[Fwd: test]", "test", true},
      {"[fwd: Re: [x] test (fwd)]", "test", true},
      {"Re:", "", true},
      {"Re", "Re", false},
      {"Reply: x", "Reply: x", false},
      {"  a \t b  ", "a b", false},
      {"", "", false},
      {"[unclosed test", "[unclosed test", false},
      {"Re: Re: Re: x", "x", true},
      {"Antwort: x", "Antwort: x", false},
  };
  for (const auto& c : cases) {
    auto b = base_subject(c.subject);
    EXPECT_EQ(b.text, c.base) << c.subject;
    EXPECT_EQ(b.is_reply_or_forward, c.reply) << c.subject;
  }
}

TEST(MimeSubject, ManyBlobsAreRead) {
  std::string blobs;
  for (int i = 0; i < 20'000; ++i) blobs += "[a]";
  EXPECT_EQ(base_subject(blobs).text, "[a]");
  EXPECT_EQ(base_subject(blobs + "Re: x").text, "x");
  std::string fwd;
  for (int i = 0; i < 10'000; ++i) fwd += "[fwd:";
  EXPECT_EQ(base_subject(fwd + "x" + std::string(10'000, ']')).text, "x");
}

}  // namespace
